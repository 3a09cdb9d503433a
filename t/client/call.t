#!/usr/bin/perl

# A call of four native participants: every packet of everybody arrives at
# everybody else once, in the right slot; who joins last is served at once.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;

my $t = Test::Meet->new()->plan(21);

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");
ok($room, 'room made');

my $link = "$base/$room->{room}#$room->{password}";
my @media = qw/ --publish mic,cam --pairs 6 --spare 2 /;
my $call = Test::Meet::Native->new(@media, '--count', 4, $link);

is(scalar $call->wait_event('first-packet', 4, 15), 4, 'all hear something');
$call->run_for(1)->tell({ cmd => 'reset' })->run_for(3);

my $sum = Test::Meet::Native->sums($call->report());

is($sum->{halves}, 4 * 3 * 2, 'everybody receives both of all others');
cmp_ok($sum->{packets}, '>', 4 * 3 * 3 * 50 * 0.8, 'and all the time');
is($sum->{$_}, 0, "$_: none") for qw/ missing doubled wrong_source jumps
    headless bad unknown csrc_missing event_gaps /;
is($sum->{offers}, 8, 'two offers each, and no more');

# chat: the same order for everybody, and for who comes later

$call->tell({ cmd => 'chat', who => $_, text => "line of $_" }) for 0 .. 3;
is(scalar $call->wait_event('chat', 16), 16, 'chat arrives everywhere');

my @orders = map {
    my $who = $_;
    join ' | ', map { $_->{chat}{text} } sort {
        $a->{sequence} <=> $b->{sequence}
    } $call->events(sub { $_[0]{event} eq 'chat' && $_[0]{who} == $who });
} 0 .. 3;

is(scalar(grep { $_ eq $orders[0] } @orders), 4, 'in one order');

my $late = Test::Meet::Native->new(@media, '--name', 'late', $link);
my ($first) = $late->wait_event('first-packet', 1, 10);
cmp_ok($first->{at_ms}, '<', 2000, 'who joins last hears within 2 s')
    and diag("first packet after $first->{at_ms} ms");

$late->tell({ cmd => 'send', message =>
    { type => 'log', id => 99, channel => 'chat', after => 0 } });
my @seen = $late->wait_event('chat', 4);
is(join(' | ', map { $_->{chat}{text} } @seen), $orders[0],
    'and reads what was said before');

$late->run_for(2);
$sum = Test::Meet::Native->sums($late->report());
is($sum->{headless}, 0, 'each picture began with a keyframe');

# the owner's link, and a wrong password

my $owner = Test::Meet::Native->new('--name', 'teacher',
    "$base/$room->{room}#$room->{owner}");
my ($welcome) = $owner->wait_event('welcome');
is($welcome->{role}, 'owner', 'the other link makes an owner');

my $wrong = Test::Meet::Native->new(
    "$base/$room->{room}#baba-baba-baba-baba-baba");
my ($refused) = $wrong->wait_event('refused');
is($refused->{status}, 403, 'a wrong password is refused');

$_->stop() for $call, $late, $owner, $wrong;
