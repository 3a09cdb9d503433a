#!/usr/bin/perl

# What a media worker counts of a call, as Prometheus reads it; and counters
# that do not fall when those who caused them leave.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;

my $t = Test::Meet->new();

$t->plan(14);

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");
my $link = "$base/$room->{room}#$room->{password}";
my $call = Test::Meet::Native->new(qw/ --publish mic,cam --pairs 6 --spare 2 /,
    '--count', 3, $link);

is(scalar $call->wait_event('first-packet', 3, 20), 3, 'all hear something');

my %m;
$t->wait_for(sub { %m = metrics(); ($m{layer_0} // 0) == 6 });

is($m{joins_total}, 3, 'joins');
is($m{publishers} + $m{subscribers}, 6, 'connections');
cmp_ok($m{keyframes_total}, '>=', 3, 'keyframes');
cmp_ok($m{keyframes_wanted_total}, '>=', 0, 'keyframes wanted');
is($m{layer_0} + $m{layer_1} + $m{layer_2}, 6, 'pictures by layer');
is($m{estimates}, 0, 'no estimate without transport-cc');
cmp_ok($m{residence_p50}, '>', 0, 'time in the media worker');
cmp_ok($m{residence_p99}, '>=', $m{residence_p50}, 'its tail');
is($m{drop_replay_total}, 0, 'nothing is replayed');
cmp_ok($m{nacks_unmet_total}, '<=', $m{nacks_in_total}, 'of them');

# afterwards

my %before = %m;

$call->stop();
ok($t->wait_for(sub {
    %m = metrics();
    $m{estimates} == 0 && $m{slots} == 0;
}, 20), 'gauges end with those they count');

my @fell = grep { $m{$_} < $before{$_} } grep { /_total$/ } sort keys %m;

is("@fell", '', 'counters do not fall');
is($m{joins_total}, 3, 'joins');


sub metrics {
    return $t->get(8080, '/metrics')->{body}
        =~ /^meet_media_(\w+)\{[^}]*\} (\d+)$/mg;
}
