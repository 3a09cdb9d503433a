#!/usr/bin/perl

# Every documented error of the REST interface, and that nginx lives on.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use Test::Meet;
use Test::More;

my $t = Test::Meet->new()->write_conf(<<'EOC');
    meet_rooms 3;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / {
            meet_api;
            meet_origins https://school.example https://lms.example:8443;
        }
    }
EOC

my $rooms = '/api/v1/rooms';
my ($class) = $t->invite('password', 'participant');
my ($owner) = $t->invite('owner', 'owner');

my $good = { key_id => Test::Meet::b64u('12345678'),
    invites => [ $class, $owner ] };

# what is wrong with a room to be created: field changed => detail

my @bad = (
    [ { name => 'Class' }, 'name' ],
    [ { name => 'ab' }, 'name' ],
    [ { name => 'a' x 65 }, 'name' ],
    [ { name => 'api' }, 'name' ],
    [ { name => 5 }, 'name' ],
    [ { key_id => 'AAAA' }, 'key_id' ],
    [ { key_id => '!' x 11 }, 'key_id' ],
    [ { key_id => undef }, 'key_id' ],
    [ { expires => 1 }, 'expires' ],
    [ { expires => -1 }, 'expires' ],
    [ { expires => 1e300 }, 'expires' ],
    [ { expires => '2000000000' }, 'expires' ],
    [ { invites => {} }, 'invites' ],
    [ { invites => [] }, 'invites' ],
    [ { invites => [ $class ] }, 'invites' ],
    [ { invites => [ ($owner) x 9 ] }, 'invites' ],
    [ { invites => [ 5 ] }, 'object' ],
    [ with(auth => 'AAAA'), 'auth' ],
    [ with(auth => undef), 'auth' ],
    [ with(role => 'boss'), 'invites.role' ],
    [ with(kind => 'phone'), 'invites.kind' ],
    [ with(kind => 'owner'), 'invites.kind' ],
    [ with(kdf => undef), 'invites.kind' ],
    [ with(kdf => { %{ $class->{kdf} }, rounds => 99999 }), 'invites.kdf' ],
    [ with(kdf => { %{ $class->{kdf} }, rounds => 5000001 }),
        'invites.kdf' ],
    [ with(kdf => { %{ $class->{kdf} }, name => 'MD5' }),
        'invites.kdf.name' ],
    [ with(kdf => { %{ $class->{kdf} }, salt => 'AAAA' }), 'invites.kdf' ],
    [ with(wrapped_key => Test::Meet::b64u('x' x 59)), 'wrapped_key' ],
    [ with(more => 1), 'unknown field' ],
    [ { extra => 1 }, 'unknown field' ],
);

my @join = (
    [ { invite => 'x' }, 'invite' ],
    [ { invite => 5 }, 'invite' ],
    [ { auth => 'AAAA' }, 'auth' ],
    [ { name => '' }, 'name' ],
    [ { name => '   ' }, 'name' ],
    [ { name => 'x' x 65 }, 'name' ],
    [ { name => "a\nb" }, 'name' ],
    [ { name => "a\x{202e}b" }, 'name' ],
    [ { name => [] }, 'name' ],
    [ { role => 'owner' }, 'unknown field' ],
);

my @texts = (
    [ '', 'empty' ], [ '{', 'cut off' ], [ '[]', 'no object' ],
    [ '"x"', 'a string' ], [ '{"name":"a","name":"b"}', 'duplicate key' ],
    [ '{"a":' . '[' x 5000 . ']' x 5000 . '}', 'deep' ],
    [ "{\"name\":\"\xff\"}", 'not UTF-8' ], [ '{} x', 'trailing text' ],
    [ "\0" x 100, 'zeros' ], [ '{"name":"\u0000"}', 'a zero' ],
);

$t->plan(@bad + @join + @texts + 42);
$t->run();

for my $case (@bad) {
    my ($change, $detail) = @$case;
    problem(post($rooms, { %$good, %$change }), 400, 'bad-request', $detail);
}

my $room = $t->create_room(8080);
my $join = "$rooms/$room->{room}/join";

for my $case (@join) {
    my ($change, $detail) = @$case;
    problem(post($join, { %{ $room->{class} }, name => 'Eve', %$change }),
        400, 'bad-request', $detail);
}

for my $case (@texts) {
    my ($text, $what) = @$case;
    problem(post($rooms, $text), 400, 'bad-request', undef, $what);
}

# bodies as such

problem(post($rooms, ' ' x 16384 . '{}'), 413, 'too-large');
problem(post($rooms, '{}', 'Content-Length' => 2000000), 413, 'too-large');
isnt(post($rooms, '{' . ' ' x 16382 . '}')->{status}, 413, 'just 16 KiB');
problem(post($rooms, '{}', 'Content-Type' => 'text/plain'), 415,
    'unsupported-media-type');
