#!/usr/bin/perl

# One datagram of twenty is lost on paths of 1280 bytes, in both directions:
# every packet of a picture is there in the end.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::More;

use Test::Meet::Net;

Test::Meet::Net->enter('private');

require Test::Meet;
require Test::Meet::Native;

my $t = Test::Meet->new()->plan(9);

is(Test::Meet::Net->mtu(1280), 1280, 'an MTU of 1280 bytes');

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");

# the pace of a real call, and pictures of several packets
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 3,
    '--count', 3, '--nack', '--video', '640x360@600',
    "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');
$call->run_for(1)->tell({ cmd => 'reset' })->run_for(0.2);

ok(Test::Meet::Net->lose(5), 'packets are lost');
$call->run_for(6);
my ($all, $lost) = Test::Meet::Net->lose(0);
$call->run_for(1.5);

cmp_ok($lost, '>', 100, 'many are') and diag("$lost of $all datagrams lost");

# audio is not sent again: by the time it came nobody would play it

my ($missing, $recovered, $packets, $doubled, $asked) = (0, 0, 0, 0, 0);

for my $who (@{ $call->report()->{participants} }) {
    $asked += $_->{retransmitted} for @{ $who->{published} };

    for my $half (grep { $_->{video} } @{ $who->{received}{slots} }) {
        $missing += $half->{missing};
        $recovered += $half->{recovered};
        $doubled += $half->{doubled};
        $packets += $half->{packets};
    }
}

diag("$packets video packets, $recovered recovered by receivers,"
    . " $asked by the server, $doubled doubled");

cmp_ok($recovered, '>', 3, 'receivers got packets again');
cmp_ok($asked, '>', 3, 'and so did the server');
is($missing, 0, 'no packet of a picture is missing');

# joining works, too

Test::Meet::Net->lose(5);
my $late = Test::Meet::Native->new('--pairs', 4, '--name', 'late', '--nack',
    "$base/$room->{room}#$room->{password}");
my ($first) = $late->wait_event('first-packet', 1, 10);
cmp_ok($first ? $first->{at_ms} : 99999, '<', 5000, 'joining works')
    and diag("first packet after $first->{at_ms} ms");

is(scalar $call->events(sub { $_[0]{event} =~ /failed|ended/ }), 0,
    'nobody was thrown out');

$_->stop() for $late, $call;
