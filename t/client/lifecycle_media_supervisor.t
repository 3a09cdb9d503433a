#!/usr/bin/perl

# The supervisor is killed during a call.  Its workers do not notice: media
# goes on.  The next supervisor starts workers on other ports of the range;
# the call moves there by itself, and the old worker leaves when it is empty.

use warnings;
use strict;

use FindBin;
use Test::More;
use Time::HiRes qw/ time /;

use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;

my $t = Test::Meet->new()->plan(9);

my $base = $t->serve(also => 'meet_absence 2s;');
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 3,
    '--count', 3, "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');
$call->run_for(1)->tell({ cmd => 'reset' });

my $supervisor = delete $t->{pids}{media};
my ($old) = $t->children($supervisor);

kill 'KILL', $supervisor;
waitpid $supervisor, 0;
$call->run_for(3);

my $sum = Test::Meet::Native->sums($call->report());

ok(kill(0, $old), 'the worker is still there');
cmp_ok($sum->{packets}, '>', 3 * 2 * 3 * 50, 'media without supervisor');
is($sum->{missing}, 0, 'no packet missing');

# the next one: no lock, no socket, no port is in its way

my $start = time();

$t->run_media();
my ($new) = grep { $_ != $old } $t->children($t->{pids}{media});
ok($t->ready({ port => 8080, path => '/healthz' }), 'nginx is attached again');

ok($t->wait_for(sub {
    $call->tell({ cmd => 'reset' })->run_for(0.5);
    my $now = Test::Meet::Native->sums($call->report());
    return $now->{halves} == 12 && $now->{packets} > 3 * 2 * 0.5 * 50;
}, 20), 'the call goes on');

my $took = time() - $start;
cmp_ok($took, '<', 8, 'soon');
diag(sprintf 'everybody heard again %.1f s after the restart', $took);

ok($t->wait_exit($old, 20), 'the old worker leaves when it is empty');
is(scalar $t->children($t->{pids}{media}), 1, 'one worker is left');

$call->stop();
