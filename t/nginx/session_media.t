#!/usr/bin/perl

# The media worker dies, hangs, or comes back under another supervisor:
# sessions stay open and are registered again, nginx is never held up.

use warnings;
use strict;

use FindBin;
use Test::More;
use Time::HiRes qw/ time /;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new()->plan(36);

$t->serve(workers => 2);

my $room = $t->create_room(8080);
my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my $bob = Test::Meet::Session->new($t, 8080, $room, 'class', 'Bob');
my ($a, $b, $epoch) = ($alice->{id}, $bob->{id}, $alice->{epoch});

is($alice->post('before')->{type}, 'posted', 'before');
is($alice->ask({ type => 'state', name => 'Anna' })->{type}, 'done', 'renamed');

# it dies: everybody is registered with the next one

kill 'KILL', media_workers();

for my $s ($alice, $bob) {
    ok($s->welcomed(10), 'welcomed again on the same socket');
    ok(!$s->{welcome}{resumed}, 'a new life of the room');
    ok(!$s->{welcome}{publish}, 'media has to be offered anew');
    cmp_ok($s->{epoch}, '>', $epoch, 'epoch');
    is($s->{snapshot}{total}, 2, 'everybody is there');
}

is($alice->{epoch}, $bob->{epoch}, 'both in the same');
is($alice->{id} . $bob->{id}, $a . $b, 'under their old ids');
is(join(',', sort map { $_->{name} } @{ $bob->{snapshot}{participants} }),
    'Anna,Bob', 'and their last names');
is($bob->post('after')->{type}, 'posted', 'chat goes on');
is($alice->read('entry')->{entry}{sequence}, 2, 'in the same log');

my $late = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Late');

is($late->{epoch}, $alice->{epoch}, 'who comes later finds them');

# it is stopped: requests to it time out, everything else goes on

my ($media) = media_workers();

kill 'STOP', $media;

my $start = time();

$alice->send({ type => 'state', muted => [ 'mic' ], id => 4000 });
is($alice->ask({ type => 'ping' })->{type}, 'pong', 'sockets answer');
is($t->get(8080, "/api/v1/rooms/$room->{room}")->{status}, 200, 'REST, too');
is($t->join_room(8080, $room, 'class', 'Carl')->{status}, 200, 'and joining');
is($alice->ask({ type => 'log', channel => 'chat', after => 0 })->{last}, 2,
    'and the log');
is($bob->post('on disk')->{type}, 'posted', 'and writing');
cmp_ok(time() - $start, '<', 2, 'without delay');

my $m = $alice->read('error', 15);

ok($m && $m->{re} == 4000 && $m->{error} =~ /^(timeout|unavailable)$/,
    'the request itself is given up');

# the supervisor replaces it; what could not be announced is announced then

ok($alice->welcomed(20), 'welcomed by its successor');

$m = $alice->read('entry', 10);
is($m->{entry}{sequence}, 3, 'late, but announced');
ok(!kill(0, $media) || stopped_gone($media), 'the hanging one is gone');

# the supervisor is stopped: nothing is to be noticed

kill 'STOP', $t->{pids}{media};
$start = time();
is($alice->ask({ type => 'ping' })->{type}, 'pong', 'sockets answer');
is($alice->post('more')->{type}, 'posted', 'chat');
is($t->get(8080, "/api/v1/rooms/$room->{room}")->{status}, 200, 'REST');
cmp_ok(time() - $start, '<', 2, 'without delay');
kill 'CONT', $t->{pids}{media};

# all of meet-media is restarted

$t->stop('media');
is($alice->ask({ type => 'state', muted => [] })->{error}, 'unavailable',
    'nobody there');
is($alice->ask({ type => 'ping' })->{type}, 'pong', 'the socket stays');
$t->run_media();
ok($alice->welcomed(20), 'welcomed by the new one');
is($alice->ask({ type => 'state', muted => [] })->{type}, 'done', 'and heard');


sub media_workers {
    return $t->wait_for(sub { $t->children($t->{pids}{media}) })
        ? $t->children($t->{pids}{media}) : ();
}


sub stopped_gone {
    my ($pid) = @_;

    return $t->wait_for(sub { !kill 0, $pid }, 5);
}
