#!/usr/bin/perl

# Ten reloads in thirty seconds during a call of six with audio and video,
# while somebody chats all the time: no packet is missing, none is later than
# in a quiet phase, every session is back within a second, every old worker
# gone within three, no event lost, doubled or out of order.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;
use Time::HiRes qw/ time /;

use constant { PEOPLE => 6, RELOADS => 10, EVERY => 3 };

my $t = Test::Meet->new()->plan(15);

my $base = $t->serve(workers => 2);
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', PEOPLE,
    '--count', PEOPLE, "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', PEOPLE, 20), PEOPLE, 'a call');

# how it is without a reload

$call->run_for(2)->tell({ cmd => 'reset' })->run_for(5);

my $quiet = worst($call->report(), 'latency_p99_us');

# and with ten

$call->tell({ cmd => 'reset' });

my (@said, @leaving);
my $slowest = 0;
my $start = time();

for my $n (1 .. RELOADS) {
    my @old = $t->worker_pids();

    kill 'HUP', $t->{pids}{nginx};
    push @leaving, map { { pid => $_, since => time() } } @old;

    while (time() < $start + $n * EVERY) {
        push @said, 'line ' . @said;
        $call->tell({ cmd => 'chat', who => @said % PEOPLE,
            text => $said[-1] })->run_for(0.25);

        for my $w (@leaving) {
            next if $w->{gone} || kill 0, $w->{pid};
            $w->{gone} = time() - $w->{since};
            $slowest = $w->{gone} if $w->{gone} > $slowest;
        }
    }
}

my $took = time() - $start;

cmp_ok($took, '<', RELOADS * EVERY + 1, 'ten reloads in thirty seconds');
$t->wait_for(sub { !grep { !$_->{gone} && kill 0, $_->{pid} } @leaving }, 3);
is(scalar(grep { !$_->{gone} && kill 0, $_->{pid} } @leaving), 0,
    'all old workers gone');
cmp_ok($slowest, '<', 3, 'each within three seconds');

$call->wait_event('chat', PEOPLE * @said, 5);

my $report = $call->report();
my $sum = Test::Meet::Native->sums($report);
my $latency = worst($report, 'latency_p99_us');
my $resume = 0;

for my $who (@{ $report->{participants} }) {
    $resume = $who->{resume_max_us} if $who->{resume_max_us} > $resume;
}

is($sum->{missing}, 0, 'no packet missing');
is($sum->{doubled}, 0, 'no packet doubled');
is($sum->{jumps} + $sum->{wrong_source}, 0, 'none out of place');
cmp_ok($sum->{packets}, '>', PEOPLE * (PEOPLE - 1) * 30 * 50 * 0.9,
    'and all the time');
cmp_ok($latency, '<', 2 * $quiet + 30_000, 'no later than without');
cmp_ok($resume, '<', 1_000_000, 'every session back within a second');
is($sum->{event_gaps}, 0, 'no event lost');
is($sum->{offers}, 2 * PEOPLE, 'nobody had to offer again');
is(scalar(grep { $_->{snapshots} > 1 } @{ $report->{participants} }), 0,
    'nobody needed a snapshot');

# the chat is the same for all: once each, in one order

my @heard = map {
    my $who = $_;
    join ',', map { $_->{chat}{text} } $call->events(sub {
        $_[0]{event} eq 'chat' && $_[0]{who} == $who });
} 0 .. PEOPLE - 1;

is(scalar(grep { $_ eq $heard[0] } @heard), PEOPLE, 'one order for all');
is(join(',', sort { length $a <=> length $b || $a cmp $b }
    split /,/, $heard[0]), join(',', @said), 'every line, once');

diag(sprintf '%d reloads in %.1f s, %d people, %d lines of chat: %d packets,'
    . ' %d missing; p99 latency %.1f ms (quiet: %.1f ms); slowest resume'
    . ' %.1f ms; slowest worker gone after %.2f s', RELOADS, $took, PEOPLE,
    scalar @said, $sum->{packets}, $sum->{missing}, $latency / 1000,
    $quiet / 1000, $resume / 1000, $slowest);

$call->stop();


# the largest value of that name over all halves of all slots
sub worst {
    my ($report, $name) = @_;

    my $worst = 0;

    for my $who (@{ $report->{participants} }) {
        for my $half (@{ ($who->{received} || {})->{slots} || [] }) {
            $worst = $half->{$name} if $half->{$name} > $worst;
        }
    }

    return $worst;
}
