#!/usr/bin/perl

# Rooms over REST: create, facts, join, change, delete.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::More;

my $t = Test::Meet->new()->plan(44)->write_conf(<<'EOC');
    meet_participants 40;
    meet_token_lifetime 1h;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
    }
EOC
$t->run();

# creation

my $room = $t->create_room(8080);
my $r = $room->{answer};

like($room->{room}, qr/^[2-9a-hjkmnp-z]{4}(-[2-9a-hjkmnp-z]{4}){2}$/,
    'name made');
like($room->{incarnation}, qr/^[\w-]{22}$/, 'incarnation');
is($r->{headers}{location}, "/api/v1/rooms/$room->{room}", 'location');
is($r->{headers}{'cache-control'}, 'no-store', 'not cached');
is(scalar @{ $r->{json}{invites} }, 2, 'invites');
like($r->{json}{invites}[0]{invite}, qr/^[0-9a-f]{16}$/, 'invite id');
cmp_ok($r->{json}{expires}, '>', time() + 29 * 86400, 'expires when idle');

my $named = $t->create_room(8080, name => 'class-7b', expires => time() + 99);
is($named->{room}, 'class-7b', 'name chosen');
is($named->{answer}{json}{expires}, time() + 99, 'absolute end')
    or diag(time());

my ($a) = $t->invite('owner', 'owner');
$r = create(name => 'class-7b');
is_problem($r, 409, 'name-taken');

# facts

$r = $t->http(8080, 'GET', '/api/v1/rooms/class-7b');
is($r->{status}, 200, 'facts');
is_deeply([ sort keys %{ $r->{json} } ], [ 'invites', 'room' ],
    'and no more');
my ($password) = grep { $_->{kind} eq 'password' } @{ $r->{json}{invites} };
is($password->{kdf}{rounds}, 300000, 'kdf of the password');
unlike($r->{body}, qr/auth|wrapped|verifier/, 'no secret');

$r = $t->http(8080, 'HEAD', '/api/v1/rooms/class-7b');
is($r->{status} . $r->{body}, '200', 'head');

is_problem($t->http(8080, 'GET', '/api/v1/rooms/none'), 404, 'no-room');

# join

$r = $t->join_room(8080, $room, 'class', "  J\x{f6}rg \x{270b} ");
is($r->{status}, 200, 'join');
is($r->{json}{role}, 'participant', 'role');
like($r->{json}{participant}, qr/^[0-9a-f]{16}$/, 'participant');
like($r->{json}{token}, qr/^[\w-]{100,560}$/, 'token');
ok(abs($r->{json}{expires} - time() - 3600) < 5, 'token expires');
my $token = $r->{json}{token};

$r = $t->join_room(8080, $room, 'owner', 'Owner');
is($r->{json}{role}, 'owner', 'owner joins');
my $owner = $r->{json}{token};

my %wrong = (%$room, class => { %{ $room->{class} },
    auth => $named->{class}{auth} });
is_problem($t->join_room(8080, \%wrong, 'class', 'Eve'), 403, 'wrong-secret');
%wrong = (%$room, class => $named->{class});
is_problem($t->join_room(8080, \%wrong, 'class', 'Eve'), 403, 'wrong-secret');
%wrong = (%$room, room => 'none');
is_problem($t->join_room(8080, \%wrong, 'class', 'Eve'), 404, 'no-room');

# change

my $path = "/api/v1/rooms/$room->{room}";

$r = patch({ locked => JSON::PP::true(), participants => 30 });
is($r->{status}, 200, 'patch');
ok($r->{json}{locked}, 'locked');
is($r->{json}{participants}, 30, 'participants');
is_problem($t->join_room(8080, $room, 'class', 'Late'), 403, 'room-locked');
is($t->join_room(8080, $room, 'owner', 'Late')->{status}, 200,
    'owners come in');
is(patch({ locked => JSON::PP::false(), expires => undef })->{status}, 200,
    'unlock');

is_problem(patch({ participants => 41 }), 400, 'bad-request');
is_problem(patch({ locked => JSON::PP::true() }, $token), 403, 'forbidden');
is_problem(patch({ locked => JSON::PP::true() }, "x$owner"), 401,
    'not-authorized');
is_problem($t->http(8080, 'PATCH', '/api/v1/rooms/class-7b',
    body => { locked => JSON::PP::true() }, token => $owner), 401,
    'not-authorized');

# a new password: what was made with the old one is void

my ($class, $class_auth) = $t->invite('password', 'participant');
my ($boss, $boss_auth) = $t->invite('owner', 'owner');
$r = patch({ key_id => Test::Meet::b64u('12345678'),
    invites => [ $class, $boss ] });
is($r->{status}, 200, 'new password');
is_problem($t->join_room(8080, $room, 'class', 'Old'), 403, 'wrong-secret');
is_problem(patch({ locked => JSON::PP::true() }), 401, 'not-authorized');

$room->{owner} = { invite => $r->{json}{invites}[1]{invite},
    auth => $boss_auth };
$owner = $t->join_room(8080, $room, 'owner', 'Owner')->{json}{token};

# deletion

is_problem($t->http(8080, 'DELETE', $path), 401, 'not-authorized');
$r = $t->http(8080, 'DELETE', $path, token => $owner);
is($r->{status} . $r->{body}, '204', 'delete');
is_problem($t->http(8080, 'GET', $path), 404, 'no-room');
is_problem($t->join_room(8080, $room, 'owner', 'Late'), 404, 'no-room');
is_problem($t->http(8080, 'DELETE', $path, token => $owner), 404, 'no-room');

# another room of that name is another room

my $again = $t->create_room(8080, name => $room->{room});
isnt($again->{incarnation}, $room->{incarnation}, 'new incarnation');


sub create {
    my (%fields) = @_;

    return $t->http(8080, 'POST', '/api/v1/rooms', body => {
        key_id => Test::Meet::b64u('12345678'), invites => [ $a ], %fields });
}

sub patch {
    my ($body, $as) = @_;

    return $t->http(8080, 'PATCH', $path, body => $body,
        token => $as || $owner);
}

sub is_problem {
    my ($answer, $status, $name) = @_;

    is("$answer->{status} $answer->{type}", "$status /problems/$name", $name);
}
