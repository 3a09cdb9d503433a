#!/usr/bin/perl

# A lost socket: the participant stays, and what was missed is made up for.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new()->plan(21);

$t->serve(workers => 2, also => 'meet_absence 3s;');

my $room = $t->create_room(8080);
my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my $bob = Test::Meet::Session->new($t, 8080, $room, 'class', 'Bob');

$alice->read('joined');

# the connection breaks; others see it; events go on

my $number = $alice->{welcome}{number};

$alice->cut();
ok($bob->read('changed')->{participant}{away}, 'seen as away');
is($bob->post("$_")->{type}, 'posted', "missed $_") for 1 .. 3;

# back with the token of `welcome` and the last event seen

my $last = $alice->{sequence};

$alice->connect(resume => $alice->resume());
ok($alice->{welcome}{resumed}, 'resumed');
is($alice->{welcome}{number}, $number, 'the same number');
is($alice->{welcome}{epoch}, $alice->{epoch}, 'the same epoch');

my @missed = map { $alice->read() } 1 .. 4;

is_deeply([ map { $_->{sequence} } @missed ],
    [ map { $last + $_ } 1 .. 4 ], 'all that was missed, in order');
is(join(',', map { $_->{type} } @missed), 'changed,entry,entry,entry',
    'and what it was');
do { $_ = $bob->read('changed') } until !$_ || !$_->{participant}{away};
ok($_, 'back for the others');

# nothing missed

$alice->read('changed');
$alice->cut();
$alice->connect(resume => $alice->resume());
ok($alice->{welcome}{resumed}, 'resumed with nothing missed');

# what is no sensible point to resume from ends in a snapshot

for my $resume ({ epoch => $alice->{epoch} - 1, sequence => 1 },
    { epoch => $alice->{epoch}, sequence => 4711 },
    { epoch => 0, sequence => 0 })
{
    $alice->cut();
    $alice->connect(resume => $resume);
    ok(!$alice->{welcome}{resumed}, 'not resumed');
    is($alice->{snapshot}{total}, 2, 'snapshot');
}

# who stays away without media is gone in the end

$alice->cut();
do { $_ = $bob->read('left', 10) } until !$_
    || $_->{participant} eq $alice->{id};
is($_->{reason}, 'absent', 'absent');

$alice->connect(resume => $alice->resume());
is($alice->{welcome}{participant}, $alice->{id}, 'the token still opens');
cmp_ok($alice->{welcome}{number}, '>', 2, 'under a new number');
is($alice->{snapshot}{total}, 2, 'everybody is there');
