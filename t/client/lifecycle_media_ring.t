#!/usr/bin/perl

# One nginx worker stands still for 5 s while others chat more than its ring
# and the tail of the room can hold.  Nobody else notices; when it goes on,
# its clients have the whole order of events, and only levels were shed.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;

my $t = Test::Meet->new()->plan(10)->write_conf(<<'EOC', workers => 2);
    server {
        listen 127.0.0.1:%%PORT_8080%% reuseport;
        location / { meet_api; }
        location /healthz { meet_health; }
        location /metrics { meet_metrics; }
    }
EOC
$t->run(ready => { port => 8080, path => '/healthz' });

sub metric {
    my ($name) = @_;

    my ($value) = $t->get(8080, '/metrics')->{body} =~ /^$name\S* (\d+)$/m;

    return $value;
}

my $base = 'http://127.0.0.1:' . $t->port(8080);
my $room = Test::Meet::Native->create("$base/");
my $link = "$base/$room->{room}#$room->{password}";
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 8,
    '--count', 8, $link);

is(scalar $call->wait_event('first-packet', 8, 15), 8, 'a call');

# who gets an answer while one worker stands still is with the other one

my ($stopped) = $t->worker_pids();
kill 'STOP', $stopped;

$call->tell({ cmd => 'reset' });
$call->tell({ cmd => 'send', who => $_,
    message => { type => 'ping', id => 1000 + $_ } }) for 0 .. 7;
$call->tell({ cmd => 'chat', who => $_, text => "who is there? $_" })
    for 0 .. 7;
$call->run_for(1);

my %awake = map { $_->{who} => 1 } $call->events(
    sub { $_[0]{event} eq 'chat' });
my ($speaker) = sort keys %awake;

SKIP: {
    skip 'all clients are with one worker', 9
        if !%awake || keys %awake == 8;

    # about 2 MB of it, so that neither ring nor tail can hold it

    my $size = int(1_600_000 / 90 / keys %awake);
    my $lines = 0;

    for my $n (1 .. 90) {
        for my $who (sort keys %awake) {
            $call->tell({ cmd => 'chat', who => $who + 0,
                text => 'x' x $size })->run_for(0.01);
            $lines++;
        }
    }

    ok($t->wait_for(sub {
        $call->run_for(0.2);
        my @heard = $call->events(sub { $_[0]{event} eq 'chat'
            && $_[0]{who} == $speaker && length $_[0]{chat}{text} == $size });
        return @heard == $lines;
    }, 10), "$lines lines for those who are awake");

    my $sum = Test::Meet::Native->sums($call->report());
    is($sum->{missing}, 0, 'and media for everybody');

    kill 'CONT', $stopped;

    # the last line reaches all

    $call->tell({ cmd => 'chat', who => $speaker + 0,
        text => 'the last line' });

    ok($t->wait_for(sub {
        $call->run_for(0.2);
        my %all = map { $_->{who} => 1 } $call->events(sub {
            $_[0]{event} eq 'chat' && $_[0]{chat}{text} eq 'the last line' });
        return keys %all == 8;
    }, 15), 'the last line reaches everybody');

    my $report = $call->report();
    $sum = Test::Meet::Native->sums($report);
    is($sum->{event_gaps}, 0, 'no event out of order');
    is($sum->{missing}, 0, 'still no packet missing');
    is($sum->{offers}, 16, 'nobody had to offer again');

    my @again = grep { $_->{snapshots} > 1 } @{ $report->{participants} };
    is(scalar @again, 8 - keys %awake, 'a snapshot for who was asleep only');

    ok($t->wait_for(sub { metric('meet_media_records_shed_total') > 0 }, 3),
        'levels were shed, and counted');
    is(metric('meet_media_records_bad_total'), 0, 'nothing was malformed');
}

$call->stop();
