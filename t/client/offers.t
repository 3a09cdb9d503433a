#!/usr/bin/perl

# Somebody comes, shares a screen, stops and leaves: the others see it all in
# the slots they have, and nobody of them negotiates anything.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;

use constant PEOPLE => 3;

my $t = Test::Meet->new()->plan(14);
my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");
my $link = "$base/$room->{room}#$room->{password}";
my @media = qw/ --publish mic,cam --pairs 6 --spare 2 /;

my $call = Test::Meet::Native->new(@media, '--count', PEOPLE, $link);
is(scalar $call->wait_event('first-packet', PEOPLE, 15), PEOPLE, 'a call');
$call->run_for(1);
is(seen()->{offers}, 2 * PEOPLE, 'each offered twice, to begin with');

my $late = Test::Meet::Native->new(@media, '--name', 'late', $link);
is(scalar $late->wait_event('first-packet', 1, 15), 1, 'one more comes');
check('heard and seen by the others', PEOPLE * 2 * PEOPLE);

$late->tell({ cmd => 'screen', on => JSON::PP::true });
$late->run_for(1);
is(Test::Meet::Native->sums($late->report())->{offers}, 3,
    'it shares its screen, which it offers');
check('the others go on', PEOPLE * 2 * PEOPLE);

$late->tell({ cmd => 'screen', on => JSON::PP::false });
check('and shares it no more', PEOPLE * 2 * PEOPLE);

$late->tell({ cmd => 'leave' });
is(scalar $late->wait_event('ended', 1, 10), 1, 'it leaves');
$late->stop();
check('the others are among themselves', PEOPLE * 2 * (PEOPLE - 1));

is(seen()->{offers}, 2 * PEOPLE, 'to the end nobody offered again');
$call->stop();


# what the others receive, after a while
sub check {
    my ($what, $halves) = @_;

    my $sum;

    for (1 .. 12) {
        $late->read(0) if $late->{pid};
        $call->run_for(0.3);
        $call->tell({ cmd => 'reset' });
        $late->read(0) if $late->{pid};
        $call->run_for(0.6);
        $sum = seen();
        last if $sum->{halves} == $halves;
    }

    is($sum->{halves}, $halves, $what);
    is($sum->{offers}, 2 * PEOPLE, "$what: nobody offers");
}


sub seen { return Test::Meet::Native->sums($call->report()) }
