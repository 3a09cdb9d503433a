#!/usr/bin/perl

# What REST changes is heard by those who are in: settings, lock, limits, a
# new password, the end of the room.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new()->plan(26);

$t->serve(workers => 2, also => 'meet_sweep_interval 300ms;');

my $room = $t->create_room(8080);
my $owner = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Olga');
my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');

# the lock: those who are in stay, even when their socket breaks

my $spare = $t->join_room(8080, $room, 'class', 'Spare')->{json}{token};

is(patch(locked => JSON::PP::true)->{status}, 200, 'locked');

my $m = $alice->read('settings');

ok($m->{room}{locked}, 'everybody hears of it');
is($m->{room}{version}, 2, 'version');
is($t->join_room(8080, $room, 'class', 'Eve')->{status}, 403,
    'nobody new joins');
is(turned_away($spare), 'room-locked 4008', 'nor with an older token');

$alice->cut();
$alice->connect(resume => $alice->resume());
ok($alice->{welcome}{resumed}, 'who was in is let in');
is(Test::Meet::Session->new($t, 8080, $room, 'owner', 'Otto')
    ->{welcome}{role}, 'owner', 'owners, too');

is(patch(locked => JSON::PP::false)->{status}, 200, 'unlocked');
do { $m = $alice->read('settings') } until !$m || !$m->{room}{locked};
is($m->{room}{version}, 3, 'version');

# the number of people

is(patch(participants => 3)->{status}, 200, 'no more than three');
$alice->read('settings');
is(turned_away($spare), 'room-full 4008', 'the fourth');
is(patch(participants => 4)->{status}, 200, 'four');
is($alice->read('settings')->{room}{participants}, 4, 'is heard');

my $fourth = Test::Meet::Session->new($t, 8080, $room, 'class', 'Spare',
    token => $spare);

is($fourth->{snapshot}{total}, 4, 'comes in now');

# a new password: who is in may come back, tokens of the old one open nothing

my $unused = $t->join_room(8080, $room, 'class', 'Unused')->{json}{token};

my ($class, $class_auth) = $t->invite('password', 'participant');
my ($new_owner, $owner_auth) = $t->invite('owner', 'owner');
my $r = patch(key_id => Test::Meet::b64u('abcdefgh'),
    invites => [ $class, $new_owner ]);

is($r->{status}, 200, 'invites replaced');
is($alice->ask({ type => 'ping' })->{type}, 'pong', 'who is in stays in');
$alice->cut();
$alice->connect(resume => $alice->resume());
ok($alice->{welcome}{resumed}, 'and may come back');
is(turned_away($unused), 'none 4003', 'who was not in does not come in');

$room->{class} = { invite => $r->{json}{invites}[0]{invite},
    auth => $class_auth };

my $with = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice',
    quiet => 1);

is($with->{ws}->read('end')->{reason}, 'room-full',
    'the new password opens, but it is the fifth');

# the end of a room, by itself

my $short = $t->create_room(8080, expires => int(time()) + 3);
my $ann = Test::Meet::Session->new($t, 8080, $short, 'class', 'Ann');
my $ben = Test::Meet::Session->new($t, 8080, $short, 'class', 'Ben');

cmp_ok($ann->{snapshot}{room}{expires}, '<=', time() + 3, 'its end is known');

for my $s ($ann, $ben) {
    is(($s->read('end', 15) || {})->{reason}, 'expired', 'told');
    is($s->{ws}->read_close(), 4004, 'closed');
}

is(turned_away($ann->{token}), 'none 4004', 'gone for good');
is($owner->ask({ type => 'ping' })->{type}, 'pong', 'others live on');


sub patch {
    my (%change) = @_;

    return $t->http(8080, 'PATCH', "/api/v1/rooms/$room->{room}",
        body => \%change, token => $owner->{token});
}


# the reason told and the close code of a hello with that token
sub turned_away {
    my ($token) = @_;

    my $ws = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');

    $ws->send({ type => 'hello', token => $token });

    my $m = $ws->read();
    my $reason = $m->{type} eq 'end' ? $m->{reason} : 'none';

    return "$reason " . ($m->{type} eq 'close' ? $m->{code}
        : $ws->read_close());
}