problem(post($rooms, '{}', 'Content-Type' => undef), 415,
    'unsupported-media-type');
problem(post($rooms, '{}', 'Content-Type' => 'application/jsonp'), 415,
    'unsupported-media-type');
problem(post($rooms, '{}', 'Content-Type' => 'application/json; charset=utf-8'),
    400, 'bad-request', 'key_id');
problem(post($rooms, "2\r\n{}\r\n0\r\n\r\n", 'Content-Length' => undef,
    'Transfer-Encoding' => 'chunked'), 411, 'length-required');

is(join(' ', glob $t->testdir() . '/body_temp/*'), '', 'no body on disk');

# paths and methods

problem($t->get(8080, '/api/v1/'), 404, 'not-found');
problem($t->get(8080, '/api/v2/rooms'), 404, 'not-found');
problem($t->get(8080, '/api/v1/roomsx'), 404, 'not-found');
problem($t->get(8080, "$rooms/abc/other"), 404, 'not-found');
problem($t->get(8080, "$rooms/ABC"), 404, 'no-room');
problem($t->get(8080, "$rooms/"), 404, 'no-room');
problem($t->get(8080, "$rooms/" . 'a' x 2000), 404, 'no-room');

my %allow = ($rooms => 'POST, OPTIONS',
    "$rooms/abc" => 'GET, HEAD, PATCH, DELETE, OPTIONS',
    "$rooms/abc/join" => 'POST, OPTIONS', '/api/v1/ws' => 'GET, OPTIONS');

for my $path (sort keys %allow) {
    my $r = $t->http(8080, 'PUT', $path, body => '{}');
    problem($r, 405, 'method-not-allowed');
    is($r->{headers}{allow}, $allow{$path}, "Allow of $path");

    $r = $t->http(8080, 'OPTIONS', $path);
    is("$r->{status} $r->{headers}{allow}", "204 $allow{$path}",
        "OPTIONS of $path");
}

# origins

problem(post($rooms, $good, Origin => 'https://evil.example'), 403,
    'foreign-origin');
problem(post($rooms, $good, Origin => 'null'), 403, 'foreign-origin');
problem($t->http(8080, 'GET', "$rooms/abc",
    headers => { Origin => 'https://school.example:444' }), 403,
    'foreign-origin');

my $r = post($rooms, $good, Origin => 'https://lms.example:8443');
is($r->{status}, 201, 'listed origin');
is($r->{headers}{'access-control-allow-origin'}, 'https://lms.example:8443',
    'may read the answer');

$r = $t->http(8080, 'OPTIONS', $rooms,
    headers => { Origin => 'https://school.example' });
like($r->{headers}{'access-control-allow-headers'}, qr/authorization/,
    'preflight');

$r = post($rooms, $good, Origin => 'http://localhost');
ok($r->{status} == 201 && !$r->{headers}{'access-control-allow-origin'},
    'own origin needs no permission');

# tokens

my $token = $t->join_room(8080, $room, 'class', 'Alice')->{json}{token};

for my $value ('', 'Bearer', "Basic $token", 'Bearer ' . 'x' x 7000) {
    problem($t->http(8080, 'DELETE', "$rooms/$room->{room}",
        headers => { Authorization => $value }), 401, 'not-authorized');
}

is($t->http(8080, 'DELETE', "$rooms/$room->{room}")
    ->{headers}{'www-authenticate'}, 'Bearer', 'asks for a token');

# the operator's limit, now that three rooms exist

problem(post($rooms, $good), 503, 'too-many-rooms');

is($t->get(8080, "$rooms/$room->{room}")->{status}, 200, 'alive');


sub with {
    my (%change) = @_;

    my %invite = (%$class, %change);
    delete $invite{$_} for grep { $_ ne 'kdf' && !defined $invite{$_} }
        keys %invite;

    return { invites => [ \%invite, $owner ] };
}

sub post {
    my ($path, $body, %headers) = @_;

    if (ref $body) {
        delete $body->{key_id}
            if exists $body->{key_id} && !defined $body->{key_id};
    }

    return $t->http(8080, 'POST', $path, body => $body,
        headers => \%headers);
}

sub problem {
    my ($answer, $status, $name, $detail, $what) = @_;

    my $j = $answer->{json} || {};

    is(join(' ', $answer->{status}, $answer->{type}, $j->{status} // '',
        $answer->{headers}{'content-type'} // '',
        $answer->{headers}{'cache-control'} // '',
        defined $detail ? $j->{detail} // '' : ()),
        join(' ', $status, "/problems/$name", $status,
            'application/problem+json', 'no-store',
            defined $detail ? $detail : ()),
        $what // "$name " . ($detail // ''));
}
