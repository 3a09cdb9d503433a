#!/usr/bin/perl

# A hostile participant at another media worker than the call: what it sends
# and asks for without end is stopped there, or costs the call no more than
# from one beside it.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet::Attack;
use Test::More;

my $a = Test::Meet::Attack->new(4, 4, media => 2,
    also => 'meet_media_spread 3;');

is(join(' ', sort values %{ $a->{t}->media_metric('publishers') }), '1 3',
    'the attacker is elsewhere');

$a->attack('a thousand SSRCs', kind => 'ssrcs', rate => 5000,
    moves => [ 'drop_other_total' ]);
$a->attack('malformed RTP', kind => 'malformed', rate => 2000,
    moves => [ 'drop_malformed_total', 'drop_other_total' ]);
is($a->{rise}{records_bad_total} + $a->{rise}{relayed_shed_total}, 0,
    'nothing of it crosses');

$a->attack('keyframe requests', kind => 'pli', rate => 5000,
    moves => [ 'keyframe_requests_total' ]);
cmp_ok($a->{keyframes}, '<=', 3 * 4 * 4, 'publishers make few keyframes')
    and diag("$a->{keyframes} keyframes of three");

$a->attack('requests for packets', kind => 'nack', rate => 2000,
    moves => [ 'retransmitted_total' ]);
cmp_ok($a->{rise}{retransmitted_total}, '<', 3 * 2 * 65 * 6,
    'sent again within bounds')
    and diag("$a->{rise}{retransmitted_total} packets sent again");

$a->stop();
