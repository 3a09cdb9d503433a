package Bench::Growth;

# What a packet costs as rooms grow, and as there are more of them.

use warnings;
use strict;

use Bench::Net;
use Bench::Run;


# 720p and sound as from a browser; Janus only as far as it gets with that
sub receivers {
    my ($n) = @_;

    return { peers => $n <= 50, best => 1, rate => 100,
        options => [qw/ --senders 1 --pairs 1 --spare 1 --check 1 --pace
            --video 1500@25 --viewers /, $n,

            # each is told to all who are there, by the load's processor
            '--gap', $n > 1000 ? 20 : 3] };
}


sub rooms {
    my ($n) = @_;

    return { peers => 0, rate => $n > 60 ? 6_000 / $n : 100,
        options => [qw/ --senders 1 --viewers 3 --pairs 1 --spare 1 --check 3
            --video 1500@25 --gap 3 --rooms /, $n] };
}


our %curves = (
    receivers => { points => [ 10, 50, 100, 500, 1000, 2000 ],
        device => 'sink',
        make => \&receivers, title => 'receivers of one speaker' },
    rooms => { points => [ 1, 10, 100, 500 ], device => 'soft',
        make => \&rooms, title => 'rooms of four' },
);


# { server => [ [ n, us, p99 of the way, packets/s, missing, busy ], ... ] };
# `servers` as in bench.pl
sub curve {
    my ($which, $servers) = @_;

    my $curve = $curves{$which};
    my %lines;

    Bench::Net::device($curve->{device});

    for my $n (@{ $curve->{points} }) {
        my $s = $curve->{make}->($n);

        for my $make ($servers->($s)) {
            my $server = $make->();
            my $run = Bench::Run->new($server, @{ $s->{options} });
            my $m = $run && $run->rate(int($s->{rate}) || 1)->measure(3);

            push @{ $lines{$server->name()} }, [ $n, $m->{us}, $m->{way}{p99},
                $m->{pps}, $m->{missing}, $m->{busy} ] if $m && $m->{us};
            print "  $n $curve->{title}: not measured, ", $server->name(),
                " did not get there\n" if !$m;
            $run->stop() if $run;
            $server->stop();
        }
    }

    print "\ncost by $curve->{title}, us of the core a packet (packets/s, core"
        . " in use, one way p99)\n";

    for my $name (sort keys %lines) {
        printf "  %-22s %s\n", $name, join ', ', map { sprintf
            '%d: %.2f (%.0f/s, %.0f%%, %.1f ms%s)', $_->[0], $_->[1], $_->[3],
            $_->[5], $_->[2] / 1000, $_->[4] ? ", $_->[4] missing" : '' }
            @{ $lines{$name} };
    }

    return \%lines;
}


# how much more a packet costs with `to` than with `from`, in percent
sub rise {
    my ($lines, $from, $to) = @_;

    my %us = map { @$_[0, 1] } @{ $lines->{'ngx-meet'} || [] };

    return $us{$from} && $us{$to} ? 100 * ($us{$to} / $us{$from} - 1) : undef;
}


1;
