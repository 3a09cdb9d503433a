#!/usr/bin/perl

# A token is good for one life of one room, one invite and one person, for its
# time and under its key.  Everything else opens nothing and says nothing.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;

my $t = Test::Meet->new()->plan(31);

$t->serve(also => 'meet_token_lifetime 4s;');

my $room = $t->create_room(8080, name => 'class-7b');
my $other = $t->create_room(8080, name => 'class-8b');

# twice the same person, each time another participant

my $one = $t->join_room(8080, $room, 'class', 'Alice')->{json};
my $two = $t->join_room(8080, $room, 'class', 'Alice')->{json};
isnt($one->{participant}, $two->{participant}, 'each join is somebody new');
is(hello($one->{token})->{participant}, $one->{participant}, 'good');

# its time: renewed by `welcome`, and then over

my $short = $t->join_room(8080, $room, 'class', 'Short')->{json}{token};
my $kept = Test::Meet::Session->new($t, 8080, $room, 'class', 'Kept');
ok($t->wait_for(sub { hello($short)->{code} }, 8), 'in the end it expires');
is(hello($short)->{code}, 4003, 'then it is refused');
is($kept->ask({ type => 'ping' })->{type}, 'pong',
    'who is in does not fall out');

# any change of any character

my $token = $t->join_room(8080, $room, 'class', 'Alice')->{json}{token};

for my $at (0, 1, 5, 24, 30, 40, 50, 60, length($token) - 1) {
    my $forged = $token;
    substr($forged, $at, 1) = substr($forged, $at, 1) eq 'A' ? 'Q' : 'A';
    is(hello($forged)->{code}, 4003, "character $at");
}

is(hello($token . 'A')->{code}, 4003, 'longer');
is(hello(substr $token, 0, -1)->{code}, 4003, 'shorter');
is(hello('')->{code} // 'error', 4003, 'empty')
    or diag('an empty token is no token');

# parts of two good ones

my $owner = $t->join_room(8080, $other, 'owner', 'Boss')->{json}{token};
my $mixed = substr($token, 0, 52) . substr($owner, 52);
is(hello($mixed)->{code}, 4003, 'halves of two tokens');

# another room, by REST

is($t->http(8080, 'DELETE', '/api/v1/rooms/class-7b', token => $owner)
    ->{type}, '/problems/not-authorized', "another room's owner");
is($t->get(8080, '/api/v1/rooms/class-7b')->{status}, 200, 'nothing happened');

# another life of the same room

my $boss = $t->join_room(8080, $room, 'owner', 'Boss')->{json}{token};
my $guest = $t->join_room(8080, $room, 'class', 'Guest')->{json}{token};
is($t->http(8080, 'DELETE', '/api/v1/rooms/class-7b', token => $boss)
    ->{status}, 204, 'deleted');
is(hello($guest)->{code}, 4004, 'its tokens open nothing');

my $again = $t->create_room(8080, name => 'class-7b');
is(hello($guest)->{code}, 4004, 'nor the room made anew under its name');
is($t->http(8080, 'DELETE', '/api/v1/rooms/class-7b', token => $boss)
    ->{type}, '/problems/not-authorized', 'nor may its owner delete that');
is($t->get(8080, '/api/v1/rooms/class-7b')->{status}, 200, 'it is there');
is($t->join_room(8080, $again, 'class', 'New')->{status}, 200, 'and open');
is($t->join_room(8080, { %$again, class => $room->{class} }, 'class', 'Old')
    ->{type}, '/problems/wrong-secret', 'not with the old secret');

# never in a URL

$guest = $t->join_room(8080, $again, 'class', 'New')->{json}{token};
my $ws = Test::Meet::WebSocket->new($t, 8080, "/api/v1/ws?token=$guest");
$ws->send({ type => 'ping', id => 1 });
is($ws->read_close(), 4001, 'a token in the address is none');
is($t->http(8080, 'DELETE', "/api/v1/rooms/class-7b?token=$boss")->{type},
    '/problems/not-authorized', 'nor for REST');

# under another instance

my $foreign = Test::Meet->new()->write_conf(<<'EOC');
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
    }
EOC
$foreign->run(no_media => 1);
my $same = $foreign->create_room(8080, name => 'class-7b');
my $theirs = $foreign->join_room(8080, $same, 'owner', 'Boss')->{json}{token};
is(hello($theirs)->{code}, 4003, "another instance's");
is($t->http(8080, 'DELETE', '/api/v1/rooms/class-7b', token => $theirs)
    ->{type}, '/problems/not-authorized', 'likewise by REST');
$foreign->stop();


sub hello {
    my ($text) = @_;

    my $w = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');
    $w->send({ type => 'hello', token => $text, id => 1 });

    return $w->read(undef, 5) || {};
}
