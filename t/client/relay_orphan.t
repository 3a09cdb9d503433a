#!/usr/bin/perl

# A room is on two media workers when their supervisor is killed, and so is the
# worker that has the room: nobody is left to tell the other one.  It finds out
# by itself and leaves; the call goes on at the workers of the next supervisor.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;
use Time::HiRes qw/ time /;

my $t = Test::Meet->new()->plan(9);

my $base = $t->serve(workers => 2, media => 2,
    also => "meet_media_spread 2;\n    meet_absence 2s;");
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 4,
    '--spare', 1, '--count', 4, '--gap', 300,
    "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 4, 20), 4, 'a call');

my $people;
ok($t->wait_for(sub {
    $people = $t->media_metric('participants');
    return join(' ', sort values %$people) eq '0 4'
        && join(' ', sort values %{ $t->media_metric('publishers') })
            eq '2 2';
}, 5), 'at two workers');

my ($home) = map { $t->media_pid($_) } grep { $people->{$_} } keys %$people;
my ($branch) = grep { $_ != $home } $t->children($t->{pids}{media});

# media go on without a supervisor

$call->run_for(1)->tell({ cmd => 'reset' });

my $supervisor = delete $t->{pids}{media};
kill 'KILL', $supervisor;
waitpid $supervisor, 0;
$call->run_for(1);

my $sum = Test::Meet::Native->sums($call->report());
is($sum->{missing}, 0, 'no packet missing without supervisor');
cmp_ok($sum->{packets}, '>', 4 * 3 * 50 * 0.8, 'and all the time');

kill 'KILL', $home;
my $start = time();
$t->run_media();

ok($t->wait_for(sub {
    $call->tell({ cmd => 'reset' })->run_for(0.5);
    $sum = Test::Meet::Native->sums($call->report());
    return $sum->{halves} == 24 && $sum->{packets} > 4 * 3 * 0.5 * 50;
}, 20), 'the call goes on');
diag(sprintf 'all again after %.1f s', time() - $start);

ok($t->wait_exit($branch, 20), 'who has lost the other one leaves');
diag(sprintf 'the branch is gone after %.1f s', time() - $start);
is(scalar $t->children($t->{pids}{media}), 2, 'two new ones are left');

$call->tell({ cmd => 'reset' })->run_for(1);
$sum = Test::Meet::Native->sums($call->report());
is($sum->{missing}, 0, 'no packet missing at them');
cmp_ok($sum->{packets}, '>', 4 * 3 * 50 * 0.8, 'all the time');

$call->stop();
