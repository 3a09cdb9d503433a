#!/usr/bin/perl

# Who may do what to whom: hard mute, appointment, removal, and all of it
# again after the media worker has died.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new()->plan(49);

$t->serve(workers => 2);

my $room = $t->create_room(8080);
my $owner = session('owner', 'Olga');
my $alice = session('class', 'Alice');
my $bob = session('class', 'Bob');
my $eve = session('class', 'Eve');

# a participant moderates nobody and appoints nobody

for my $verb (qw/ mute deny allow /) {
    is(moderate($alice, verb => $verb, target => $bob->{id},
        kinds => [ 'mic' ])->{error}, 'forbidden', "$verb: not by all");
}

is(moderate($alice, verb => $_, target => $bob->{id})->{error}, 'forbidden',
    "$_: not by all") for qw/ remove admit reject /;
is(moderate($alice, verb => 'end')->{error}, 'forbidden', 'nor end');
is(appoint($alice, $alice, 'moderator')->{error}, 'forbidden',
    'nor appoint themselves');

# hard mute: the right is gone, until it is given back

is(moderate($owner, verb => 'deny', target => $bob->{id},
    kinds => [ 'mic', 'screen' ])->{type}, 'done', 'denied');
is(join(',', @{ $bob->read('rights')->{rights} }), 'cam,chat,tell',
    'the rights that are left');
is(moderate($owner, verb => 'allow', target => $bob->{id},
    kinds => [ 'mic' ])->{type}, 'done', 'allowed');
is(join(',', @{ $bob->read('rights')->{rights} }), 'mic,cam,chat,tell',
    'given back');

# an appointed moderator

is(appoint($owner, $alice, 'moderator')->{type}, 'done', 'appointed');

my $m = $alice->read('rights');

is($m->{role}, 'moderator', 'is one');
ok(scalar(grep { $_ eq 'moderate' } @{ $m->{rights} }), 'and may');
is(moderate($alice, verb => 'mute', target => $bob->{id},
    kinds => [ 'mic' ])->{type}, 'done', 'mutes');
is(moderate($alice, verb => 'remove', target => $owner->{id})->{error},
    'forbidden', 'not against an owner');
is(appoint($owner, $bob, 'moderator')->{type}, 'done', 'another one');
is($bob->read('rights')->{role}, 'moderator', 'is one, too');
is(moderate($alice, verb => 'remove', target => $bob->{id})->{error},
    'forbidden', 'not against another');
is(appoint($alice, $eve, 'moderator')->{error}, 'forbidden',
    'moderators do not appoint');

# removed for good

is(moderate($alice, verb => 'remove', target => $eve->{id})->{type}, 'done',
    'removes');
is($eve->read('end')->{reason}, 'removed', 'is told');
is($eve->{ws}->read_close(), 4005, 'and closed');
is(again($eve), 'removed 4005', 'the token is dead');
is(moderate($alice, verb => 'remove', target => '0123456789abcdef')->{error},
    'no-participant', 'nobody of that id');

# a change of the room's rights

is($t->http(8080, 'PATCH', "/api/v1/rooms/$room->{room}",
    token => $alice->{token},
    body => { rights => { participant => [ 'chat' ] } })->{status}, 200,
    'moderators change rights');

my $carl = session('class', 'Carl');

is(join(',', @{ $carl->{welcome}{rights} }), 'chat', 'those of the room');

# Carl is silenced; what is said of an owner counts for nothing

is(moderate($alice, verb => 'deny', target => $carl->{id},
    kinds => [ 'mic', 'cam' ])->{type}, 'done', 'silenced');
is(moderate($alice, verb => 'deny', target => $owner->{id},
    kinds => [ 'mic' ])->{error}, 'forbidden', 'not an owner');

# the media worker dies: everybody is what they were, who was removed is not

kill 'KILL', $t->children($t->{pids}{media});

for my $s ($owner, $alice, $bob, $carl) {
    $s->welcomed(10);
}

is(join(',', map { $_->{welcome}{role} } $owner, $alice, $bob, $carl),
    'owner,moderator,moderator,participant', 'the same roles');
is(join(',', @{ $carl->{welcome}{rights} }), 'chat', 'the same rights');
is($alice->{snapshot}{total}, 4, 'the same people');
is(join(',', sort map { "$_->{id} @{ $_->{muted} }" }
    grep { @{ $_->{muted} } } @{ $alice->{snapshot}{participants} }),
    join(',', sort "$bob->{id} screen", "$carl->{id} mic cam"),
    'the same ones are silenced');
is($t->http(8080, 'PATCH', "/api/v1/rooms/$room->{room}",
    token => $owner->{token}, body => { rights => { participant =>
        [ 'mic', 'cam', 'screen', 'chat', 'tell' ] } })->{status}, 200,
    'all may speak');
is(join(',', @{ $carl->read('rights')->{rights} }), 'screen,chat,tell',
    'not who was silenced');
is(again($eve), 'removed 4005', 'and not who was removed');

# nginx is restarted: the same, with tokens of before

$t->stop('nginx');
$t->run(no_media => 1, ready => { port => 8080, path => '/healthz' });
$alice->connect();
is($alice->{welcome}{role}, 'moderator', 'still appointed');
is(again($eve), 'removed 4005', 'still removed');
$carl->connect();
is(join(',', @{ $carl->{welcome}{rights} }), 'screen,chat,tell',
    'still silenced');
is(moderate($alice, verb => 'allow', target => $carl->{id},
    kinds => [ 'mic', 'cam' ])->{type}, 'done', 'given back');
is(join(',', @{ $carl->read('rights')->{rights} }),
    'mic,cam,screen,chat,tell', 'may speak again');

# an owner is never removed, degraded or appointed

$owner->connect();
is(appoint($owner, $owner, 'viewer')->{error}, 'forbidden', 'not themselves');
$owner->cut();
$owner->connect();
is($owner->{welcome}{role}, 'owner', 'still the owner');

# nor by a moderator who leaves before somebody says no

$alice->send({ type => 'moderate', id => 9999, verb => 'remove',
    target => $owner->{id} });
$alice->cut();
$alice->connect();
is($t->http(8080, 'GET', "/api/v1/rooms/$room->{room}/export",
    token => $owner->{token})->{status}, 200, 'and has the room');

is(appoint($owner, $alice, 'viewer')->{type}, 'done', 'degrades others');
is($alice->read('rights')->{role}, 'viewer', 'is a viewer now');
is($alice->post('x')->{error}, 'forbidden', 'who may not write');
is($alice->ask({ type => 'appoint', target => $carl->{id},
    role => 'owner' })->{error}, 'bad-message', 'nobody appoints owners');


sub session {
    my ($as, $name, %o) = @_;

    return Test::Meet::Session->new($t, 8080, $room, $as, $name, %o);
}


sub moderate {
    my ($s, %what) = @_;

    return $s->ask({ type => 'moderate', %what });
}


sub appoint {
    my ($s, $whom, $role) = @_;

    return $s->ask({ type => 'appoint', target => $whom->{id},
        role => $role });
}


# what a hello with the old token ends in
sub again {
    my ($s) = @_;

    my $ws = session(undef, undef, token => $s->{token}, quiet => 1)->{ws};
    my $m = $ws->read();

    return ($m->{reason} // $m->{type}) . ' ' . $ws->read_close();
}
