#!/usr/bin/perl

# Chat: on disk before anybody hears of it, one order for all, history for
# those who come late.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new()->plan(31);

$t->serve(workers => 2);

my ($viewer, $viewer_auth) = $t->invite('password', 'viewer');
my ($owner, $owner_auth) = $t->invite('owner', 'owner');
my $r = $t->http(8080, 'POST', '/api/v1/rooms', body => {
    key_id => Test::Meet::b64u('12345678'), invites => [ $viewer, $owner ] });
my $room = { room => $r->{json}{room}, api => '/api/v1',
    class => { invite => $r->{json}{invites}[0]{invite},
        auth => $viewer_auth },
    owner => { invite => $r->{json}{invites}[1]{invite},
        auth => $owner_auth } };

my $alice = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Alice');
my $bob = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Bob');
my $vera = Test::Meet::Session->new($t, 8080, $room, 'class', 'Vera');

# who may not write reads all the same

is($vera->post('x')->{error}, 'forbidden', 'viewers do not write');

# an entry

my $before = int(time() * 1000);
my $m = $alice->post('one');

is($m->{type}, 'posted', 'posted');
is($m->{channel}, 'chat', 'channel');
is($m->{sequence}, 1, 'first of the log');
cmp_ok($m->{time_ms}, '>=', $before - 1000, 'time');

my $e = $bob->read('entry');

is($e->{channel}, 'chat', 'entry of the chat');
is($e->{entry}{sequence}, 1, 'the same sequence');
is($e->{entry}{sender}, $alice->{id}, 'sender');
is($e->{entry}{number}, $alice->{welcome}{number}, 'number');
is($e->{entry}{body}, Test::Meet::Session::sealed('one'), 'body');
is($vera->read('entry')->{entry}{sequence}, 1, 'viewers hear of it');
is($alice->read('entry')->{entry}{sequence}, 1, 'and who wrote it');

# both at once: one order

for my $n (1 .. 10) {
    $_->send({ type => 'post', channel => 'chat',
        body => Test::Meet::Session::sealed("$n") }) for $alice, $bob;
}

my @seen = map { my $s = $_; [ map { $s->read('entry')->{entry} } 1 .. 20 ] }
    $alice, $bob, $vera;

is_deeply([ map { $_->{sequence} } @{ $seen[0] } ], [ 2 .. 21 ],
    'no gap, no double, in order');
is_deeply($seen[1], $seen[0], 'the same for the second');
is_deeply($seen[2], $seen[0], 'and the third');

# history

my $late = Test::Meet::Session->new($t, 8080, $room, 'class', 'Late');

$m = $late->ask({ type => 'log', channel => 'chat', after => 0 });
is($m->{type}, 'log', 'log');
is($m->{last}, 21, 'newest');
is_deeply([ map { $_->{sequence} } @{ $m->{entries} } ], [ 1 .. 21 ],
    'all of it');
is_deeply([ map { $_->{body} } @{ $m->{entries} }[1 .. 20] ],
    [ map { $_->{body} } @{ $seen[0] } ], 'as everybody heard it');
is($m->{entries}[0]{sender}, $alice->{id}, 'with senders');

$m = $late->ask({ type => 'log', channel => 'chat', after => 3, limit => 5 });
is_deeply([ map { $_->{sequence} } @{ $m->{entries} } ], [ 4 .. 8 ], 'a page');

$m = $late->ask({ type => 'log', channel => 'chat', after => 21 });
is_deeply($m->{entries}, [], 'nothing newer');
is($m->{last}, 21, 'newest is known all the same');

# long entries come in portions that a socket can hold

is($alice->post('x' x 36000)->{type}, 'posted', 'long entry') for 1 .. 4;

my @got;
my $after = 21;

for (1 .. 10) {
    $m = $late->ask({ type => 'log', channel => 'chat', after => $after });
    last unless @{ $m->{entries} };
    push @got, scalar @{ $m->{entries} };
    $after = $m->{entries}[-1]{sequence};
}

is($after, 25, 'all portions');
cmp_ok(scalar @got, '>', 1, 'several of them');

# bodies that no client would make

is($alice->ask({ type => 'post', channel => 'chat', body => 'AQ' })->{error},
    'bad-message', 'too short');
is($alice->ask({ type => 'post', channel => 'pad',
    body => Test::Meet::Session::sealed('x') })->{error}, 'bad-message',
    'unknown channel');
