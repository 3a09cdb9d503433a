#!/usr/bin/perl

# Hostile frames: each has one documented close code, and nobody else notices.

use warnings;
use strict;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::More;

my $t = Test::Meet->new()->write_conf(<<'EOC');
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
    }
EOC

my ($text, $binary, $more, $close, $ping, $pong) = (1, 2, 0, 8, 9, 10);
my $hello = 'close 4001';    # a whole message before hello
my $open = 'open';           # still waiting

my @cases = (

    # pings, alone and inside a message

    [ 'ping', [ $ping, 'abc' ], 'pong abc' ],
    [ 'ping without payload', [ $ping, '' ], 'pong ' ],
    [ 'ping of 125', [ $ping, 'x' x 125 ], 'pong ' . 'x' x 125 ],
    [ 'ping of 126', [ $ping, 'x' x 126 ], 'close 1002' ],
    [ 'fragmented ping', [ $ping, 'x', fin => 0 ], 'close 1002' ],
    [ 'unasked pong', [ $pong, 'abc' ], [ $ping, 'd' ], 'pong d' ],
    [ 'ping between fragments', [ $text, '{"a"', fin => 0 ], [ $ping, 'p' ],
        'pong p' ],

    # reserved bits and opcodes, masking

    (map { [ "rsv $_", [ $text, 'x', rsv => $_ ], 'close 1002' ] } 1, 2, 4, 7),
    [ 'rsv on ping', [ $ping, 'x', rsv => 4 ], 'close 1002' ],
    (map { [ "opcode $_", [ $_, 'x' ], 'close 1002' ] } 3 .. 7, 11 .. 15),
    [ 'opcode 3, empty', [ 3, '' ], 'close 1002' ],
    [ 'not masked', [ $text, 'x', mask => 0 ], 'close 1002' ],
    [ 'ping not masked', [ $ping, 'x', mask => 0 ], 'close 1002' ],
    [ 'length not minimal, 16 bits', [ $text, 'x', form => 2 ],
        'close 1002' ],
    [ 'length not minimal, 64 bits', [ $text, 'x', form => 8 ],
        'close 1002' ],
    [ 'length with the highest bit',
        [ $text, 'x', len => 2**63 + 1, form => 8 ], 'close 1002' ],

    # fragments

    [ 'continuation of nothing', [ $more, 'x' ], 'close 1002' ],
    [ 'empty continuation of nothing', [ $more, '' ], 'close 1002' ],
    [ 'text in a text', [ $text, 'x', fin => 0 ], [ $text, 'x' ],
        'close 1002' ],
    [ 'two fragments', [ $text, '{"type":', fin => 0 ], [ $more, '"view"}' ],
        $hello ],
    [ 'empty fragments', [ $text, '', fin => 0 ], [ $more, '', fin => 0 ],
        [ $more, '{}' ], $hello ],
    [ 'an open message', [ $text, '{', fin => 0 ], $open ],

    # kinds and sizes

    [ 'binary', [ $binary, 'x' ], 'close 1003' ],
    [ 'too long', [ $text, 'x', len => 272 * 1024 + 1, form => 8 ],
        'close 1009' ],
    [ 'much too long', [ $text, 'x', len => 2**40, form => 8 ],
        'close 1009' ],
    [ 'too long in sum', [ $text, ' ' x 200000, fin => 0 ],
        [ $more, ' ' x 100000 ], 'close 1009' ],

    # UTF-8, as soon as it is wrong

    [ 'stray continuation byte', [ $text, "\x80" ], 'close 1007' ],
    [ 'fails before the message ends', [ $text, "ab\xff", fin => 0 ],
        'close 1007' ],
    [ 'fails before the frame ends', [ $text, "ab\xff", len => 100 ],
        'close 1007' ],
    [ 'overlong', [ $text, "\xc0\xaf" ], 'close 1007' ],
    [ 'overlong, three bytes', [ $text, "\xe0\x80\xaf" ], 'close 1007' ],
    [ 'surrogate', [ $text, "\xed\xa0\x80" ], 'close 1007' ],
    [ 'beyond Unicode', [ $text, "\xf4\x90\x80\x80" ], 'close 1007' ],
    [ 'cut off at the end', [ $text, "\xe2\x82" ], 'close 1007' ],
    [ 'cut by a fragment', [ $text, "\xe2", fin => 0 ],
        [ $more, "\x82\xac" ], $hello ],
    [ 'cut by a fragment, wrong', [ $text, "\xe2", fin => 0 ],
        [ $more, "\x28" ], 'close 1007' ],

    # closing

    [ 'close without a code', [ $close, '' ], 'close 0' ],
    [ 'close of one byte', [ $close, "\x03" ], 'close 1002' ],
    [ 'reason that is no text', [ $close, "\x03\xe8\xff" ], 'close 1007' ],
    [ 'reason too long', [ $close, "\x03\xe8" . 'x' x 124 ], 'close 1002' ],
    (map { [ "close $_", [ $close, pack 'n', $_ ], "close $_" ] }
        1000 .. 1003, 1007 .. 1014, 3000, 4999),
    (map { [ "close $_", [ $close, pack 'n', $_ ], 'close 1002' ] }
        0, 999, 1004 .. 1006, 1015, 1016, 2999, 5000, 65535),
    [ 'reason with text', [ $close, "\x03\xe8gr\xc3\xbc\xc3\x9f" ],
        'close 1000' ],
    [ 'nothing counts after close', [ $close, "\x03\xe8" ], [ $ping, 'x' ],
        'close 1000' ],
);

$t->plan(2 * @cases + 3);
$t->run();

my $witness = connect_ws();

for my $slow (0, 1) {
    for my $case (@cases) {
        my ($name, @frames) = @$case;
        my $expect = pop @frames;
        my $bytes = join '', map { Test::Meet::WebSocket::frame(@$_) } @frames;

        # a long one byte by byte would only test our patience
        my $split = $slow && length $bytes < 1000;

        my $ws = connect_ws();
        $ws->write($bytes, slow => $split);
        is(result($ws, $expect), $expect, $name . ($slow ? ', slowly' : ''));
    }
}

# frames sent together with the handshake are not lost

my $ws = connect_ws(after => Test::Meet::WebSocket::frame($ping, 'early')
    . Test::Meet::WebSocket::frame($ping, 'bird'));
is($ws->read_frame()->{payload}, 'early', 'pipelined');
is($ws->read_frame()->{payload}, 'bird', 'pipelined, second');

$witness->send_frame($ping, 'still');
is(result($witness, 'pong still'), 'pong still', 'others live on');


sub connect_ws {
    return Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws', @_);
}

sub result {
    my ($w, $expect) = @_;

    my $f = $w->read_frame($expect eq $open ? 0.05 : 3);

    return $w->{eof} ? 'eof' : $open unless $f;
    return 'masked' if $f->{masked} || !$f->{fin};
    return 'pong ' . $f->{payload} if $f->{opcode} == $pong;
    return "close $f->{code}" if $f->{opcode} == $close;
    return "frame $f->{opcode}: $f->{payload}";
}
