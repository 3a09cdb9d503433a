#!/usr/bin/perl

# A reload with another number of media workers and other ports: the call that
# runs finishes undisturbed where it is, new rooms go to new workers, and the
# old worker leaves with its last call.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;

my $t = Test::Meet->new()->plan(13);
my ($first) = split /-/, $t->media_ports();
my $conf = <<'EOC';
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
        location /healthz { meet_health; }
        location /metrics { meet_metrics; }
    }
EOC

sub meet {
    my ($workers, $from, $to) = @_;

    return <<"EOC";
    meet_store          %%TESTDIR%%/store;
    meet_run            %%TESTDIR%%/run;
    meet_key            %%TESTDIR%%/key;
    meet_media_workers  $workers;
    meet_media_ports    $from-$to;
    meet_media_listen   127.0.0.1;
EOC
}

# worker="..",port=".." => value of one metric
sub metric {
    my ($name) = @_;
    my $text = $t->get(8080, '/metrics')->{body};

    return { $text =~ /^$name\{worker="\d+",port="(\d+)"\} (\d+)$/mg };
}

$t->write_conf($conf, meet => meet(1, $first, $first + 1));
$t->run(ready => { port => 8080, path => '/healthz' });

my $base = 'http://127.0.0.1:' . $t->port(8080);
my @media = ('--publish', 'mic,cam', '--pairs', 3, '--count', 3);
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new(@media,
    "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');
$call->run_for(1)->tell({ cmd => 'reset' });

my ($old) = $t->children($t->{pids}{media});

$t->write_conf($conf, meet => meet(2, $first + 2, $first + 7));
$t->reload();

ok($t->wait_for(sub { $t->children($t->{pids}{media}) == 3 }, 5),
    'two new workers beside the old one');
ok($t->wait_for(sub { keys %{ metric('meet_media_rooms') } == 3 }, 5),
    'nginx knows all three');

my $rooms = metric('meet_media_rooms');
my ($port) = grep { $_ <= $first + 1 } keys %$rooms;
is($rooms->{$port}, 1, 'the call is where it was');

my $other = Test::Meet::Native->create("$base/");
my $young = Test::Meet::Native->new(@media,
    "$base/$other->{room}#$other->{password}");
is(scalar $young->wait_event('first-packet', 3, 15), 3, 'another call');

ok($t->wait_for(sub {
    $rooms = metric('meet_media_rooms');
    return 1 == grep { $_ > $first + 1 && $rooms->{$_} == 1 } keys %$rooms;
}, 3), 'on a new worker');

$call->run_for(2);
my $sum = Test::Meet::Native->sums($call->report());
is($sum->{missing}, 0, 'no packet missing');
is($sum->{doubled}, 0, 'no packet doubled');
is($sum->{offers}, 6, 'nobody had to offer again');

# somebody may still come into the old call

my $late = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 4,
    "$base/$room->{room}#$room->{password}");
is(scalar $late->wait_event('first-packet', 1, 10), 1, 'a late one joins it');

ok(kill(0, $old), 'the old worker stays as long as the call');

$late->tell({ cmd => 'leave' });
$call->tell({ cmd => 'leave' });
$_->stop() for $late, $call;
ok($t->wait_exit($old, 10), 'and leaves with it');

$young->tell({ cmd => 'reset' })->run_for(1);
$sum = Test::Meet::Native->sums($young->report());
is($sum->{missing}, 0, 'the other call goes on');
$young->stop();
