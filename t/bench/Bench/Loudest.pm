package Bench::Loudest;

# What is saved because of many who talk only the loudest are sent on: the same
# room, with a slot for everybody.  No part of what is compared with a peer.

use warnings;
use strict;

use Bench::Net;
use Bench::Ours;
use Bench::Run;


sub gain {
    my %found;

    Bench::Net::device('soft');

    for my $slots (6, 24) {
        my $server = Bench::Ours->new();
        my $run = Bench::Run->new($server, qw/ --rooms 20 --people 25
            --no-video --pairs 0 --check 2 --gap 5 --spare /, $slots);

        $found{$slots} = $run->rate(10)->measure(3) if $run;
        $run->stop() if $run;
        $server->stop();
    }

    if (!$found{6} || !$found{24}) {
        print "\nloudest: not measured, the load did not get there\n";
        return undef;
    }

    printf "\nof 24 others who talk the loudest six are sent on: %.0f packets/s"
        . " and %.1f%% of the core instead of %.0f and %.1f%%, %.1f times"
        . " less\n", (map { @{ $found{$_} }{qw/ pps busy /} } 6, 24),
        $found{24}{busy} / $found{6}{busy};

    return \%found;
}


1;
