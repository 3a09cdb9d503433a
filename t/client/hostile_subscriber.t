#!/usr/bin/perl

# A participant that asks for keyframes and for packets again and again: the
# publishers are spared, and what is sent again is limited.  One that reports
# on its way all the time: it is read within bounds.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet::Attack;
use Test::More;

my $a = Test::Meet::Attack->new(4, 5);

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

# what it says of its own way holds for it alone, however often it says it

$a->enter(qw/ --remb 1000 /);
$a->attack('estimates', kind => 'remb', rate => 2000,
    moves => [ 'keyframe_requests_total' ]);
cmp_ok($a->{keyframes}, '<=', 3 * 4 * 4, 'publishers make few keyframes')
    and diag("$a->{keyframes} keyframes of three");

$a->enter(qw/ --twcc /);
$a->attack('reports of packets', kind => 'twcc', rate => 1000,
    moves => [ 'packets_in_total' ]);

$a->stop();
