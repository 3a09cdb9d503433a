#!/usr/bin/perl

# The lobby: who waits learns nothing but that, is seen by those who may let
# people in, and needs to wait only once.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new()->plan(33);

$t->serve(workers => 2);

my $room = $t->create_room(8080);
my $owner = session('owner', 'Olga');
my $alice = session('class', 'Alice');

is(lobby(JSON::PP::true)->{status}, 200, 'lobby on');
ok($alice->read('settings')->{room}{lobby}, 'who is in stays in');

# somebody comes

my $bob = session('class', 'Bob', quiet => 1);
my $w = $bob->{ws}->read();

is($w->{type}, 'waiting', 'waits');
is(join(',', sort keys %$w), 'participant,time_ms,type', 'and learns no more');

my $l = waiting(1);

is($l->{waiting}[0]{name}, 'Bob', 'the owner sees who');
is($l->{waiting}[0]{id}, $w->{participant}, 'and the id');
is($alice->ask({ type => 'ping' })->{type}, 'pong', 'the others');
ok(!grep({ $_->{type} eq 'lobby' } @{ $alice->{seen} || [] }), 'do not');

# has no say, and hears nothing of the room

is($bob->ask({ type => 'ping' })->{type}, 'pong', 'may ping');
is($bob->ask({ type => $_->[0], %{ $_->[1] } })->{error}, 'forbidden',
    "$_->[0]: not yet") for
    [ log => { channel => 'chat', after => 0 } ],
    [ post => { channel => 'chat',
        body => Test::Meet::Session::sealed('x') } ],
    [ state => { muted => [] } ],
    [ tell => { to => $alice->{id}, body => 'x' } ],
    [ view => { sources => [] } ];
is($alice->post('private')->{type}, 'posted', 'the room talks');

# a word to those who wait, by those who may

is($owner->ask({ type => 'tell', to => 'lobby', body => 'soon' })->{type},
    'done', 'a word to the lobby');
$w = $bob->{ws}->read();
is("$w->{type} $w->{body}", 'told soon', 'is all that comes');
is($alice->ask({ type => 'tell', to => 'lobby', body => 'hi' })->{error},
    'forbidden', 'not by everybody');
is($alice->ask({ type => 'moderate', verb => 'admit' })->{error}, 'forbidden',
    'who do not admit either');

# admitted, on the same socket

is($owner->ask({ type => 'moderate', verb => 'admit',
    target => $l->{waiting}[0]{id} })->{type}, 'done', 'admitted');
ok($bob->welcomed(), 'welcome');
is($bob->{snapshot}{total}, 3, 'and the roster');
is($bob->ask({ type => 'log', channel => 'chat', after => 0 })->{last}, 1,
    'and what was said');

# once is enough: the token of `welcome` says so

$bob->send({ type => 'leave' });
$bob->{ws}->read_close();
$bob->connect();
is($bob->{welcome}{type}, 'welcome', 'comes in again at once');

# rejected

my $carl = session('class', 'Carl', quiet => 1);

is($carl->{ws}->read()->{type}, 'waiting', 'another waits');
waiting(1);
is($owner->ask({ type => 'moderate', verb => 'reject' })->{type}, 'done',
    'all who wait are rejected');
is($carl->{ws}->read('end')->{reason}, 'rejected', 'told');
is($carl->{ws}->read_close(), 4005, 'and closed');

# who gives up waiting is gone; the others come in when the lobby is closed

my $dan = session('class', 'Dan', quiet => 1);
my $eve = session('class', 'Eve', quiet => 1);

is($_->{ws}->read()->{type}, 'waiting', 'waits') for $dan, $eve;
waiting(2);
$dan->cut();
is(waiting(1)->{waiting}[0]{name}, 'Eve', 'one gives up');
is(lobby(JSON::PP::false)->{status}, 200, 'lobby off');
ok($eve->welcomed(), 'the other is in');


sub session {
    my ($as, $name, %o) = @_;

    return Test::Meet::Session->new($t, 8080, $room, $as, $name, %o);
}


sub lobby {
    my ($on) = @_;

    return $t->http(8080, 'PATCH', "/api/v1/rooms/$room->{room}",
        body => { lobby => $on }, token => $owner->{token});
}


# the list of that length, as the owner sees it
sub waiting {
    my ($n) = @_;

    while (my $m = $owner->read('lobby')) {
        return $m if @{ $m->{waiting} } == $n;
    }

    return { waiting => [ {} ] };
}
