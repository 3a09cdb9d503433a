#!/usr/bin/perl

# Rooms over REST: create, facts, join, delete.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::More;

my $t = Test::Meet->new()->plan(34)->write_conf(<<'EOC');
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

# deletion

my $path = "/api/v1/rooms/$room->{room}";

is_problem($t->http(8080, 'DELETE', $path), 401, 'not-authorized');
is_problem($t->http(8080, 'DELETE', $path, token => $token), 403,
    'forbidden');
is_problem($t->http(8080, 'DELETE', '/api/v1/rooms/class-7b',
    token => $owner), 401, 'not-authorized');
$r = $t->http(8080, 'DELETE', $path, token => $owner);
is($r->{status} . $r->{body}, '204', 'delete');
is_problem($t->http(8080, 'GET', $path), 404, 'no-room');
is_problem($t->join_room(8080, $room, 'owner', 'Late'), 404, 'no-room');
is_problem($t->http(8080, 'DELETE', $path, token => $owner), 404, 'no-room');

# another room of that name is another room

my $again = $t->create_room(8080, name => $room->{room});
isnt($again->{incarnation}, $room->{incarnation}, 'new incarnation');
is_problem($t->http(8080, 'DELETE', $path, token => $owner), 401,
    'not-authorized');


sub create {
    my (%fields) = @_;

    return $t->http(8080, 'POST', '/api/v1/rooms', body => {
        key_id => Test::Meet::b64u('12345678'), invites => [ $a ], %fields });
}

sub is_problem {
    my ($answer, $status, $name) = @_;

    is("$answer->{status} $answer->{type}", "$status /problems/$name", $name);
}
