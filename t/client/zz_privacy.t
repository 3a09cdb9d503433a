#!/usr/bin/perl

# After a whole lesson with all its accidents (joins, a call on two media
# workers, chat, wrong
# secrets, broken messages, offers that are refused, a worker that dies, a
# reload, deletion) nothing that somebody wrote down holds a full address, a
# token, a secret, a name, a word that was said, or a line of SDP.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use File::Find;
use MIME::Base64 qw/ decode_base64 /;
use Test::Meet;
use Test::Meet::Native;
use Test::Meet::Session;
use Test::More;

my $t = Test::Meet->new()->plan(25)->write_cert()->write_conf(<<'EOC',
    meet_anonymize on;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        listen 127.0.0.1:%%PORT_8443%% ssl;
        ssl_certificate %%TESTDIR%%/cert.pem;
        ssl_certificate_key %%TESTDIR%%/cert.key;
        location / { meet_api; }
        location = /healthz { meet_health; }
        location = /metrics { meet_metrics; }
    }
EOC
    media => 2, also => 'meet_media_spread 1;');
$t->run(ready => { port => 8080, path => '/healthz' });

my $address = '127.0.7.9';
my $name = 'Xanthippe Quenstedt';
my $said = 'meet me behind the gymnasium';
my $ice = 'Zq7RkW2mVx9TbN4LhYs8Jd3f';
my %from = (from => $address);

# a call

my $base = 'http://127.0.0.1:' . $t->port(8080);
my $call_room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 2,
    '--count', 2, '--name', $name,
    "$base/$call_room->{room}#$call_room->{password}");
is(scalar $call->wait_event('first-packet', 2, 15), 2, 'a call');
$call->tell({ cmd => 'chat', who => 0, text => $said });
ok($call->wait_event('chat', 2), 'with chat');

# people, over both ports, from an address of their own

my $room = $t->create_room(8443, tls => 1, %from);
my @answers = map { $t->join_room(8443, $room, $_, $name, tls => 1, %from) }
    qw/ class owner /;
my ($token, $owner) = map { $_->{json}{token} } @answers;
my $s = Test::Meet::Session->new($t, 8443, $room, 'class', $name,
    tls => 1, token => $token, %from);
my $welcome = $s->{welcome};

is($s->post($said)->{type}, 'posted', 'written');

# accidents

my %wrong = (%$room, class => { %{ $room->{class} },
    auth => Test::Meet::b64u('guessed-by-somebody-who-is-a-fox') });
is($t->join_room(8080, \%wrong, 'class', $name, %from)->{status}, 403,
    'guessed');
is($t->http(8080, 'POST', "/api/v1/rooms/$room->{room}/join",
    body => "{\"auth\":\"$room->{class}{auth}\",\"name\":\"$name\",", %from)
    ->{status}, 400, 'cut off');
is($t->http(8080, 'DELETE', "/api/v1/rooms/$room->{room}",
    token => $token, %from)->{status}, 403, 'not his');
is($t->http(8080, 'DELETE', "/api/v1/rooms/$room->{room}",
    token => "$token$owner", %from)->{status}, 401, 'no token');

my $sdp = join "\r\n", 'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0',
    "a=ice-pwd:$ice", 'a=fingerprint:sha-256 ' . join(':', ('5A') x 32), '';
is($s->ask({ type => 'publish', revision => 1, sdp => $sdp, tracks => [] })
    ->{error}, 'bad-offer', 'offer refused');
is($s->ask({ type => 'tell', to => '0' x 16, body => $said })->{type},
    'error', 'told nobody');
$s->{ws}->send("{\"type\":\"post\",\"body\":\"$said\"");
is($s->read('error')->{error}, 'bad-message', 'half a message');
$s->{ws}->write(Test::Meet::WebSocket::frame(1, $said . "\xff"));
is($s->{ws}->read_close(), 1007, 'broken text');

