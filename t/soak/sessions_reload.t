#!/usr/bin/perl

# A thousand sessions in ten rooms go through a reload all at once.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;
use Time::HiRes qw/ time /;

use constant { ROOMS => 10, EACH => 100 };

my $t = Test::Meet->new();

$t->plan(9)->write_conf(<<'EOC', workers => 2);
    meet_connections  4000;
    server {
        listen  127.0.0.1:%%PORT_8080%% backlog=4096;
        location /api/ { meet_api; }
        location /healthz { meet_health; }
    }
EOC

$t->run(ready => { port => 8080, path => '/healthz' });

my @all;
my $start = time();

for (1 .. ROOMS) {
    my $room = $t->create_room(8080);

    push @all, map { Test::Meet::Session->new($t, 8080, $room, 'class',
        "P$_") } 1 .. EACH;

    # what the others' coming has caused, so that nobody is a slow reader

    for my $s (@all[-(EACH) .. -1]) {
        1 while ($s->{snapshot}{total} + ($s->{joined} // 0)) < EACH
            && $s->read('joined') && ++$s->{joined};
    }
}

is(scalar(grep { $_->{welcome} } @all), ROOMS * EACH, 'a thousand sessions');
diag(sprintf 'joined one by one in %.1f s', time() - $start);

my @old = $t->worker_pids();

$start = time();
kill 'HUP', $t->{pids}{nginx};

is(scalar(grep { $_->read('moving', 10) } @all), ROOMS * EACH,
    'all are told to move');

my $told = time() - $start;

# all come at once; each says hello before anybody reads

my $storm = time();

$_->{before} = $_->{ws} for @all;
$_->connect(quiet => 1, resume => $_->resume()) for @all;

my $connected = time() - $storm;
my @took;

for my $s (@all) {
    $s->welcomed(10);
    push @took, time() - $storm;
}

is(scalar(grep { $_->{welcome}{resumed} } @all), ROOMS * EACH,
    'all are resumed');
cmp_ok($took[-1], '<', 5, 'within five seconds');
is(scalar(grep { $_->{before}->read_close(5) > 0 } @all), ROOMS * EACH,
    'all old sockets are closed');
$_->{before}->send_frame(8, pack 'n', 1012) for @all;
ok($t->wait_for(sub { !grep { kill 0, $_ } @old }, 5), 'old workers are gone');

diag(sprintf '%d sessions: told after %.2f s, new sockets in %.2f s, the last'
    . ' welcome after %.2f s (one client process), old workers gone after'
    . ' %.2f s', scalar @all, $told, $connected, $took[-1], time() - $start);

# one speaks in each room, all hear it

is(scalar(grep { $all[$_ * EACH]->post('x')->{type} eq 'posted' }
    0 .. ROOMS - 1), ROOMS, 'somebody writes in each room');
is(scalar(grep { $_->read('entry', 10) } @all), ROOMS * EACH, 'all read it');

my $late = Test::Meet::Session->new($t, 8080,
    { api => $all[0]{api} }, undef, undef, token => $all[0]{token});

is($late->{snapshot}{total}, EACH, 'nobody was lost, nobody is double');
