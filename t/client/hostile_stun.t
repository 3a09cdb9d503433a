#!/usr/bin/perl

# STUN of strangers: forged, of nobody and broken checks are dropped without
# an answer, however many.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet::Attack;

my $a = Test::Meet::Attack->new(3);

$a->attack('checks with a bad signature', kind => 'stun-integrity',
    rate => 5000, ports => 64, stranger => 1, moves => [ 'drop_stun_total' ]);
$a->attack('checks for nobody', kind => 'stun-foreign', rate => 5000,
    ports => 64, stranger => 1, moves => [ 'drop_stun_total' ]);
$a->attack('broken checks', kind => 'stun-garbage', rate => 5000, ports => 64,
    moves => [ 'drop_stun_total' ]);

$a->stop();
