#!/usr/bin/perl

# A reload during a call: the client is told, comes to the new worker first,
# and misses nothing.  A killed nginx worker is no more than a lost socket.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new()->plan(32);

$t->serve();

my $room = $t->create_room(8080);
my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my $bob = Test::Meet::Session->new($t, 8080, $room, 'class', 'Bob');

$alice->read('joined');

my $number = $alice->{welcome}{number};
my $epoch = $alice->{epoch};

for my $round (1 .. 3) {
    my ($old) = $t->worker_pids();

    $t->reload();

    ok($_->read('moving'), "moving, $round") for $alice, $bob;

    # one goes at once, the other waits until it is closed

    my $before = $alice->{ws};

    $alice->connect(resume => $alice->resume());
    ok($alice->{welcome}{resumed}, "resumed, $round");
    is($before->read_close(), 4006, "the old socket is replaced, $round");
    $before->send_frame(8, pack 'n', 1000);
    is($alice->post("while moving $round")->{type}, 'posted',
        "posts at once, $round");

    is($bob->{ws}->read_close(), 1012, "service restart, $round");
    $bob->{ws}->send_frame(8, pack 'n', 1012);
    $bob->connect(resume => $bob->resume());
    ok($bob->{welcome}{resumed}, "resumed after the close, $round");

    ok($t->wait_exit($old, 5), "the old worker leaves, $round");
}

is($alice->{welcome}{number}, $number, 'still the same participant');
is($alice->{epoch}, $epoch, 'in the same room');

my $late = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Late');

is($late->{snapshot}{total}, 3, 'nobody was lost, nobody is double');

# everything that happened came to Bob, in order, once

my @bodies = map { $_->{body} } @{ $late->ask({ type => 'log',
    channel => 'chat', after => 0 })->{entries} };

is(scalar @bodies, 3, 'three entries');

# a worker is killed

kill 'KILL', $t->worker_pids();
$t->{alert_ok} = qr/worker process \d+ exited on signal 9/;

ok($alice->{ws}->read_eof(), 'cut off');
ok($t->ready({ port => 8080, path => '/healthz' }), 'a new worker attaches');
$alice->connect(resume => $alice->resume());
ok($alice->{welcome}{resumed}, 'resumed');
is($alice->{welcome}{number}, $number, 'and still the same');
