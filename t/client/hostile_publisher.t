#!/usr/bin/perl

# A participant that publishes nonsense under valid keys: a thousand streams,
# headers, descriptors, padding and retransmissions that lie, RTCP of any kind.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet::Attack;

my $a = Test::Meet::Attack->new(3);

$a->attack('a thousand SSRCs', kind => 'ssrcs', rate => 5000,
    moves => [ 'drop_other_total' ]);
$a->attack('malformed RTP', kind => 'malformed', rate => 2000,
    moves => [ 'drop_malformed_total', 'drop_other_total' ]);
$a->attack('malformed RTCP', kind => 'reports', rate => 2000,
    moves => [ 'packets_in_total' ]);

$a->stop();
