#!/usr/bin/perl

# nginx is away for longer than anybody may be absent: the call goes on, who
# has left media ends, everybody else resumes as if nothing had been.  Then
# an nginx worker is stopped in the middle: nobody else notices.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;

my $t = Test::Meet->new()->plan(12)->write_conf(<<'EOC', workers => 2);
    meet_absence 2s;

    server {
        listen 127.0.0.1:%%PORT_8080%% reuseport;
        location / { meet_api; }
        location /healthz { meet_health; }
    }
EOC
$t->run(ready => { port => 8080, path => '/healthz' });

my $base = 'http://127.0.0.1:' . $t->port(8080);
my $room = Test::Meet::Native->create("$base/");
my $link = "$base/$room->{room}#$room->{password}";
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 3,
    '--count', 3, $link);

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');

# one without media, who has nothing but the socket

my $mute = Test::Meet::Native->new('--name', 'mute', $link);
ok($mute->wait_event('welcome'), 'and a reader');

$call->run_for(1)->tell({ cmd => 'reset' });

$t->stop('nginx', 'TERM');
$mute->stop();
$call->run_for(6);

my $sum = Test::Meet::Native->sums($call->report());

cmp_ok($sum->{packets}, '>', 3 * 2 * 6 * 50, 'media without nginx');
is($sum->{$_}, 0, "$_: none") for qw/ missing doubled wrong_source /;

$t->run(no_media => 1);
is(scalar $call->wait_event('welcome', 6, 15), 6, 'all are back');

my $late = Test::Meet::Native->new('--name', 'late', $link);
my ($snapshot) = $late->wait_event('snapshot', 1);

is($snapshot->{others}, 3, q(who has just come sees three));

$call->run_for(1);
$sum = Test::Meet::Native->sums($call->report());
is($sum->{missing}, 0, 'no packet missing');
is($sum->{offers}, 6, 'nobody had to offer again');

# a stopped nginx worker: its own sessions stand still, media does not

my ($stopped) = $t->worker_pids();
kill 'STOP', $stopped;
$call->run_for(3);
$sum = Test::Meet::Native->sums($call->report());
is($sum->{missing}, 0, 'no packet missing beside a stopped worker');
kill 'CONT', $stopped;

$call->tell({ cmd => 'chat', who => $_, text => "line of $_" }) for 0 .. 2;
is(scalar $call->wait_event('chat', 9), 9, 'chat afterwards');

$late->stop();
$call->stop();
