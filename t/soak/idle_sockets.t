#!/usr/bin/perl

# Ten thousand WebSockets that say nothing: what they cost, that others are
# served meanwhile, and that nothing of them is left when their time is up.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Socket qw/ :DEFAULT /;
use Test::Meet;
use Test::Meet::Session;
use Test::More;
use Time::HiRes qw/ time /;

my $sockets = 10000;

my $t = Test::Meet->new();

chomp(my $files = `sh -c 'ulimit -n'`);
plan(skip_all => "needs $sockets open files, there are $files")
    if $files < $sockets + 500;

$t->plan(9)->write_conf(<<'EOC', workers => 2, connections => 12000);
    meet_connections 4000;
    server {
        listen 127.0.0.1:%%PORT_8080%% backlog=4096;
        access_log off;
        location / { meet_api; }
        location = /healthz { meet_health; }
        location = /metrics { meet_metrics; }
    }
EOC
$t->run(ready => { port => 8080, path => '/healthz' });

my $room = $t->create_room(8080);
my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my $before = memory();

# handshakes without waiting for their answers

my $start = time();
my $request = join "\r\n", 'GET /api/v1/ws HTTP/1.1', 'Host: localhost',
    'Upgrade: websocket', 'Connection: upgrade', 'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
    'Sec-WebSocket-Protocol: meet.v1', '', '';
my @open;

for my $n (1 .. $sockets) {
    socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    bind($s, pack_sockaddr_in(0, inet_aton('127.0.1.' . ($n % 200 + 1))));
    connect($s, pack_sockaddr_in($t->port(8080), inet_aton('127.0.0.1')))
        or die "connect: $!";
    syswrite $s, $request;
    push @open, $s;
}

my $accepted = grep {
    sysread $_, my $head, 4096;
    $head && $head =~ m{^HTTP/1.1 101};
} @open;

my $took = time() - $start;

is($accepted, $sockets, 'all accepted');
cmp_ok($took, '<', 14, 'in time');
like($t->get(8080, '/metrics')->{body},
    qr/^meet_websockets @{[ $sockets + 1 ]}$/m, 'all there');

my $during = memory();
my $each = ($during - $before) / $sockets;

diag(sprintf 'opened in %.1f s, %.1f kB each, %.0f MB in all', $took, $each,
    $during / 1024);
cmp_ok($each, '<', 20, 'kB each');

# others

my $asked = time();
is($alice->ask({ type => 'ping' })->{type}, 'pong', 'others are served');
cmp_ok(time() - $asked, '<', 0.5, 'at once');

# their time is up

ok($t->wait_for(sub {
    $t->get(8080, '/metrics')->{body} =~ /^meet_websockets 1$/m;
}, 30), 'none left');

my %codes;

for my $s (@open) {
    sysread $s, my $frame, 100;
    $codes{ length($frame // '') >= 4 ? unpack 'x2 n', $frame : 0 }++;
}

is($codes{4001}, $sockets, 'each was told why');

my $after = memory();
diag(sprintf '%.0f MB before, %.0f MB after', $before / 1024, $after / 1024);
is($alice->ask({ type => 'ping' })->{type}, 'pong', 'others stayed');


# proportional set size of nginx, in kB
sub memory {
    my $sum = 0;

    for my $pid ($t->{pids}{nginx}, $t->worker_pids()) {
        open my $fh, '<', "/proc/$pid/smaps_rollup" or next;
        $sum += $_ for map { /^Pss:\s+(\d+)/ ? $1 : () } <$fh>;
    }

    return $sum;
}
