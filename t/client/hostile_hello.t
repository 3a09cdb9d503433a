#!/usr/bin/perl

# A ClientHello of several datagrams, as browsers with post-quantum key shares
# send it: in order, reversed, doubled and with its first one lost.  And a
# certificate that is not the one of the offer.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;

my $t = Test::Meet->new()->plan(12);

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");
my @media = (qw/ --pairs 5 --publish /, 'mic,cam');
my $link = "$base/$room->{room}#$room->{password}";

my $call = Test::Meet::Native->new(@media, '--count', 2, $link);
is(scalar $call->wait_event('first-packet', 2, 15), 2, 'a call');
$call->run_for(0.5)->tell({ cmd => 'reset' });

for my $how (qw/ split reversed doubled lost /) {
    my $who = Test::Meet::Native->new(@media, '--hello', $how, '--name', $how,
        $link);
    my ($first) = $who->wait_event('first-packet');
    my $up = $who->wait_event('publishing');

    ok($first && $up, "hello $how: both connections are up")
        and diag("hello $how: first packet after $first->{at_ms} ms");
    cmp_ok($first ? $first->{at_ms} : 99999, '<', 3000, 'in time');
    $who->stop();
}

my $liar = Test::Meet::Native->new(@media, qw/ --liar --name liar /, $link);
ok($liar->wait_for(sub { $_[0]{event} =~ /^(publish|subscribe)-failed/ }, 2),
    'another certificate than announced: refused');
$liar->run_for(0.5);
is(scalar $liar->events(sub { $_[0]{event} eq 'first-packet' }), 0,
    'and nothing is sent to it');

$call->run_for(0.5);

my ($p) = grep { $_->{number} } @{ $call->report()->{participants} };
my %of = map { $_->{source} >> 2 => $_ } @{ $p->{received}{slots} };
my $sum = 0;
my @mine = map { $_->{number} } @{ $call->report()->{participants} };
$sum += $of{$_} ? $of{$_}{missing} : 0 for @mine;
is($sum, 0, 'no packet of the others missing');

$_->stop() for $liar, $call;
