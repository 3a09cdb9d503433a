#!/usr/bin/perl

# Sizes: long messages in one frame, in fragments of every size, in pieces on
# the wire; the limit by type; and what is one byte too much.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;

my $t = Test::Meet->new()->write_conf(<<'EOC');
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
        location = /healthz { meet_health; }
    }
EOC

my @sizes = (125, 126, 127, 128, 4095, 4096, 4097, 16384, 65535, 65536);
my @fragments = (64, 256, 1024, 4096, 16384, 32768);
my @chops = (64, 256, 1024, 2048);

$t->plan(@sizes + @fragments + @chops + 7);
$t->run(ready => { port => 8080, path => '/healthz' });

my $room = $t->create_room(8080);
my $s = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my $n = 0;

# in one frame

for my $size (@sizes) {
    $s->{ws}->write(Test::Meet::WebSocket::frame(1, message($size)));
    is(answer($s), $n, "$size bytes");
}

# 64 KiB in fragments, with a ping after each third

for my $size (@fragments) {
    my $text = message(65536);
    my $bytes = '';
    my ($opcode, $i) = (1, 0);

    while (length $text) {
        my $part = substr $text, 0, $size, '';
        $bytes .= Test::Meet::WebSocket::frame($opcode, $part,
            fin => length $text ? 0 : 1);
        $bytes .= Test::Meet::WebSocket::frame(9, "$i")
            if ++$i % 3 == 0 && $i < 30;
        $opcode = 0;
    }

    $s->{ws}->write($bytes);
    is(answer($s), $n, "64 KiB in fragments of $size");
}

# 64 KiB in pieces that have nothing to do with frames

for my $size (@chops) {
    my $bytes = Test::Meet::WebSocket::frame(1, message(65536));

    while (length $bytes) {
        $s->{ws}->write(substr $bytes, 0, $size, '');
    }

    is(answer($s), $n, "64 KiB in pieces of $size");
}

# too much, by type; offers may be longer

$s->{ws}->write(Test::Meet::WebSocket::frame(1, message(65537)));
is($s->{ws}->read_close(), 1009, 'a byte over 64 KiB');

$s = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my $m = $s->ask({ type => 'publish', revision => 1, tracks => [],
    sdp => 'v' x 200000 });
is($m->{error}, 'bad-offer', 'an offer of 200 000 bytes is read');

$s->{ws}->write(Test::Meet::WebSocket::frame(1,
    '{"type":"publish","revision":2,"tracks":[],"sdp":"' . 'v' x 278000
    . '"}'));
is($s->{ws}->read_close(), 1009, 'one of 278 000 is not');

# an empty message, and only white space, is no message

$s = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');

for my $text ('', '   ', "\n") {
    $s->{ws}->send_frame(1, $text);
    is($s->read('error')->{error}, 'bad-message', 'nothing said');
}

is($s->ask({ type => 'ping' })->{type}, 'pong', 'and still there');


# a ping of that many bytes, and its id
sub message {
    my ($size) = @_;

    my $text = '{"type":"ping","id":' . ++$n . '}';

    return $text . ' ' x ($size - length $text);
}

sub answer {
    my ($session) = @_;

    my $pong = $session->read('pong') || {};

    return $pong->{re};
}
