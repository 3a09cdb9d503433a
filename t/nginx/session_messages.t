#!/usr/bin/perl

# What a session may say: each message has its documented answer, good or bad.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new()->plan(45);

$t->serve();

my $room = $t->create_room(8080);
my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my $bob = Test::Meet::Session->new($t, 8080, $room, 'class', 'Bob');
my $owner = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Olga');

# malformed ones are answered, under their id if there is one

for my $text ('', 'x', '[]', '"ping"', '{}', '{"type":"nonsense"}',
    '{"type":"ping","type":"ping"}', '{"type":"ping","extra":1}',
    '{"type":"ping","id":"1"}', '{"type":"ping","x":[[[[[[[[[[]]]]]]]]]]}',
    '{"type":"view"}', '{"type":"tell","to":"x","body":""}')
{
    $alice->send($text);
    is($alice->read('error')->{error}, 'bad-message', "bad: $text");
}

my $m = $alice->ask({ type => 'state', muted => 'mic' });

is($m->{error}, 'bad-message', 'ill-typed field');
is($m->{detail}, 'muted', 'named');

# ping, and an unknown receiver

is($alice->ask({ type => 'ping' })->{type}, 'pong', 'pong');
is($alice->ask({ type => 'tell', to => '0123456789abcdef', body => 'x' })
    ->{error}, 'no-participant', 'nobody of that id');

# tell reaches one

is($alice->ask({ type => 'tell', to => $bob->{id}, body => "k\"\x{e4}" })
    ->{type}, 'done', 'told');
$m = $bob->read('told');
is($m->{from}, $alice->{id}, 'from whom');
is($m->{body}, "k\"\x{e4}", 'what');

# state is seen by all

is($alice->ask({ type => 'state', muted => [ 'mic' ], name => 'Anna' })
    ->{type}, 'done', 'state');
$m = $bob->read('changed')->{participant};
is($m->{name}, 'Anna', 'name changed');
is_deeply($m->{muted}, [ 'mic' ], 'muted');
is($alice->ask({ type => 'state', name => ' ' })->{error}, 'bad-message',
    'no empty name');

# view: silence is consent

$alice->send({ type => 'view', sources => [
    { source => 4 * $bob->{welcome}{number} + 1, height => 180,
        priority => 0 } ] });
is($alice->ask({ type => 'ping' })->{type}, 'pong', 'view has no answer');

# an offer that is none

$m = $alice->ask({ type => 'publish', revision => 1, sdp => "v=0\r\n",
    tracks => [ { mid => '0', kind => 'mic' } ] });
is($m->{error}, 'bad-offer', 'malformed SDP');

# moderation: not for everybody

is($alice->ask({ type => 'moderate', verb => 'remove', target => $bob->{id} })
    ->{error}, 'forbidden', 'participants do not moderate');
is($owner->ask({ type => 'moderate', verb => 'mute', target => $bob->{id},
    kinds => [ 'mic', 'cam' ] })->{type}, 'done', 'muted');
$m = $bob->read('changed')->{participant};
is(join(',', sort @{ $m->{muted} }), 'cam,mic', 'is muted');
is($owner->ask({ type => 'moderate', verb => 'remove', target => $bob->{id} })
    ->{type}, 'done', 'removed');
is($bob->read('end')->{reason}, 'removed', 'is told');
is($bob->{ws}->read_close(), 4005, 'and closed');
do { $m = $alice->read('left') } until !$m || $m->{participant} eq $bob->{id};
is($m->{reason}, 'removed', 'the others see why');

# sizes

my $ws = $alice->{ws};
my $long = '{"type":"tell","to":"' . $owner->{id} . '","body":"';

$alice->send($long . 'x' x 49152 . '"}');
is(length $owner->read('told')->{body}, 49152, 'the longest body');
$alice->send($long . 'x' x 49153 . '"}');
is($alice->read('error')->{error}, 'bad-message', 'one byte too long');
$alice->send('{"type":"ping","x":"' . 'x' x 65536 . '"}');
is($ws->read_close(), 1009, 'over 64 KiB');
is($owner->read('changed')->{participant}{away} ? 1 : 0, 1, 'away now');

my $big = Test::Meet::Session->new($t, 8080, $room, 'class', 'Big');

is($big->ask({ type => 'publish', revision => 1, tracks => [],
    sdp => 'x' x 200000 })->{error}, 'bad-offer', 'offers may be longer');
$big->send({ type => 'publish', revision => 2, tracks => [],
    sdp => 'x' x 262144 });
is($big->{ws}->read_close(), 1009, 'up to 256 KiB');

# patience has an end: twenty in a row

my $fool = Test::Meet::Session->new($t, 8080, $room, 'class', 'Fool');

$fool->send('x') for 1 .. 20;
is($fool->ask({ type => 'ping' })->{type}, 'pong', 'twenty are forgiven');
$fool->send('x') for 1 .. 20;
is($fool->ask({ type => 'ping' })->{type}, 'pong', 'and again');
$fool->send('x') for 1 .. 21;
is($fool->{ws}->read_close(), 1008, 'the twenty-first is not');

# the end of the call

is($owner->ask({ type => 'moderate', verb => 'end' })->{type}, 'done', 'end');
is($owner->read('end')->{reason}, 'ended', 'ended');
is($owner->{ws}->read_close(), 4007, 'and closed');

my $late = Test::Meet::Session->new($t, 8080, $room, 'class', 'Late');

is($late->{snapshot}{total}, 1, 'the room itself stays');
