#!/usr/bin/perl

# WHIP (RFC 9725) and WHEP: statuses, headers, tags, who may come and how they
# end.  Media is t/whip's.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::Meet::Whip;

my $t = Test::Meet->new()->plan(84);

$t->serve(also => 'meet_origins https://studio.example;');

my $room = $t->create_room(8080);
my $owner = $t->join_room(8080, $room, 'owner', 'Boss')->{json}{token};
my $base = "/api/v1/whip/$room->{room}";
my $rooms = "/api/v1/rooms/$room->{room}";

# keys come and go without the links that people have

my $whip = $t->add_key(8080, $room, $owner, 'whip');
is($whip->{status}, 200, 'a key is added');
like($whip->{id}, qr/^[0-9a-f]{16}$/, 'and named');
ok(!$whip->{json}{token}, 'the token of who added it is as good as before');
my $whep = $t->add_key(8080, $room, $owner, 'whep');
is_deeply([ sort map { $_->{kind} } @{ $whep->{json}{invites} } ],
    [ qw/ owner password whep whip / ], 'beside what was there');
is_deeply([ sort map { $_->{kind} }
    @{ $t->get(8080, $rooms)->{json}{invites} } ], [ qw/ owner password / ],
    'nobody is told of keys');
is_deeply([ sort map { $_->{kind} } @{ $t->get(8080, $rooms, token => $owner)
    ->{json}{invites} } ], [ qw/ owner password whep whip / ],
    'but the owner');
my $guest = $t->join_room(8080, $room, 'class', 'Guest')->{json}{token};
is($t->get(8080, $rooms, token => $guest)->{type}, '/problems/forbidden',
    'not somebody else');
is($t->add_key(8080, $room, $guest, 'whip')->{type}, '/problems/forbidden',
    'nor does he make one');
is($t->join_room(8080, { %$room, class => { invite => $whip->{id},
    auth => $whip->{secret} } }, 'class', 'X')->{type},
    '/problems/wrong-secret', 'nobody joins by a key');

for my $case (
    [ 'another role', { role => 'owner' } ],
    [ 'a typed secret', { kdf => { name => 'PBKDF2-SHA-256',
        rounds => 300000, salt => 'A' x 22 } } ],
    [ 'a wrapped key', { wrapped_key => 'A' x 80 } ],
    [ 'another kind', { kind => 'password' } ],
    [ 'a short secret', { auth => 'AAAA' } ],
) {
    my ($invite) = $t->stream_key('whip');
    is($t->http(8080, 'PATCH', $rooms, token => $owner, body => {
        invites_add => [ { %$invite, %{ $case->[1] } } ] })->{type},
        '/problems/bad-request', "no key with $case->[0]");
}

is($t->http(8080, 'PATCH', $rooms, token => $owner, body => {
    invites_revoke => [ $room->{class}{invite} ] })->{type},
    '/problems/bad-request', 'a link is not revoked as a key is');

# POST

my $boss = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Boss');
my $r = $t->stream(8080, $room, 'whip', $whip->{secret},
    query => '?name=Kamera%20%C3%84');
is($r->{status}, 201, 'created');
is($r->{headers}{'content-type'}, 'application/sdp', 'an answer');
like($r->{body}, qr/^v=0\r\n.*a=recvonly\r\n/s, 'that receives');
unlike($r->{body}, qr/a=sendonly/, 'and sends nothing');
like($r->{headers}{location}, qr{^\Q$base\E/[0-9a-f]{16}-[0-9a-f]{16}$},
    'Location');
is($r->{headers}{etag}, '"1"', 'ETag');
is($r->{headers}{'cache-control'}, 'no-store', 'not stored');
my $joined = $boss->read('joined');
is($joined->{participant}{name}, "Kamera \x{c4}", 'in the roster');
ok($joined->{participant}{stream}, 'as a stream');
is_deeply($joined->{participant}{published}, [ qw/ mic cam / ], 'publishing');

