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

$t->plan(17)->write_conf(<<'EOC');
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
        location = /healthz { meet_health; }
        location = /metrics { meet_metrics rooms; }
    }
EOC
$t->run(ready => { port => 8080, path => '/healthz' });

my $base = 'http://127.0.0.1:' . $t->port(8080);
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

# of the one room: the same figures, and they stay when one of it leaves

my %r = room();
is($r{participants}, 3, 'the room');
cmp_ok($r{packets_out_total}, '>', 0, 'its packets');

# afterwards

my %before = %m;

$call->tell({ cmd => 'leave', who => 0 });
$t->wait_for(sub { (room())[0] && { room() }->{participants} == 2 }, 10);

my %left = room();
my @less = grep { $left{$_} < $r{$_} } grep { /_total$/ } sort keys %r;
is("@less", '', 'counters of the room do not fall');

$call->stop();
ok($t->wait_for(sub {
    %m = metrics();
    $m{estimates} == 0 && $m{slots} == 0;
}, 20), 'gauges end with those they count');

my @fell = grep { $m{$_} < $before{$_} } grep { /_total$/ } sort keys %m;

is("@fell", '', 'counters do not fall');
is($m{joins_total}, 3, 'joins');


sub room {
    return $t->get(8080, '/metrics')->{body}
        =~ /^meet_room_(\w+)\{[^}]*\} (\d+)$/mg;
}


sub metrics {
    return $t->get(8080, '/metrics')->{body}
        =~ /^meet_media_(\w+)\{[^}]*\} (\d+)$/mg;
}
