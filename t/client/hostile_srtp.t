#!/usr/bin/perl

# RTP that does not authenticate, and RTP that was heard before, at 10 000
# packets a second: dropped and counted, whoever it comes from.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet::Attack;
use Test::More;

my $a = Test::Meet::Attack->new(3, 4);

$a->attack('RTP of strangers', kind => 'srtp', rate => 10000, ports => 64,
    stranger => 1, moves => [ 'drop_address_total' ]);
$a->attack('forged RTP of a participant', kind => 'own-srtp', rate => 10000,
    moves => [ 'drop_auth_total' ]);
unharmed('forged RTP');

$a->attack('replay', kind => 'replay', rate => 10000, ports => 4,
    stranger => 1, moves => [ 'drop_auth_total', 'drop_address_total' ]);
unharmed('replay');

$a->stop();


# the same packets could be sent by somebody who forges the address of the
# participant: who is not to suffer from them either
sub unharmed {
    my ($what) = @_;

    my $sum = $a->{own};

    is($sum->{missing}, 0, "$what: nothing missing of whose address it is");
    cmp_ok($sum->{packets}, '>', 3 * 60 * 3 * 0.5, "$what: it is heard");
}
