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

my $t = Test::Meet->new()->plan(8);

is(Test::Meet::Net->mtu(1280), 1280, 'an MTU of 1280 bytes');

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");

# the pace of a real call, and pictures of several packets
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 3,
    '--count', 3, '--nack', '--video', '640x360@600',
    "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');
$call->run_for(1);

my ($all, $lost, $missing, $recovered, $packets, $doubled, $asked);

# beside other work one run in ten misses a packet or two, most likely of a
# picture that was stopped because the estimate fell: such a run is repeated

for my $try (1 .. 2) {
    $call->tell({ cmd => 'reset' })->run_for(0.2);
    die "no way to lose packets\n" if !Test::Meet::Net->lose(5);
    $call->run_for(6);

    ($all, $lost) = Test::Meet::Net->lose(0);
    $call->run_for(1.5);

    # audio is not sent again: by the time it came nobody would play it

    ($missing, $recovered, $packets, $doubled, $asked) = (0, 0, 0, 0, 0);

    for my $who (@{ $call->report()->{participants} }) {
        $asked += $_->{retransmitted} for @{ $who->{published} };

        for my $half (grep { $_->{video} } @{ $who->{received}{slots} }) {
            $missing += $half->{missing};
            $recovered += $half->{recovered};
            $doubled += $half->{doubled};
            $packets += $half->{packets};
        }
    }

    diag("$lost of $all datagrams lost, $packets video packets, $recovered"
        . " recovered by receivers, $asked by the server, $doubled doubled,"
        . " $missing missing");
    last if !$missing;
}

cmp_ok($lost, '>', 100, 'packets are lost');
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
