#!/usr/bin/perl

# The files in conf/ as shipped, only paths and ports replaced: limits on
# joining and creating, a guarded create location, anonymous logs, TLS sessions
# that survive a reload, and the stand-alone nginx.conf.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::SSL;
use MIME::Base64;
use Test::Meet;

my $conf = "$FindBin::Bin/../../conf";
my $t = Test::Meet->new()->plan(26);
my $dir = $t->testdir();

my $http = shipped('meet-http.conf');
my $server = shipped('meet-server.conf');

# uncommented as its comment says
(my $guarded = $server) =~ s/^(\s*)#(auth_basic)/$1$2/mg;
$guarded =~ s{/etc/nginx/meet/creators}{$dir/creators};
$guarded =~ s{zone=meet_create burst=20}{zone=meet_create burst=2};

# under a path, as its comment says
(my $below = $server) =~ s{^(location (?:= |~ \^)?)/}{$1/meet/}mg;

mkdir "$dir/html";
mkdir "$dir/log";
$t->write_file('html/index.html', '<!doctype html>');
$t->write_file('creators', "teacher:{PLAIN}chalk\n");
$t->write_file('meet-http.conf', $http);
$t->write_file('meet-server.conf', $server);
$t->write_file('guarded.conf', $guarded);
$t->write_file('below.conf', $below);
$t->write_cert();

$t->write_conf(<<'EOC', meet => '');
    include %%TESTDIR%%/meet-http.conf;

    server {
        listen 127.0.0.1:%%PORT_8080%% ssl;
        listen [::1]:%%PORT_8080%% ssl;
        server_name meet.example.org;
        ssl_certificate %%TESTDIR%%/cert.pem;
        ssl_certificate_key %%TESTDIR%%/cert.key;

        include %%TESTDIR%%/meet-server.conf;
    }

    server {
        listen 127.0.0.1:%%PORT_8081%%;
        include %%TESTDIR%%/guarded.conf;

        set_real_ip_from 127.0.0.1;
        real_ip_header X-Real-IP;
    }

    server {
        listen 127.0.0.1:%%PORT_8084%%;
        include %%TESTDIR%%/below.conf;
    }
EOC

$t->run();
$t->run_media();
ok($t->wait_for(sub { $t->get(8080, '/healthz', tls => 1)->{status} == 200 }),
    'healthy');

my %tls = (tls => 1);
my $room = $t->create_room(8080, name => 'class-7b', %tls);

is($room->{room}, 'class-7b', 'create');
is($t->get(8080, '/class-7b', %tls)->{status}, 200, 'page of a room');
is($t->join_room(8080, $room, 'class', 'Ann', %tls)->{status}, 200, 'join');
is($t->get(8080, '/metrics', %tls)->{status}, 200, 'metrics from here');

# somebody guesses; somebody else at another address does not notice

my $wrong = { %$room, class => { %{ $room->{class} },
    auth => Test::Meet::b64u('x' x 32) } };
my %seen;

for (1 .. 130) {
    $seen{ $t->join_room(8081, $wrong, 'class', 'Mallory',
        real(2 + $_ % 2 ? '203.0.113.77' : '::ffff:203.0.113.77')
        )->{status} }++;
}

is(join(' ', sort keys %seen), '403 429', 'guesses: refused, then limited');
cmp_ok($seen{403}, '<=', 110, 'about a hundred got an answer');
is($t->join_room(8081, $room, 'class', 'Ann', real('203.0.113.78'))->{status},
    200, 'neighbour joins');

# IPv6 by /64

%seen = ();

for (1 .. 130) {
    my $from = sprintf '2001:db8:1:2:%x::%x', rand 65536, rand 65536;
    $seen{ $t->join_room(8081, $wrong, 'class', 'M', real($from))->{status} }++;
}

is(join(' ', sort keys %seen), '403 429', 'a whole network is one guesser');
is($t->join_room(8081, $room, 'class', 'Ann', real('2001:db8:1:3::1'))
    ->{status}, 200, 'the next network is not');

# creation guarded, nothing else

is(eval { $t->create_room(8081) } && 1, undef, 'create needs a password');
like($@, qr/401/, 'and says so');
my %auth = (headers => { Authorization =>
    'Basic ' . encode_base64('teacher:chalk', '') });
