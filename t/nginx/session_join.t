#!/usr/bin/perl

# From hello to the end of a session: who may come in, and who sees what.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new()->plan(38);

$t->serve();

my $room = $t->create_room(8080);

# somebody alone

my $alice = session('class', 'Alice');
my $w = $alice->{welcome};

is($w->{role}, 'participant', 'role of the invite');
is_deeply($w->{rights}, [qw/ mic cam screen chat tell /], 'rights');
is($w->{number}, 1, 'first number');
is($w->{incarnation}, $room->{incarnation}, 'incarnation');
is($w->{invite}, $room->{class}{invite}, 'invite');
is(length $w->{wrapped_key}, 80, 'wrapped key');
ok(!$w->{resumed}, 'not resumed');
ok(!$w->{publish} && !$w->{subscribe}, 'no media yet');
is($w->{limits}{message}, 65536, 'limits');
is(names($alice->{snapshot}), 'Alice', 'alone in the snapshot');
ok(!$alice->{snapshot}{room}{locked}, 'room is open');

# the second sees both, the first hears of the second

my $bob = session('class', "B\"\\\x{e4}");

is(names($bob->{snapshot}), "Alice,B\"\\\x{e4}", 'both in the snapshot');

my $m = $alice->read('joined');

is($m->{participant}{id}, $bob->{id}, 'joined');
is($m->{sequence}, $bob->{snapshot}{sequence}, 'one sequence for all');

# a room of its own hears nothing

my $other = Test::Meet::Session->new($t, 8080, $t->create_room(8080), 'owner',
    'Olga');

is(names($other->{snapshot}), 'Olga', 'other rooms are other rooms');

# leaving

$bob->send({ type => 'leave' });
is($bob->{ws}->read_close(), 1000, 'leave is answered with 1000');

$m = $alice->read('left');

is($m->{participant}, $bob->{id}, 'left');
is($m->{reason}, 'left', 'reason');
is($m->{number}, 2, 'number');

# a newer socket of the same participant replaces the older

my $again = session('class', 'Alice', token => $alice->{token});

is($again->{id}, $alice->{id}, 'same participant');
is($alice->read('end')->{reason}, 'replaced', 'the older is told');
is($alice->{ws}->read_close(), 4006, 'and closed');
ok($again->ask({ type => 'ping' })->{type} eq 'pong', 'the newer lives');
is(names($again->{snapshot}), 'Alice', 'still one person');

# what is no hello, and hellos that are not accepted

is(first('{"type":"ping"}'), 4001, 'another message first');
is(first('nonsense'), 4001, 'nonsense first');
is(first('{"type":"hello"}'), 4001, 'hello without token');
is(hello('x'), 4003, 'no token at all');
is(hello($again->{token} . 'A'), 4003, 'token too long');

my $forged = $again->{token};
substr $forged, -3, 1, substr($forged, -3, 1) eq 'A' ? 'B' : 'A';
is(hello($forged), 4003, 'forged token');

is($again->ask({ type => 'hello', token => $again->{token} })->{error},
    'bad-message', 'hello twice');

# a deleted room: everybody is told, tokens open nothing

my $owner = session('owner', 'Olga');
my $deleted = $t->http(8080, 'DELETE', "/api/v1/rooms/$room->{room}",
    token => $owner->{token});

is($deleted->{status}, 204, 'deleted');
is($owner->read('end')->{reason}, 'deleted', 'the owner is told');
is($owner->{ws}->read_close(), 4004, 'and closed');
is($again->read('end')->{reason}, 'deleted', 'the others are told');
is($again->{ws}->read_close(), 4004, 'and closed');
is(hello($again->{token}), 4004, 'its tokens are void');
is($other->ask({ type => 'ping' })->{type}, 'pong', 'other rooms live on');


sub session {
    my ($as, $name, %o) = @_;

    return Test::Meet::Session->new($t, 8080, $room, $as, $name, %o);
}


sub names {
    my ($snapshot) = @_;

    return join ',', map { $_->{name} } @{ $snapshot->{participants} };
}


sub first {
    my ($text) = @_;

    my $ws = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');

    $ws->send($text);

    return $ws->read_close();
}


sub hello {
    my ($token) = @_;

    return first(qq({"type":"hello","token":"$token"}));
}
