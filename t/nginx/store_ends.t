#!/usr/bin/perl

# The absolute end of a room ends its call soon after it is due, long before
# the sweep deletes the room; a room without one goes on.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Time::HiRes qw/ time /;

my $t = Test::Meet->new()->plan(6);

$t->serve(workers => 2);

my $end = int(time()) + 3;
my $short = $t->create_room(8080, name => 'short', expires => $end);
my $long = $t->create_room(8080, name => 'long');
my $ann = Test::Meet::Session->new($t, 8080, $short, 'class', 'Ann');
my $bob = Test::Meet::Session->new($t, 8080, $long, 'class', 'Bob');

is(($ann->read('end', 40) || {})->{reason}, 'expired', 'told of the end');

my $late = time() - $end;

cmp_ok($late, '>=', 0, 'not before it');
cmp_ok($late, '<', 25, 'and soon after');
is($ann->{ws}->read_close(), 4004, 'the connection is closed');
is($t->join_room(8080, $short, 'class', 'Tim')->{status}, 404, 'nobody joins');
is($bob->ask({ type => 'ping' })->{type}, 'pong', 'the other call goes on');

diag(sprintf 'ended %.1f s after its end', $late);