is(eval { $t->create_room(8081, name => 'guarded', %auth)->{room} }, 'guarded',
    'create with it');
is($t->get(8081, '/api/v1/rooms/guarded')->{status}, 200, 'facts are open');
is($t->join_room(8081, $room, 'class', 'Ann', real('198.51.100.1'))->{status},
    200, 'join is open');
my @made = map { eval { $t->create_room(8081, %auth); 201 }
    || ($@ =~ /create: (\d+)/)[0] } 1 .. 5;
is($made[-1], 429, 'creating is limited');

# below a path

my $other = eval { $t->create_room(8084, api => '/meet/api/v1') };
is($other->{answer}{headers}{location}, "/meet/api/v1/rooms/$other->{room}",
    'create below a path');
is($t->join_room(8084, $other, 'owner', 'Ann')->{status}, 200, 'join there');
is($t->get(8084, "/meet/$other->{room}")->{status}, 200, 'page there');
is($t->get(8084, '/api/v1/rooms/class-7b')->{status}, 404,
    'and nowhere else');

# a TLS session from before a reload is taken up after it

my $cache = IO::Socket::SSL::SSL_Context->new(SSL_session_cache_size => 4,
    SSL_version => 'TLSv1_2', SSL_verify_mode => SSL_VERIFY_NONE);

is(reused(), 0, 'first connection');
is(reused(), 1, 'session taken up');
$t->reload();
is(reused(), 1, 'after a reload too');

$t->stop();

my $logs = $t->read_file('log/access.log') . $t->read_file('log/error.log');
my $full = qr/203\.0\.113|198\.51\.100|2001:db8:1:[^:]|127\.0\.0\.1[^:\d]/;

ok(scalar($logs =~ /^203\.0\.0\.0 \[.*"POST/m), 'requests are logged');
is(join("\n", grep { $_ =~ $full } split /\n/, $logs), '',
    'no full address in any log');

# the stand-alone file

my ($so) = $t->read_file('nginx.conf') =~ /load_module (\S+);/;
my ($one, $two) = ($t->port(8082), $t->port(8083));
my $nginx = shipped('nginx.conf');

$nginx =~ s{/etc/letsencrypt/live/meet.example.org/fullchain.pem}
    {$dir/cert.pem}g;
$nginx =~ s{/etc/letsencrypt/live/meet.example.org/privkey.pem}
    {$dir/cert.key}g;
$nginx =~ s{/usr/lib/nginx/modules/ngx_http_meet_module.so}{$so};
$nginx =~ s{/run/nginx.pid}{$dir/nginx.pid};
$nginx =~ s{\b80;}{$one;}g;
$nginx =~ s{\b443 }{$two }g;
$t->write_file('nginx.conf', $nginx);

my ($status, $out) = $t->test_conf();
is($status, 0, 'stand-alone nginx.conf') or diag($out);


sub shipped {
    my ($name) = @_;

    open my $fh, '<', "$conf/$name" or die "$name: $!";
    local $/;
    my $text = <$fh>;

    my $ports = $t->media_ports();
    $text =~ s{/var/lib/ngx-meet}{$dir/store}g;
    $text =~ s{/run/ngx-meet}{$dir/run}g;
    $text =~ s{/etc/nginx/meet/instance.key}{$dir/key}g;
    $text =~ s{/etc/nginx/meet/}{$dir/}g;
    $text =~ s{/var/log/ngx-meet}{$dir/log}g;
    $text =~ s{\@PREFIX\@/share/ngx-meet}{$dir}g;
    $text =~ s{40000-40063}{$ports}g;
    $text =~ s{(meet_media_workers\s+)auto}{${1}1}g;

    return $text;
}


sub real {
    my ($address) = @_;

    return headers => { 'X-Real-IP' => $address };
}


sub reused {
    my $s = IO::Socket::SSL->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port(8080), SSL_reuse_ctx => $cache,
        SSL_session_key => 'one') or return "no TLS: $SSL_ERROR";

    my $reused = $s->get_session_reused() ? 1 : 0;
    syswrite $s, "GET /healthz HTTP/1.0\r\n\r\n";
    sysread $s, my $buf, 100;
    close $s;

    return $reused;
}