my $mute = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws', %from);
$mute->send({ type => 'hello', token => substr($token, 0, -1) });
is($mute->read_close(), 4003, 'broken token');

my $socket = $t->socket(8080, %from);
syswrite $socket, "GET / HTTP/9.9\r\n\r\n";
$t->read_all($socket, 1);
$socket = $t->socket(8443, %from);
syswrite $socket, "no TLS at all\r\n\r\n";
$t->read_all($socket, 1);

# a media worker dies, nginx is reloaded

my ($worker) = $t->children($t->{pids}{media});
kill 'KILL', $worker;
ok($t->wait_for(sub {
    my @now = $t->children($t->{pids}{media});
    @now && !grep { $_ == $worker } @now;
}), 'a media worker was replaced');
$t->reload();
ok($t->ready({ port => 8080, path => '/healthz' }), 'and nginx reloaded');

my $metrics = $t->get(8080, '/metrics')->{body};

# while the room still exists nothing of it can be read in the store

$t->write_file('metrics', $metrics);
my %secrets = (
    'address' => $address, 'name' => $name, 'what was said' => $said,
    'password' => $call_room->{password}, 'token' => $token,
    "owner's token" => $owner, "token of welcome" => $welcome->{token},
    'credential' => $room->{class}{auth},
    "owner's credential" => $room->{owner}{auth},
    'wrapped key' => $welcome->{wrapped_key},
    'ICE password' => $ice, 'fingerprint' => join(':', ('5A') x 10),
    'SDP' => 'a=ice-', 'candidate' => 'a=candidate',
    'instance key' => $t->read_file('key'),
);

is(found(), '', 'nothing was written down');

# and when it is deleted, not even its wrapped parts

is($t->http(8080, 'DELETE', "/api/v1/rooms/$room->{room}", token => $owner,
    %from)->{status}, 204, 'deleted');
$call->tell({ cmd => 'exit' });
is(found(), '', 'nor afterwards');

# the test sees what it looks for

$t->write_file('planted', "x$said");
like(found(), qr/what was said in .*planted/, 'a planted word is found');
unlink $t->testdir() . '/planted';

# what is in the logs is anonymous, and there is something in them

like($t->read_file('access.log'), qr/^127\.0\.0\.0 /m, 'access log');
like($t->read_file('error.log'), qr/client: 127\.0\.0\.0/, 'error log');
unlike($t->read_file('access.log') . $t->read_file('error.log'),
    qr/127\.0\.7\./, 'not even the network');
like($metrics, qr/^meet_wrong_secrets_total [1-9]/m, 'metrics count');
unlike($metrics, qr/\Q$room->{room}\E|\Q$call_room->{room}\E/,
    'and name no room');

# no core dumps

my @cores = grep { -f } glob($t->testdir() . '/core*'), glob('core*');
is("@cores", '', 'no core');
is(core_limit($t->worker_pids()), 0, 'nor would there be one');


# what of the secrets stands where, in all files but those that must have it
sub found {
    my @places;

    my %raw = map { $_ => $secrets{$_} } keys %secrets;

    for my $what ('credential', "owner's credential", 'wrapped key') {
        (my $b64 = $secrets{$what}) =~ tr{-_}{+/};
        $raw{"$what, raw"} = decode_base64($b64 . '=' x (-length($b64) % 4));
    }

    find(sub {
        return if !-f || /^(key|cert\.key|nginx\.conf)$/;

        open my $fh, '<:raw', $_ or return;
        my $content = do { local $/; <$fh> };

        for my $what (sort keys %raw) {
            push @places, "$what in $File::Find::name"
                if index($content, $raw{$what}) >= 0;
        }
    }, $t->testdir());

    return join "\n", @places;
}

sub core_limit {
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/limits" or return 'unknown';
    my ($line) = grep { /^Max core file size/ } <$fh>;

    return (split ' ', $line)[5];    # the hard limit
}
