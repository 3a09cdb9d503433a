#!/usr/bin/perl

# A media worker dies or hangs: the rooms of others do not notice, its own
# talk again soon, by themselves.

use warnings;
use strict;

use FindBin;
use Test::More;
use Time::HiRes qw/ time /;

use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;

my $t = Test::Meet->new()->plan(14);

my $base = $t->serve(workers => 2, media => 2);
my @media = ('--publish', 'mic,cam', '--pairs', 3, '--count', 3);
my @calls;

for my $n (0 .. 1) {
    my $room = Test::Meet::Native->create("$base/");
    $calls[$n] = Test::Meet::Native->new(@media,
        "$base/$room->{room}#$room->{password}");
    is(scalar $calls[$n]->wait_event('first-packet', 3, 15), 3, "call $n");
}

for my $signal (qw/ KILL STOP /) {
    my @workers = $t->children($t->{pids}{media});

    is(scalar @workers, 2, 'two media workers');

    $_->run_for(0.5)->tell({ cmd => 'reset' }) for @calls;

    my $start = time();

    kill $signal, $workers[0];
    ok($t->wait_exit($workers[0], 6), "$signal: gone");
    cmp_ok(time() - $start, '<', 5, "$signal: in less than 5 s");

    # one of them lost nothing, the other is complete again

    my ($whole, $again) = (0, 0);

    ok($t->wait_for(sub {
        for my $call (@calls) {
            $call->run_for(0.5);
        }

        my @sums = map { Test::Meet::Native->sums($_->report()) } @calls;

        $whole = grep { $_->{missing} == 0 && $_->{offers} <= 6 * 2 } @sums;
        $again = grep {
            $_->{halves} >= 12 && $_->{packets} > 3 * 2 * 2 * 50
        } @sums;

        return $again == 2;
    }, 20), "$signal: both calls go on");

    my $took = time() - $start;
    cmp_ok($took, '<', 5 + 8, "$signal: soon");
    diag(sprintf '%s: everybody heard again after %.1f s', $signal, $took);
    cmp_ok($whole, '>=', 1, "$signal: the other call lost nothing");
}

$_->stop() for @calls;
