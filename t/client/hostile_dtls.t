#!/usr/bin/perl

# ClientHello floods, with ciphers nobody has and in pieces that fit nowhere:
# from ports that no check admitted they are not even looked at, from others
# they harm only the participant whose path it is.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet::Attack;
use Test::More;

my $a = Test::Meet::Attack->new(4, 2);
my @stranger = (rate => 5000, ports => 64, stranger => 1,
    moves => [ 'drop_address_total' ]);

$a->attack('hello of strangers', kind => 'hello', @stranger);
$a->attack('hello with an unknown cipher', kind => 'hello-cipher', @stranger);
$a->attack('checked, then any record', kind => 'checked-hello', rate => 5000,
    ports => 4, moves => [ 'drop_malformed_total' ]);

$a->{attacker}->tell({ cmd => 'reset' })->run_for(1);
cmp_ok(Test::Meet::Native->sums($a->{attacker}->report())->{packets}, '>', 100,
    'its own association holds');

# who never shakes hands itself leaves the association open to every hello

$a->enter(qw/ --hello none /);
$a->attack('checked, no handshake yet', kind => 'checked-hello',
    rate => 5000, ports => 4, moves => [ 'drop_malformed_total' ]);

$a->stop();
