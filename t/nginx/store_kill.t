#!/usr/bin/perl

# All nginx workers and all of meet-media are killed while rooms are written:
# what was acknowledged holds.  A short form of t/soak/kill.t.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Kill;

my $rounds = $ENV{MEET_KILL_ROUNDS} || 5;

my $t = Test::Meet->new()->plan(5);

$t->serve(workers => 2);
$t->{alert_ok} = qr/exited on signal 9/;

my $kill = Test::Meet::Kill->new($t);
my $done = 0;

while ($done < $rounds && !@{ $kill->{wrong} }) {
    $kill->round(40);
    $done++;
}

my %acks = %{ $kill->{acks} };

is(join("\n", @{ $kill->{wrong} }), '', 'what was acknowledged holds');
is($done, $rounds, 'all rounds');
cmp_ok($acks{post} // 0, '>', $rounds, 'chat was acknowledged');
cmp_ok($acks{change} // 0, '>', 0, 'settings too');
cmp_ok($acks{create} // 0, '>', $rounds / 2, 'and rooms');

diag(sprintf '%d rounds: %s acknowledged, %d under way had happened, '
    . 'slowest start %.1f s', $done,
    join(', ', map { "$acks{$_} $_" } sort keys %acks), $kill->{halves},
    $kill->{slowest});
