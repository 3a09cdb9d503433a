#!/usr/bin/perl

# nginx -t and three reloads during a call: nothing is heard of it.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;

my $t = Test::Meet->new()->plan(14);

my $base = $t->serve(workers => 2);
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 3,
    '--count', 3, "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');
$call->run_for(1)->tell({ cmd => 'reset' });

is(($t->test_conf())[0], 0, 'nginx -t');

for my $n (1 .. 3) {
    my @old = $t->worker_pids();

    $t->reload();
    $call->run_for(1);
    is(scalar(grep { !$t->wait_exit($_, 3) } @old), 0,
        "reload $n: old workers gone");
}

# somebody speaks after it, everybody hears

$call->tell({ cmd => 'chat', who => 0, text => 'still there?' });
is(scalar $call->wait_event('chat', 3), 3, 'chat afterwards');
$call->run_for(1);

my $report = $call->report();
my $sum = Test::Meet::Native->sums($report);

is($sum->{missing}, 0, 'no packet missing');
is($sum->{doubled}, 0, 'no packet doubled');
is($sum->{wrong_source}, 0, 'no packet of a wrong source');
is($sum->{event_gaps}, 0, 'no event lost');
is($sum->{offers}, 6, 'nobody had to offer again');
is(scalar(grep { $_->{snapshots} > 1 } @{ $report->{participants} }), 0,
    'all resumed without a snapshot');

my ($worst) = sort { $b <=> $a } map { $_->{resume_max_us} }
    @{ $report->{participants} };
cmp_ok($worst, '<', 1_000_000, 'back within a second');
diag("slowest session was back after $worst us");

ok(!$call->events(sub { $_[0]{event} eq 'closed' && $_[0]{code} != 1012 }),
    'no other close code');

$call->stop();
