#!/usr/bin/perl

# Deleting a room: everybody in it is told, the link answers 404 at once, a
# token from before opens nothing and revives nothing, the secret is zeroed,
# and what was written in it is in none of the files.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw/ sha256 /;
use MIME::Base64 qw/ decode_base64 /;
use Test::Meet;

my $t = Test::Meet->new()->plan(21);

$t->serve(workers => 2);

my $room = $t->create_room(8080, name => 'class-7b');
my $kept = $t->create_room(8080, name => 'class-7c');
my $ann = $t->join_room(8080, $room, 'class', 'Ann')->{json}{token};
my $own = $t->join_room(8080, $room, 'owner', 'Teacher')->{json}{token};
my $other = $t->join_room(8080, $kept, 'owner', 'Other')->{json}{token};

my $ws = session($ann);
is($ws->read('welcome')->{type}, 'welcome', 'session');

# what a client would seal; recognisable on disk

my $body = Test::Meet::b64u("\x01" . 'Monday ' x 40);
$ws->send({ type => 'post', channel => 'chat', body => $body, id => 1 });
is($ws->read('posted')->{sequence}, 1, 'posted');
ok(!on_disk($body) && !on_disk('Monday Monday'), 'sealed once more on disk');
ok(!on_disk('class-7b'), 'the name is not on disk either');

my $secret = substr $t->read_file('store/secrets'), 32, 32;
isnt($secret, "\0" x 32, 'the room has a secret');

# who may not

is($t->http(8080, 'DELETE', '/api/v1/rooms/class-7b')->{status}, 401,
    'without a token');
is(remove($ann), 403, 'as a participant');
is(remove($other), 401, 'as owner of another room');

is(remove($own), 204, 'as owner');

is($t->get(8080, '/api/v1/rooms/class-7b')->{status}, 404, 'gone at once');
is(($ws->read('end') || {})->{reason}, 'deleted', 'who is in is told');
is($ws->read_close(), 4004, 'and the connection closed');
is($t->join_room(8080, $room, 'class', 'Ann')->{status}, 404, 'no joining');
is(remove($own), 404, 'no deleting twice');

# nothing of it is left

my $after = $t->read_file('store/secrets');
is(index($after, $secret), -1, 'the secret is nowhere in its file');
is(substr($after, 32, 32), "\0" x 32, 'but zeroes');

my @traces = grep { on_disk($_) } 'class-7b', $secret, $body, 'Monday Monday',
    map { my $raw = unb64u($_->{auth}); ($_->{auth}, $raw, sha256($raw)) }
    @$room{qw/ class owner /};
is(scalar @traces, 0, 'nor name, password, owner secret, verifier, chat');

# a room of the same name is another room

my $again = $t->create_room(8080, name => 'class-7b');
isnt($again->{incarnation}, $room->{incarnation}, 'another incarnation');

$ws = session($ann);
my $answer = $ws->read(undef, 10) || {};
ok($answer->{type} eq 'close' || $answer->{type} eq 'end',
    'the token of the old one opens nothing');

my $new = $t->join_room(8080, $again, 'class', 'Ann')->{json}{token};
$ws = session($new);
$ws->read('welcome');
$ws->send({ type => 'log', channel => 'chat', after => 0, id => 2 });
is(scalar @{ $ws->read('log')->{entries} }, 0, 'its log is empty');
is($t->get(8080, '/api/v1/rooms/class-7c')->{status}, 200,
    'the other room is untouched');


sub session {
    my ($token) = @_;

    my $s = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');
    $s->send({ type => 'hello', token => $token });

    return $s;
}


sub remove {
    my ($token) = @_;

    return $t->http(8080, 'DELETE', '/api/v1/rooms/class-7b',
        token => $token)->{status};
}


sub on_disk {
    my ($what) = @_;

    return grep { index($t->read_file("store/$_"), $what) >= 0 }
        qw/ data.mdb lock.mdb secrets user /;
}


sub unb64u {
    my ($text) = @_;

    $text =~ tr{-_}{+/};

    return decode_base64($text);
}