my $at = $r->{headers}{location};
my $etag = $r->{headers}{etag};

# methods

for my $method (qw/ GET HEAD PUT DELETE PATCH /) {
    my $no = $t->http(8080, $method, $base, token => $whip->{secret});
    is($no->{status}, 405, "$method of the endpoint");
    is($no->{headers}{allow}, 'POST, OPTIONS', 'Allow') if $method eq 'GET';
}

for my $method (qw/ GET HEAD PUT POST /) {
    my $no = $t->http(8080, $method, $at, token => $whip->{secret});
    is($no->{status}, 405, "$method of a stream");
    is($no->{headers}{allow}, 'PATCH, DELETE, OPTIONS', 'Allow')
        if $method eq 'GET';
}

my $options = $t->http(8080, 'OPTIONS', $base);
is($options->{status}, 204, 'OPTIONS without a token');
is($options->{headers}{'accept-post'}, 'application/sdp', 'Accept-Post');
is($t->http(8080, 'OPTIONS', $at)->{headers}{'accept-patch'},
    'application/trickle-ice-sdpfrag', 'Accept-Patch');

# pages of other sites

my %studio = (Origin => 'https://studio.example');
$options = $t->http(8080, 'OPTIONS', $base, headers => \%studio);
is($options->{headers}{'access-control-allow-origin'},
    'https://studio.example', 'a listed page may');
like($options->{headers}{'access-control-allow-headers'}, qr/if-match/,
    'with If-Match');
my $expose = $t->stream(8080, $room, 'whep', $whep->{secret},
    headers => \%studio);
is($expose->{status}, 201, 'play');
like($expose->{headers}{'access-control-expose-headers'}, qr/ETag, Location/,
    'and see what it needs');
is($t->stream(8080, $room, 'whip', $whip->{secret}, headers => {
    Origin => 'https://evil.example' })->{type}, '/problems/foreign-origin',
    'another may not');

# PATCH

my $candidate = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    . "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:audio\r\n"
    . "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
my $restart = $candidate =~ s/abcd\r/newu\r/r =~ s/pwd:abc/pwd:xyz/r;

is(patch($candidate)->{status}, 428, 'If-Match is required');
is(patch($candidate, '"9"')->{status}, 412, 'of the present ICE session');
is(patch($candidate, $_)->{status}, 412, "not $_") for 'W/"1"', '1', '"x"';
is(patch($candidate, $etag)->{status}, 204, 'candidates are taken');
is(patch('junk', $etag)->{type}, '/problems/bad-offer', 'junk is not');
is($t->stream_patch(8080, $at, $whip->{secret}, $candidate, match => $etag,
    headers => { 'Content-Type' => 'application/sdp' })->{status}, 415,
    'nor another type');
is(patch('a' x 20000, $etag)->{status}, 413, 'nor too much');
$r = patch($restart, '*');
is($r->{status}, 200, 'an ICE restart');
is($r->{headers}{'content-type'}, 'application/trickle-ice-sdpfrag',
    'is answered');
like($r->{body}, qr/a=ice-ufrag:.*a=candidate:/s, 'with credentials');
is($r->{headers}{etag}, '"2"', 'and another tag');
is(patch($candidate, $etag)->{status}, 412, 'the old one is over');
is(patch($restart, '"2"')->{status}, 204, 'the new one is not');

# whose it is

is($t->http(8080, 'DELETE', $at)->{status}, 401, 'nobody');
is($t->http(8080, 'DELETE', $at, token => 'x')->{status}, 401, 'nonsense');
is($t->http(8080, 'DELETE', $at, token => $whep->{secret})->{type},
    '/problems/wrong-secret', 'another key');
is($t->http(8080, 'DELETE', "$at/x", token => $whip->{secret})->{status}, 404,
    'another path');
is($t->http(8080, 'DELETE', "$base/0-0", token => $whip->{secret})->{type},
    '/problems/no-stream', 'nothing');

# a reload does not matter, nor which nginx worker is asked

