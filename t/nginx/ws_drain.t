#!/usr/bin/perl

# A reload announces itself, closes with 1012 and releases the old worker; the
# room goes on.  Neither silent nor vanished clients hold a worker.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;
use Time::HiRes qw/ time /;

my $t = Test::Meet->new()->plan(25);
$t->serve(workers => 2);

my $room = $t->create_room(8080);
my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');

for my $round (1 .. 3) {
    my $bob = Test::Meet::Session->new($t, 8080, $room, 'owner', "Bob $round");
    my $silent = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');
    my $gone = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');
    CORE::close($gone->{s});

    my @old = $t->worker_pids();
    my $start = time();

    $t->reload();

    ok($alice->{ws}->read('moving', 1), "$round: announced at once");
    is($silent->read_close(1), 1012, "$round: closed without a session");

    # Alice moves; Bob's page does nothing at all

    my $before = $alice->{ws};
    $alice->connect(resume => $alice->resume());
    is($before->read_close(2), 4006, "$round: replaced by the new socket");

    is($bob->{ws}->read_close(3), 1012, "$round: closed after a while");
    ok($bob->{ws}->read_eof(2), "$round: connection closed");

    my $left = grep { !$t->wait_exit($_, 4) } @old;
    my $took = time() - $start;

    is($left, 0, "$round: old workers are gone");
    cmp_ok($took, '<', 3.2, "$round: in time");

    $alice->{ws}->send({ type => 'ping', id => $round });
    is($alice->{ws}->read('pong')->{re}, $round, "$round: the room goes on");
}

# at the end of worker_shutdown_timeout nothing is waited for

my @old = $t->worker_pids();
my $conf = $t->read_file('nginx.conf');
$conf =~ s/^pid /worker_shutdown_timeout 100ms;\npid /m;
$t->write_file('nginx.conf', $conf);
$t->reload();

my @new = $t->worker_pids();
my $bob = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Bob');
my $start = time();
$t->reload();
$t->wait_exit($_, 4) for @new;
cmp_ok(time() - $start, '<', 1.2, 'cut by worker_shutdown_timeout');
