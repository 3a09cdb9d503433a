#!/usr/bin/perl

# The configuration that is shipped in conf/, with other paths and ports only:
# creation and guessing are limited, nothing else is, and no full address and
# no secret stands in its logs.

use warnings;
use strict;

use File::Temp qw/ tempdir /;
use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;

my $t = Test::Meet->new()->plan(26);
my $dir = $t->testdir();
my $ports = $t->media_ports();

for my $name (qw/ meet-http.conf meet-server.conf /) {
    my $text = slurp($name);

    $text =~ s{^#?(meet_media_ports)\s.*}{$1 $ports;}m;
    $text =~ s{^(meet_media_workers)\s.*}{$1 1;}m;
    $text =~ s{/var/lib/ngx-meet}{$dir/store}g;
    $text =~ s{/run/ngx-meet}{$dir/run}g;
    $text =~ s{/etc/nginx/meet/instance.key}{$dir/key}g;
    $text =~ s{/var/log/ngx-meet/(\w+).log}{$dir/meet-$1.log}g;
    $text =~ s{\@PREFIX\@/share/ngx-meet/html}{$dir/html};
    $t->write_file($name, $text);
}

# guarded, as its comments say
my $guarded = $t->read_file('meet-server.conf');
$guarded =~ s{^(access_log|error_log)\s.*\n}{}mg;
$guarded =~ s{^    #(auth_basic .*)}{    $1}m;
$guarded =~ s{^    #(auth_basic_user_file ).*}{    $1 $dir/creators;}m;
$t->write_file('meet-guarded.conf', $guarded);

$t->write_file('creators', "mia:{PLAIN}lamp\n");
$t->write_file('html/index.html', 'the page');
$t->write_cert()->write_conf(<<'EOC', meet => '');
    include %%TESTDIR%%/meet-http.conf;
    server {
        listen 127.0.0.1:%%PORT_8443%% ssl;
        listen 127.0.0.1:%%PORT_8080%%;
        ssl_certificate %%TESTDIR%%/cert.pem;
        ssl_certificate_key %%TESTDIR%%/cert.key;
        include %%TESTDIR%%/meet-server.conf;
    }
    server {
        listen 127.0.0.1:%%PORT_8081%%;
        include %%TESTDIR%%/meet-guarded.conf;
    }
EOC
$t->run_media();
$t->run(no_media => 1);
ok($t->ready({ port => 8080, path => '/healthz' }), 'healthy');

# it works

my $room = $t->create_room(8443, tls => 1);
is($t->get(8443, "/$room->{room}", tls => 1)->{body}, 'the page', 'page');
my $token = $t->join_room(8443, $room, 'class', 'Alice', tls => 1)
    ->{json}{token};
my $s = Test::Meet::Session->new($t, 8443, $room, 'class', 'Alice',
    tls => 1, token => $token, from => '127.0.1.2');
is($s->ask({ type => 'ping' })->{type}, 'pong', 'session');
like($t->get(8443, '/', tls => 1)->{headers}{'strict-transport-security'},
    qr/max-age/, 'HSTS');
is($t->get(8443, '/metrics', tls => 1, from => '127.0.0.1')->{status}, 200,
    'metrics for this machine');
is($t->get(8443, '/metrics', tls => 1, from => '127.0.1.2')->{status}, 403,
    'and for nobody else');

# creation, with and without a password

is($t->http(8081, 'POST', '/api/v1/rooms', body => '{}')->{status}, 401,
    'guarded');
my $made = $t->create_room(8081, headers => {
    Authorization => 'Basic ' . MIME::Base64::encode_base64('mia:lamp', '') });
is($t->get(8081, "/api/v1/rooms/$made->{room}")->{status}, 200,
    'its facts are open');
is($t->join_room(8081, $made, 'class', 'Bob')->{status}, 200,
    'joining is open');

my %seen;
$seen{ $t->http(8080, 'POST', '/api/v1/rooms', body => '{}',
    from => '127.0.2.1')->{status} }++ for 1 .. 30;
cmp_ok($seen{429} // 0, '>=', 8, 'creation is limited')
    or diag(join ' ', %seen);
cmp_ok($seen{400} // 0, '>=', 20, 'after a burst');

# connection tests: a class at once

%seen = ();
$seen{ $t->http(8080, 'POST', '/api/v1/test', body => '{}',
    from => '127.0.2.1')->{status} }++ for 1 .. 50;
cmp_ok($seen{200} // 0, '>=', 30, 'thirty tests');
cmp_ok($seen{429} // 0, '>=', 10, 'then no more') or diag(join ' ', %seen);

# guessing: the burst is a hundred, then five a second

%seen = ();
my %guess = (%$room, class => { %{ $room->{class} },
    auth => Test::Meet::b64u('x' x 32) });
$seen{ $t->join_room(8080, \%guess, 'class', 'Eve', from => '127.0.3.1')
    ->{status} }++ for 1 .. 300;
cmp_ok($seen{403}, '>', 99, 'a hundred guesses');
cmp_ok($seen{429}, '>', 100, 'then no more') or diag(join ' ', %seen);
%seen = ();
$seen{ $t->http(8080, 'POST', "/api/v1/whip/$room->{room}", body => 'v=0',
    token => 'x' x 43, from => '127.0.5.1', headers => {
        'Content-Type' => 'application/sdp' })->{status} }++ for 1 .. 250;
cmp_ok($seen{429} // 0, '>', 100, 'nor guesses of stream keys')
    or diag(join ' ', %seen);
is($t->join_room(8080, $room, 'class', 'Neighbour', from => '127.0.4.1')
    ->{status}, 200, 'others come in');
is($s->ask({ type => 'ping' })->{type}, 'pong', 'who is in stays in');
is($t->http(8080, 'GET', "/api/v1/rooms/$room->{room}",
    from => '127.0.3.1')->{status}, 200, 'reading is not limited');

# ports: those that are said, and no others

my ($first, $last) = $ports =~ /(\d+)-(\d+)/;
my %socket = map { readlink($_) =~ /^socket:\[(\d+)\]/ ? ($1 => 1) : () }
    map { glob "/proc/$_/fd/*" } $t->{pids}{media},
    $t->children($t->{pids}{media});
my %open;

for my $kind (qw/ udp udp6 tcp tcp6 /) {
    open my $fh, '<', "/proc/net/$kind" or next;
    my @rows = map { [split] } <$fh>;

    push @{ $open{substr $kind, 0, 3} }, hex((split /:/, $_->[1])[1])
        for grep { $socket{$_->[9]} } @rows;
}

cmp_ok(scalar @{ $open{udp} || [] }, '>', 0, 'UDP is open');
is(join(' ', @{ $open{tcp} || [] }, grep { $_ < $first || $_ > $last }
    @{ $open{udp} || [] }), '', 'no other port');

# logs, in their directory: after a rotation nginx's workers open them again

my ($mode) = slurp('ngx-meet.tmpfiles') =~ m{^d /var/log/ngx-meet (\d+) root}m;
my $place = tempdir(TMPDIR => 1, CLEANUP => 1);

open my $log, '>', "$place/access.log" or die $!;
close $log;
chmod oct $mode, $place;
chown scalar getpwnam('www-data'), -1, "$place/access.log" if $> == 0;
is(system($> == 0 ? qw/ setpriv --reuid=www-data --regid=www-data
    --clear-groups / : (), 'sh', '-c', ': >>"$1"', 'sh', "$place/access.log"),
    0, 'what they may');

my $logs = join '', map { $t->read_file($_) }
    qw/ meet-access.log meet-error.log error.log /;

like($logs, qr/127\.0\.0\.0 /, 'anonymous');
unlike($logs, qr/127\.0\.[1-4]\.[12]/, 'no full address');
unlike($logs, qr/\Q$token\E/, 'no token');
unlike($logs, qr/\Q$room->{class}{auth}\E/, 'no credential');


sub slurp {
    my ($name) = @_;

    open my $fh, '<', "$FindBin::Bin/../../conf/$name" or die "$name: $!";
    local $/;

    return scalar <$fh>;
}
