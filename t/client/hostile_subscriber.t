#!/usr/bin/perl

# A participant that asks for keyframes and for packets again and again: the
# publishers are spared, and what is sent again is limited.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet::Attack;
use Test::More;

my $a = Test::Meet::Attack->new(2, 2);

$a->attack('keyframe requests', kind => 'pli', rate => 5000,
    moves => [ 'keyframe_requests_total' ]);

# three senders, three seconds, not above four a second each

cmp_ok($a->{keyframes}, '<=', 3 * 4 * 4, 'publishers make few keyframes')
    and diag("$a->{keyframes} keyframes of three");

$a->attack('requests for packets', kind => 'nack', rate => 2000,
    moves => [ 'retransmitted_total' ]);

# of what it receives: not more than once again

cmp_ok($a->{rise}{retransmitted_total}, '<', 3 * 2 * 65 * 6,
    'sent again within bounds')
    and diag("$a->{rise}{retransmitted_total} packets sent again");

$a->stop();
