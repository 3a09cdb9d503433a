#!/usr/bin/perl

# A call over IPv6 on paths of 1280 bytes, in a network of its own where the
# machine lets us make one.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::More;

use Test::Meet::Net;

Test::Meet::Net->enter();

require Test::Meet;
require Test::Meet::Native;

my $t = Test::Meet->new()->plan(8);

is(Test::Meet::Net->mtu(1280), 1280, 'an MTU of 1280 bytes');

my $base = $t->serve(listen => '::1');
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 3,
    '--count', 3, "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');
$call->run_for(1)->tell({ cmd => 'reset' })->run_for(2);

my $sum = Test::Meet::Native->sums($call->report());

is($sum->{halves}, 12, 'everybody receives both of both others');
cmp_ok($sum->{packets}, '>', 3 * 2 * 2 * 60 * 0.7, 'all the time');
is($sum->{$_}, 0, "$_: none") for qw/ missing doubled wrong_source bad /;

$call->stop();
