#!/usr/bin/perl

# One room on two media workers, and one datagram of twenty is lost: what is
# missing of a picture is asked for and sent again by the worker that a receiver
# or publisher is connected to, wherever the other one is.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::More;

use Test::Meet::Net;

Test::Meet::Net->enter('private');

require Test::Meet;
require Test::Meet::Native;

my $t = Test::Meet->new()->plan(6);

my $base = $t->serve(media => 2, also => 'meet_media_spread 2;');
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 4,
    '--count', 4, '--gap', 300, '--nack', '--video', '640x360@600',
    "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 4, 15), 4, 'a call');
$call->run_for(1)->tell({ cmd => 'reset' })->run_for(0.2);

ok(Test::Meet::Net->lose(5), 'packets are lost');
$call->run_for(6);
my ($all, $lost) = Test::Meet::Net->lose(0);
$call->run_for(1.5);

cmp_ok($lost, '>', 100, 'many are') and diag("$lost of $all datagrams lost");

my ($missing, $recovered, $packets, $asked) = (0, 0, 0, 0);

for my $who (@{ $call->report()->{participants} }) {
    $asked += $_->{retransmitted} for @{ $who->{published} };

    for my $half (grep { $_->{video} } @{ $who->{received}{slots} }) {
        $missing += $half->{missing};
        $recovered += $half->{recovered};
        $packets += $half->{packets};
    }
}

diag("$packets video packets, $recovered recovered by receivers,"
    . " $asked by the server");

cmp_ok($recovered, '>', 3, 'receivers got packets again');
cmp_ok($asked, '>', 3, 'and so did the server');
is($missing, 0, 'no packet of a picture is missing');

$call->stop();
