#!/usr/bin/perl

# Checks that are valid: too many, all nominating, from too many ports, with
# attributes of a kilobyte, or of one port for two connections.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet::Attack;
use Test::More;

my $a = Test::Meet::Attack->new(3, 2);
my @moves = ( 'packets_out_total' );

$a->attack('nominations from 64 ports', kind => 'stun-storm', rate => 2000,
    ports => 64, admitted => 1, moves => \@moves);
$a->attack('large unknown attributes', kind => 'stun-huge', rate => 2000,
    ports => 4, moves => [ 'drop_stun_total' ]);
$a->attack('one port for two connections', kind => 'stun-swap', rate => 2000,
    ports => 4, admitted => 1, moves => \@moves);

# all that was the attacker's own loss, and not for long

$a->{attacker}->run_for(6)->tell({ cmd => 'reset' })->run_for(1);

my $sum = Test::Meet::Native->sums($a->{attacker}->report());
cmp_ok($sum->{packets}, '>', 3 * 2 * 60 * 0.5, 'its own paths are back');
is($sum->{missing}, 0, 'with all packets');

$a->stop();
