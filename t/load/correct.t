#!/usr/bin/perl

# The load generator sees what the media worker does: every packet of every
# stream once, in the right slot, and those that a bad network takes.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::More;

use Test::Meet::Net;

Test::Meet::Net->enter('private');

require Test::Meet;
require Test::Meet::Load;

my $t = Test::Meet->new()->plan(24);

my $base = $t->serve() . '/';


sub start {
    my ($name, $people, @options) = @_;

    my $load = Test::Meet::Load->new(@options, $base);
    ok($load->ready(60), "$name: everybody is there");
    $load->run_for(1);

    return $load;
}


sub sound {
    my ($name, $mark) = @_;

    is($mark->{missing} + $mark->{doubled} + $mark->{bad} + $mark->{unknown},
        0, "$name: no packet missing, doubled or unreadable");
    is($mark->{wrong_source} + $mark->{wrong_slot}, 0,
        "$name: each from its source, in its slot");
}


my $load = start('meetings', 12, qw/ --rooms 3 --people 4 --pairs 4
    --video 300@15 /);
my $mark = $load->mark();

is($mark->{told_us}{count}, 3 * 6, 'meetings: told of who came later');

$load->tell({ cmd => 'chat', count => 12 });
$load->run_for(1);
$mark = $load->mark();
is($mark->{posts}, 12, 'meetings: each wrote a line');
is($mark->{heard_us}{count}, 12 * 4, 'meetings: heard by all in the room');

$mark = $load->measure(2);

is($mark->{streams}, 3 * 4 * 3 * 2, 'meetings: sound and picture of all others');
is($mark->{up}, 12, 'meetings: all connections');
sound('meetings', $mark);
is($mark->{unstamped}, 0, 'meetings: every packet is one of ours');
cmp_ok($mark->{latency_us}{count}, '==', $mark->{checked},
    'meetings: the way of each is known');

# somebody who is counted gets as much as somebody who is checked

$load->stop();
$load = start('lecture', 21, qw/ --senders 1 --viewers 20 --pairs 1 --spare 1
    --check 50 --pace --video 500@15 /);
$mark = $load->measure(3);

sound('lecture', $mark);
is($mark->{streams}, 20, 'lecture: half of them are checked');
cmp_ok(abs($mark->{counted} / ($mark->{checked} || 1) - 1), '<', 0.05,
    'lecture: the others get as much')
    or diag("$mark->{counted} counted, $mark->{checked} checked");

# of three layers the small one, and viewers who come and go

$load->stop();
$load = start('layers', 13, qw/ --senders 3 --viewers 10 --pairs 4 --simulcast
    --height 180 --video 800@15 --churn 200 /);
$load->mark();
$mark = $load->measure(3);

is($mark->{wrong_source} + $mark->{wrong_slot} + $mark->{bad}, 0,
    'layers: each from its source, in its slot');
cmp_ok($mark->{join_us}{count}, '>', 3, 'layers: viewers came back');
cmp_ok($mark->{join_us}{p50}, '<', 3_000_000, 'layers: and saw soon')
    and diag("half of them within $mark->{join_us}{p50} us");
cmp_ok($mark->{checked_bytes} / ($mark->{checked} || 1), '<', 900,
    'layers: what they get is small');

# the check itself: what is lost shows, and is made good

$load->stop();
$load = start('loss', 3, qw/ --people 3 --pairs 3 --no-audio --video 500@15 /);
Test::Meet::Net->lose(5);
$mark = $load->measure(2);
Test::Meet::Net->lose(0);
cmp_ok($mark->{missing}, '>', 5, 'loss: packets are missing')
    or diag(explain($mark));

$load->stop();
$load = start('repair', 3, qw/ --people 3 --pairs 3 --no-audio --video 500@15
    --nack /);
Test::Meet::Net->lose(5);
$load->measure(3);
Test::Meet::Net->lose(0);
$mark = $load->measure(1);
cmp_ok($mark->{missing}, '<=', 2, 'repair: hardly any are in the end')
    or diag(explain($mark));

$load->stop();
