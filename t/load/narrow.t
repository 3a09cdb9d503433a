#!/usr/bin/perl

# The kernel refuses to segment for a path that is narrower than a packet: what
# it refused is sent once more, one datagram at a time.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::More;

use Test::Meet::Net;

Test::Meet::Net->enter('private');

require Test::Meet;
require Test::Meet::Load;

my $t = Test::Meet->new()->plan(7);
my $base = $t->serve() . '/';

my $load = Test::Meet::Load->new(qw/ --senders 1 --viewers 4 --pairs 1
    --spare 1 --video 600@10 /, $base);

ok($load->ready(60), 'a speaker and four who watch');
$load->run_for(1);

my $before = $load->measure(1.5);
cmp_ok($before->{packets}, '>', 100, 'pictures of several packets arrive');

is(Test::Meet::Net->mtu(1000), 1000, 'the path is narrower than a packet');
$load->run_for(0.5);

my $after = $load->measure(1.5);
cmp_ok($after->{packets}, '>', $before->{packets} / 2, 'they still arrive')
    or diag("$before->{packets} before, $after->{packets} then");
is($after->{missing} + $after->{doubled} + $after->{bad}, 0,
    'none is missing, none comes twice');

# and once it is wide again

Test::Meet::Net->mtu(65536);
$load->run_for(0.5);
$after = $load->measure(1.5);
cmp_ok($after->{packets}, '>', $before->{packets} / 2, 'and go on arriving');
is($after->{missing}, 0, 'complete');

$load->stop();
