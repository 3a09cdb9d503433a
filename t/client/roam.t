#!/usr/bin/perl

# Changes of address during a call: with an ICE restart, with a check at once,
# and without a word when a NAT forgets its mapping; then a network that is
# gone for longer than consent lasts.  Same participant, same slots; the longest
# pause is printed.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use JSON::PP;
use Test::Meet;
use Test::Meet::Native;
use Test::More;

my $t = Test::Meet->new()->plan(21);

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 3,
    '--count', 3, "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');
$call->run_for(1);

my $before = slots($call->report());

# promised: back within 3 s; a NAT's silence lasts until the next check, which
# comes every 2.5 s

roam('restart from the same port', 1000,
    { cmd => 'restart', rebind => JSON::PP::false });
roam('restart from another port', 1000,
    { cmd => 'restart', rebind => JSON::PP::true });
roam('another port and a check', 1000,
    { cmd => 'rebind', aware => JSON::PP::true });
roam('another port unnoticed', 3500,
    { cmd => 'rebind', aware => JSON::PP::false }, 4);

# 35 s without a datagram, RFC 7675 allows 30: the server is silent, too, but
# keeps the association as long as the participant exists; an ICE restart, even
# from another port, finds it as it was

$call->tell({ cmd => 'cut', who => 0, on => JSON::PP::true })->run_for(35);
$call->tell({ cmd => 'cut', who => 0, on => JSON::PP::false });
roam('restart after 35 s without network', 0,
    { cmd => 'restart', rebind => JSON::PP::true });

is(scalar $call->events(sub { $_[0]{event} =~ /^(ended|closed|.*-failed)$/ }),
    0, 'no connection failed, no session ended');

$call->stop();


# { participant's index => { slot's half => source } }, as text
sub slots {
    my ($report) = @_;

    my @lines;

    for my $who (@{ $report->{participants} }) {
        push @lines, map { "$who->{number}: $_->{slot} $_->{video}"
            . " $_->{source}" } @{ $who->{received}{slots} };
    }

    return join "\n", sort @lines;
}


# the first participant moves
sub roam {
    my ($what, $limit, $command, $seconds) = @_;

    $call->tell({ cmd => 'reset' })->run_for(0.3);
    $call->tell({ %$command, who => 0 })->run_for($seconds || 2);

    my $report = $call->report();
    my @who = @{ $report->{participants} };
    my ($pause, $idle, $missing) = (0, 0, 0);

    for my $half (map { @{ $_->{received}{slots} } } @who) {
        $pause = $half->{silence_us} if $half->{silence_us} > $pause;
        $idle = $half->{idle_us} if $half->{idle_us} > $idle;
        $missing += $half->{missing};
    }

    diag(sprintf '%s: longest pause %d ms, %d packets lost', $what,
        $pause / 1000, $missing);

    cmp_ok($pause, '<', $limit * 1000, "$what: the pause is short") if $limit;
    cmp_ok($idle, '<', 500_000, "$what: media goes on");
    is(slots($report), $before, "$what: everybody in their slots");
    is(join(' ', map { $_->{snapshots} } @who), '1 1 1',
        "$what: nobody joined anew");
}