$t->reload();
is(patch($restart, '"2"')->{status}, 204, 'after a reload');
$r = patch($candidate, '"2"');
is($r->{status}, 200, 'a restart of the ICE session that is named');
is($r->{headers}{etag}, '"3"', 'has the next tag');
$boss = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Boss');

# the newest wins; a revoked key ends nothing and brings nobody

my $new = $t->stream(8080, $room, 'whip', $whip->{secret});
is($new->{status}, 201, 'again');
is($t->http(8080, 'DELETE', $at, token => $whip->{secret})->{status}, 404,
    'it took the place of the former');
$at = $new->{headers}{location};

my $revoked = $t->http(8080, 'PATCH', $rooms, token => $owner, body => {
    invites_revoke => [ $whip->{id} ] });
is_deeply([ sort map { $_->{kind} } @{ $revoked->{json}{invites} } ],
    [ qw/ owner password whep / ], 'revoked');
is($t->stream(8080, $room, 'whip', $whip->{secret})->{type},
    '/problems/wrong-secret', 'brings nobody');
is($t->http(8080, 'DELETE', $at, token => $whip->{secret})->{status}, 200,
    'but ends what it brought');
is($boss->read('left')->{reason}, 'left', 'everybody is told');

# removed: kept out, with everything that came by that key

$whip = $t->add_key(8080, $room, $owner, 'whip');
$t->stream(8080, $room, 'whip', $whip->{secret});
my $id = $boss->read('joined')->{participant}{id};
is($boss->ask({ type => 'moderate', verb => 'remove', target => $id })
    ->{type}, 'done', 'removed');
is($t->stream(8080, $room, 'whip', $whip->{secret})->{type},
    '/problems/forbidden', 'an encoder is kept out');
my ($player) = $expose->{headers}{location} =~ m{/([0-9a-f]{16})-};
$boss->ask({ type => 'moderate', verb => 'remove', target => $player });
is($t->stream(8080, $room, 'whep', $whep->{secret})->{type},
    '/problems/forbidden', 'a player, whose id is another each time, too');
$t->stop();
$t->run();
ok($t->ready({ port => 8080, path => '/healthz' }), 'healthy again');
is($t->stream(8080, $room, 'whip', $whip->{secret})->{type},
    '/problems/forbidden', 'over a restart of everything');
is($t->stream(8080, $room, 'whip',
    $t->add_key(8080, $room, $owner, 'whip')->{secret})->{status}, 201,
    'another key is another beginning');

# made with the room; a new password ends keys

my ($made, $secret) = $t->stream_key('whep');
my ($class) = $t->invite('password', 'participant');
my ($boss_invite, $auth) = $t->invite('owner', 'owner');
my $created = $t->http(8080, 'POST', '/api/v1/rooms', body => {
    key_id => 'AAAAAAAAAAA', invites => [ $class, $boss_invite, $made ] });
is($created->{status}, 201, 'a room that comes with a key');
my %own = (room => $created->{json}{room}, api => '/api/v1',
    owner => { invite => $created->{json}{invites}[1]{invite},
        auth => $auth });
is($t->stream(8080, \%own, 'whep', $secret)->{status}, 201, 'it plays');
is($t->stream(8080, \%own, 'whip', $secret)->{type},
    '/problems/wrong-secret', 'and does not publish');
my $token = $t->join_room(8080, \%own, 'owner', 'Boss')->{json}{token};
is($t->http(8080, 'PATCH', "/api/v1/rooms/$own{room}", token => $token,
    body => { key_id => 'AAAAAAAAAAA',
        invites => [ $class, $boss_invite ] })->{status}, 200,
    'a new password');
is($t->stream(8080, \%own, 'whep', $secret)->{type},
    '/problems/wrong-secret', 'ends its key');


sub patch {
    my ($fragment, $match) = @_;

    return $t->stream_patch(8080, $at, $whip->{secret}, $fragment,
        match => $match);
}
