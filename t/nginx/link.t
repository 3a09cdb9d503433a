#!/usr/bin/perl

# Attaching to meet-media: too early, with another key, to something else.

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256 /;
use FindBin;
use IO::Socket::UNIX;
use Socket qw/ SOCK_SEQPACKET /;
use Test::More;
use Time::HiRes qw/ time sleep /;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

# control messages: header {magic, major, minor, type, reserved, length}
use constant { CHALLENGE => 1, WELCOME => 3, CONFIGURE => 4, CONFIGURED => 5,
    WORKER => 6, GONE => 7, ERROR => 8 };

my $t = Test::Meet->new();

$t->plan(38)->write_conf(<<'EOC');
    server {
        listen  127.0.0.1:%%PORT_8080%%;
        location /api/ { meet_api; }
        location /healthz { meet_health; }
    }
EOC

$t->run(no_media => 1);

# nothing there: said once, and everything that needs no room works

my $health = $t->get(8080, '/healthz');

is($health->{status}, 503, 'not healthy');
like($health->{body}, qr/meet-media/, 'and says why');
ok($t->wait_log(qr/meet-media is not there: start it/), 'logged');

my $room = $t->create_room(8080);
my $token = $t->join_room(8080, $room, 'class', 'Alice')->{json}{token};
my $start = time();
my $s = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice',
    token => $token, quiet => 1);

is($s->{ws}->read_close(10), 1013, 'sent away to come again');
cmp_ok(time() - $start, '>', 2, 'after a while');
cmp_ok(time() - $start, '<', 5, 'not for ever');

# it comes while somebody waits

$s = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice',
    token => $token, quiet => 1);
$t->run_media();
ok($s->welcomed(10), 'who waited is let in');
ok($t->ready({ port => 8080, path => '/healthz' }), 'healthy');

# it goes, and one with another key takes its place

$t->stop('media');
ok($t->wait_for(sub { $t->get(8080, '/healthz')->{status} == 503 }),
    'not healthy');

my $key = $t->read_file('key');

$t->write_key('key');
$t->run_media();
ok($t->wait_log(qr/the key of "meet_key" is not its key/),
    'another key is refused and explained');
$t->stop('media');
$t->write_file('key', $key);

# something else listens there

my $listen = listener();

like(attempt(sub { 'garbage' }), qr/closed/, 'garbage');
ok($t->wait_log(qr/sends what makes no sense/), 'logged');
like(attempt(sub { packet(CHALLENGE, 'x' x 32) x 2 }), qr/closed/,
    'two in one');
like(attempt(sub { packet(CHALLENGE, 'x' x 31) }), qr/closed/, 'short');
like(attempt(sub { packet(CHALLENGE, 'x' x 5000) }), qr/closed/, 'long');
like(attempt(sub { packet(WELCOME, 'x' x 40) }), qr/closed/, 'out of order');
like(attempt(sub { packet(WORKER, "\0" x 32) }), qr/closed/, 'too early');
like(attempt(sub { packet(99, '') }), qr/closed/, 'unknown type');
like(attempt(sub { packet(CHALLENGE, 'x' x 32, major => 2) }), qr/closed/,
    'another version');
ok($t->wait_log(qr/another version than this module/), 'explained');
like(attempt(sub { packet(ERROR, pack 'LL', 20, 0) }), qr/closed/, 'refusal');

# it does not know the key, and learns nothing it could use

my $c = $listen->accept();

send $c, packet(CHALLENGE, 'n' x 32), 0;
my $hello = message($c);
is(length $hello, 88, 'HELLO');
is(unpack('x8 S', $hello), 2, 'is one');
send $c, packet(WELCOME, pack('Q', 1) . 'p' x 32), 0;
is(message($c), '', 'a wrong proof ends it');
ok($t->wait_log(qr/does not know the instance key/), 'explained');

# the version before this one, and the next: the lower of both is in use

for my $minor (0, 2) {
    my $low = $minor < 1 ? $minor : 1;

    $c = $listen->accept();
    send $c, packet(CHALLENGE, 'n' x 32, minor => $minor), 0;
    $hello = message($c);
    is(unpack('x6 S', $hello), 1, "minor $minor: HELLO");
    send $c, packet(WELCOME, pack('Q', 1) . hmac_sha256('meet media'
        . substr($hello, 24, 32) . pack('S S L', 1, $low, 1), $key),
        minor => $low), 0;
    is(unpack('x8 S', message($c)), CONFIGURE, "minor $minor: CONFIGURE");
    CORE::close($c);
}

# it says nothing at all

$c = $listen->accept();
is(message($c, 8), '', 'silence is given up');
ok($t->wait_log(qr/does not answer/), 'explained');

# and none of that cost anything

is($t->get(8080, "/api/v1/rooms/$room->{room}")->{status}, 200, 'REST works');

my @lines = $t->read_file('error.log') =~ /makes no sense/g;

cmp_ok(scalar @lines, '<', 5, 'the log is not flooded');

my ($worker) = $t->worker_pids();
my @fds = glob "/proc/$worker/fd/*";

cmp_ok(scalar @fds, '<', 40, 'no descriptor leaks');

# the real one again

close $listen;
unlink $t->testdir() . '/run/control.sock';
$t->run_media();
ok($t->ready({ port => 8080, path => '/healthz' }), 'healthy again');
ok($s->welcomed(10), 'and who was in is in');
is($s->ask({ type => 'ping' })->{type}, 'pong', 'on the same socket');
is($s->post('x')->{type}, 'posted', 'and can write');


sub listener {
    my $path = $t->testdir() . '/run/control.sock';

    unlink $path;

    return IO::Socket::UNIX->new(Type => SOCK_SEQPACKET, Local => $path,
        Listen => 5) || die "listen: $!";
}


sub packet {
    my ($type, $body, %o) = @_;

    return pack('L S S S S L', 0x4d454554, $o{major} // 1,
        $o{minor} // 1, $type, 0, 16 + length $body) . $body;
}


# one connection of nginx, answered with what the code makes
sub attempt {
    my ($code) = @_;

    my $c = $listen->accept() or return 'no connection';

    send $c, $code->(), 0;

    my $got = message($c);

    # a CHALLENGE that was fine is answered before the rest is refused

    $got = message($c) if length $got;

    return length $got ? 'a message' : 'closed';
}


# the next message; '' at the end of file, or when nothing comes
sub message {
    my ($c, $timeout) = @_;

    my $set = '';
    vec($set, fileno $c, 1) = 1;
    select($set, undef, undef, $timeout // 5) or return 'nothing';
    defined recv $c, my $buf, 8192, 0 or return '';

    return $buf;
}
