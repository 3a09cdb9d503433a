package Bench::Relay;

# What it costs that packets cross from one media worker to another: a room of
# some who send and one who receives, on one worker, and with the receiver at
# another one, both on the same processor.  Each packet crosses and leaves once.

use warnings;
use strict;

use Bench::Net;
use Bench::Ours;
use Bench::Run;

use constant { SENDERS => 12, SECONDS => 3 };


# `rounds` in turns; { percent of the rate => { us, cross, one, two } }
sub cost {
    my ($rounds) = @_;

    my %found;

    print "\na room of ", SENDERS, " senders and a receiver at another media"
        . " worker, beside the same at one\n";

    for my $rate (100, 800) {
        my (%busy, @cross, $late);

        for (1 .. $rounds) {
            for my $workers (1, 2) {
                my $m = once($workers, $rate) or next;

                push @{ $busy{$workers} }, $m->{busy};
                push @cross, $m->{cross} if $workers == 2;
                $late = $m->{way}{p99};
            }
        }

        if (!@cross || !$busy{1}) {
            print "  $rate %: not measured, the load did not get there\n";
            next;
        }

        my ($one, $two, $cross) = map { median(@$_) } @busy{1, 2}, \@cross;
        my $us = $cross ? 1e4 * ($two - $one) / $cross : 0;

        printf "  %5.0f packets/s: %5.2f us of the core a packet that crosses;"
            . " %.1f %% of it instead of %.1f (each round: %s | %s), one way"
            . " p99 %d us\n", $cross, $us, $two, $one, (map { join ' ',
            map { sprintf '%.1f', $_ } @$_ } @busy{2, 1}), $late;
        $found{$rate} = { us => $us, cross => $cross, one => $busy{1},
            two => $busy{2} };
    }

    return \%found;
}


# figures of Bench::Run, and how many packets have crossed a second
sub once {
    my ($workers, $rate) = @_;

    Bench::Net::device('soft');

    my $server = Bench::Ours->new(workers => $workers, spread => SENDERS);
    my $run = Bench::Run->new($server, '--senders', SENDERS, '--pairs',
        SENDERS, qw/ --viewers 1 --spare 0 --no-audio --check 100
        --video 800@92 --gap 30 /);
    my $m;

    if ($run) {
        $run->rate($rate);

        # of what comes in so much crosses; both are counted once a second
        my $before = $server->metrics();
        $m = $run->measure(SECONDS);
        my $after = $server->metrics();
        my ($in, $crossed) = map { $after->{$_} - $before->{$_} }
            qw/ packets_in_total relayed_out_total /;

        $m->{cross} = $in ? $m->{sent} * $crossed / $in : 0;
        $run->stop();
    }

    $server->stop();

    return $m;
}


sub median {
    my @sorted = sort { $a <=> $b } @_;

    return @sorted ? $sorted[$#sorted / 2] : undef;
}


1;
