#!/usr/bin/perl

# What the media worker does on one core, and what Janus does with the same
# load: packets a second, where the time goes, how long packets stay, joins.
#   bench.pl [--rounds N] [--only WORD] [--compare REV] [--no-memory] [--soak]
# Prints tables; writes build/bench/bench.json and cost.svg.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin", "$FindBin::Bin/../nginx/lib";

use Getopt::Long;
use JSON::PP;
use POSIX qw/ strftime /;
use Time::HiRes qw/ sleep /;

use Bench::Net;

$| = 1;

my %o = (rounds => 1, memory => 1, only => '');
GetOptions(\%o, 'rounds=i', 'only=s', 'compare=s', 'memory!', 'soak')
    or exit 2;

my $top = "$FindBin::Bin/../..";
my $build = $ENV{MEET_BUILD} || "$top/build";
my $limit = 10_000;    # microseconds of one way, 99 %

# @ARGV is consumed: the script starts itself again
@ARGV = ('--rounds', $o{rounds}, '--only', $o{only},
    $o{memory} ? () : '--no-memory', $o{soak} ? '--soak' : (),
    $o{compare} ? ('--compare', $o{compare}) : ());

if (!$ENV{MEET_BENCH_LOAD}) {
    system($^X, "$FindBin::Bin/memory.pl") if $o{memory};
    $ENV{MEET_BENCH_OTHER} = build_other($o{compare}) if $o{compare};
}

Bench::Net::enter();

require Bench::Growth;
require Bench::Janus;
require Bench::Joins;
require Bench::Ours;
require Bench::Plot;
require Bench::Proc;
require Bench::Relay;
require Bench::Run;
require Bench::Split;


# percent of `video` at which a first look is taken; it must be bearable
my @scenarios = (
    { name => 'page', title => '25 tiles, 240 receivers', first => 10,
        device => 'sink', peers => 0, options => [qw/ --senders 25
            --viewers 240 --pairs 25 --spare 0 --no-audio --video 800@92
            --check 1 --gap 3 /] },
    { name => 'page-soft', title => 'the same, kernel segments', first => 10,
        device => 'soft', peers => 0, options => [qw/ --senders 25
            --viewers 240 --pairs 25 --spare 0 --no-audio --video 800@92
            --check 1 --gap 3 /] },
    { name => 'page-veth', title => 'the same, into sockets', first => 10,
        device => 'veth', peers => 0, options => [qw/ --senders 25
            --viewers 240 --pairs 25 --spare 0 --no-audio --video 800@92
            --check 1 --gap 3 /] },
    { name => 'single', title => 'one packet a send, 960 receivers',
        first => 10, device => 'sink', peers => 0, options => [qw/ --rooms 8
            --senders 1 --viewers 120 --pairs 1 --spare 0 --no-audio
            --video 2560@290 --check 1 --gap 3 /] },
    { name => 'speaker', title => '1.5 Mbit/s and sound to 300', first => 10,
        device => 'soft', peers => 1, options => [qw/ --senders 1
            --viewers 300 --pairs 1 --spare 1 --video 1500@25 --check 1
            --gap 10 /] },
    { name => 'share', title => 'screen, camera and sound to 120', first => 10,
        device => 'soft', peers => 0, options => [qw/ --senders 1 --share
            --viewers 120 --pairs 2 --spare 1 --video 500@25 --check 2
            --gap 10 /] },
    { name => 'fours', title => '40 rooms of 4, 500 kbit/s', first => 20,
        device => 'soft', peers => 1, options => [qw/ --rooms 40 --people 4
            --pairs 4 --spare 0 --video 500@25 --check 3 --gap 10 /] },
    { name => 'sound', title => 'sound only, 20 rooms of 25', first => 5,
        device => 'soft', peers => 1, people => 500, others => 24, options => [qw/ --rooms 20 --people 25
            --no-video --pairs 0 --spare 6 --check 2 --gap 5 /] },
);

my @found;

machine();

if ($ENV{MEET_BENCH_OTHER}) {
    compare();
} else {
    capacity($_) for grep { index($_->{name}, $o{only}) >= 0 } @scenarios;
    growth() if index('growth', $o{only}) >= 0;
    push @found, { relay => Bench::Relay::cost($o{rounds} < 3 ? 3 : $o{rounds}) }
        if index('relay', $o{only}) >= 0;
    push @found, { storm => Bench::Joins::storm() }
        if index('storm', $o{only}) >= 0;
    push @found, { chat => Bench::Joins::chat() }
        if index('chat', $o{only}) >= 0;
    push @found, { churn => Bench::Joins::churn($o{soak} ? 3600 : 24) }
        if index('churn', $o{only}) >= 0;
}

mkdir "$build/bench";
open my $json, '>', "$build/bench/bench.json" or die "bench.json: $!";
print $json JSON::PP->new->canonical->pretty->encode(\@found);
close $json;


sub machine {
    my ($model) = map { /model name\s*:\s*(.*)/ ? $1 : () } lines('/proc/cpuinfo');
    my $kernel = (lines('/proc/sys/kernel/osrelease'))[0];

    chomp $kernel;
    printf "%s, %s, Linux %s; server on processor 0, load on 1; %s\n",
        strftime('%Y-%m-%d', gmtime), $model, $kernel, Bench::Net::state();
    push @found, { machine => $model, kernel => $kernel,
        device => Bench::Net::state(), time => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime) };
}


sub lines {
    open my $fh, '<', $_[0] or return ();
    return <$fh>;
}


sub servers {
    my ($s) = @_;

    my @peers = (sub { Bench::Janus->new(event_loops => 1) });

    # as shipped it is slower; curves do without
    unshift @peers, sub { Bench::Janus->new() } if !$s->{best};

    return (sub { Bench::Ours->new() },
        $s->{peers} && Bench::Janus::there() ? @peers : ());
}


sub median {
    my @sorted = sort { $a <=> $b } @_;

    return $sorted[$#sorted / 2];
}


# Rises until packets take too long or get lost: together packets cost less, so
# what a low rate takes says little, nor does a core that is always busy.  Who
# is late from the beginning rises until there is no more.  Then less again for
# the way there, and far too much, for the most there is.
sub ladder {
    my ($server, $s) = @_;

    my $run = Bench::Run->new($server, @{ $s->{options} }) or return ();
    my $rate = $s->{first};
    my (@rungs, $full, $bears);

    for (1 .. 20) {
        my $m = $run->rate(int $rate)->measure(1.5);

        # twice in turn: the machine has other things to do as well
        $m = $run->measure(1.5) if !fine($m);
        $m->{rate} = int $rate;
        last if @rungs && !$bears && !fine($m)
            && ($m->{busy} > 97 || $m->{pps} < 1.05 * $rungs[-1]{pps});

        push @rungs, { %$m, load_percent => 0 };
        $bears ||= fine($m);
        $full = $rungs[-1] if fine($m) || !$bears;
        last if $bears && !fine($m);

        my $more = $m->{busy} > 1 ? 97 / $m->{busy} : 1.6;
        $rate *= $more > 1.6 ? 1.6 : $more < 1.1 ? 1.1 : $more;
    }

    $full->{load_percent} = 100;

    # what still waits is sent
    my $little = int($full->{rate} / 10) || 1;

    $run->rate($little);

    for my $part (80, 50, 170, 250) {
        my $rate = int($full->{rate} * $part / 100) || 1;
        my $m = $run->rate($rate)->measure(2);

        push @rungs, { %$m, load_percent => $part, rate => $rate };
    }

    $run->rate($little)->rate($full->{rate}) if ref $server eq 'Bench::Ours';
    $full->{split} = Bench::Split::split($server->pids(), 2)
        if ref $server eq 'Bench::Ours';
    $run->stop();

    return @rungs;
}


# The load was late itself: says nothing about the server.
sub heaped { return $_[0]{late} > $limit }


sub fine { return $_[0]{way}{p99} <= $limit && !heaped($_[0])
    && $_[0]{missing} * 1000 <= $_[0]{checked} }


sub capacity {
    my ($s) = @_;

    my %runs;
    my @names;

    for my $round (1 .. $o{rounds}) {
        for my $make (servers($s)) {
            Bench::Net::device($s->{device});

            my $server = $make->();
            my @rungs = ladder($server, $s);

            push @names, $server->name() if $round == 1;
            push @{ $runs{$server->name()} }, \@rungs if @rungs;
            $server->stop();
        }
    }

    printf "\n%s (%s)\n", $s->{title}, { sink => 'device segments',
        soft => 'kernel segments', veth => 'delivered' }->{$s->{device}};

    for my $name (@names) {
        my @best = map { best(@$_) } @{ $runs{$name} || [] };
        my ($last) = @{ $runs{$name} || [] };

        if (!@best) {
            printf "  %-22s not measured: the load did not get there\n", $name;
            next;
        }

        printf "  %-22s %8.0f packets/s  %5.2f Gbit/s  %6.2f us a packet%s\n",
            $name, median(map { $_->{pps} } @best),
            median(map { $_->{bps} / 1e9 } @best),
            median(map { $_->{us} } @best),
            (grep { $_->{over} } @best) ? "  (late: p99 over $limit us)" : '';
        printf "  %22s %.3f%% of the core a participant\n", '', median(
            map { $_->{busy} * 100 / $_->{rate} / $s->{people} } @best)
            if $s->{people};

        # apart from what is compared: a peer is asked for as many
        printf "  %22s all who talk would be %.1f times as many packets\n", '',
            median(map { $_->{sent} * $s->{others} / $_->{pps} } @best)
            if $s->{others} && $name eq 'ngx-meet';
        table($last);
        push @found, { scenario => $s->{name}, server => $name,
            pps => median(map { $_->{pps} } @best),
            bps => median(map { $_->{bps} } @best),
            us => median(map { $_->{us} } @best), rounds => $runs{$name} };
    }
}


sub best {
    my @all = sort { $b->{pps} <=> $a->{pps} } @_;
    my @fine = grep { fine($_) } @all;

    # nothing was: say what there was
    return $fine[0] || { %{ $all[0] }, over => 1 };
}


sub table {
    my ($rungs) = @_;

    for my $m (@$rungs) {
        printf "      %3s%%: %7.0f/s, core %5.1f%%, one way p50 %5d p99 %6d us%s"
            . ", load tool %2.0f%%, late p99 %d us, steal %.1f%%, others %.0f%%%s\n",
            $m->{load_percent} || '-', $m->{pps}, $m->{busy}, $m->{way}{p50},
            $m->{way}{p99}, defined $m->{p99}
            ? sprintf(', inside p50 %d p99 %d us', $m->{p50}, $m->{p99}) : '',
            $m->{load}, $m->{late}, $m->{steal}, $m->{others},
            ($m->{missing} ? ", $m->{missing} of $m->{checked} missing" : '')
            . (heaped($m) ? ', the load was late' : '');

        next if !$m->{split};
        print '            ', join(', ', map { sprintf '%s %.2f', $_,
            $m->{split}{$_} * $m->{us} } Bench::Split::steps()),
            " us a packet (perf)\n";
    }
}


# cost by number of receivers, and by number of rooms
sub growth {
    my $lines = Bench::Growth::curve('receivers', \&servers);
    my $rise = Bench::Growth::rise($lines, 100, 2000);

    printf "  ngx-meet, 2000 receivers against 100: %+.1f %% a packet\n", $rise
        if defined $rise;

    my $rooms = Bench::Growth::curve('rooms', \&servers);

    push @found, { growth => $lines, rooms => $rooms, rise_percent => $rise };
    mkdir "$build/bench";
    Bench::Plot::write("$build/bench/cost.svg", {
        title => 'cost of a forwarded packet',
        x => 'receivers of one speaker; rooms of four',
        y => 'microseconds', lines => [ (map { { name => $_,
            points => $lines->{$_} } } sort keys %$lines), (map { {
            name => "$_, rooms", points => $rooms->{$_} } } sort keys %$rooms)
        ] });
}


# ------------------------------------------------------------------ A and B

sub build_other {
    my ($rev) = @_;

    return $rev if -f $rev && -x _;    # a meet-media that is there

    my $dir = "$build/compare";

    system("git -C $top worktree remove --force $dir >/dev/null 2>&1");
    system("git -C $top worktree add --detach $dir $rev >/dev/null 2>&1") == 0
        or die "bench: no revision $rev\n";
    system("make -s -j2 -C $dir/media_worker B=$build/media-compare") == 0
        or die "bench: $rev does not build\n";
    system("git -C $top worktree remove --force $dir >/dev/null 2>&1");

    return "$build/media-compare/meet-media";
}


# the same rate to both, in turns; microseconds of the core a packet
sub compare {
    for my $s (grep { index($_->{name}, $o{only}) >= 0 } @scenarios) {
        my (%us, %p99);

        for my $round (0 .. $o{rounds}) {
            for my $which (qw/ this other /) {
                local $ENV{MEET_MEDIA} = $which eq 'other'
                    ? $ENV{MEET_BENCH_OTHER} : $ENV{MEET_MEDIA};
                delete $ENV{MEET_MEDIA} if !defined $ENV{MEET_MEDIA};

                Bench::Net::device($s->{device});
                my $server = Bench::Ours->new();
                my $run = Bench::Run->new($server, @{ $s->{options} });
                my $m = $run && $run->rate($s->{first} * 2)->measure(3);

                $run->stop() if $run;
                $server->stop();

                # the first round warms up
                next if !$m || !$round;
                push @{ $us{$which} }, $m->{us};
                push @{ $p99{$which} }, $m->{p99} // 0;
            }
        }

        if (grep { !$us{$_} } qw/ this other /) {
            print "$s->{name}: not measured, the load did not get there\n";
            next;
        }

        my ($a, $b) = map { median(@{ $us{$_} }) } qw/ this other /;

        printf "%-12s this %.3f, %s %.3f us a packet: %+.1f %%;"
            . " each: %s | %s\n", $s->{name}, $a, $o{compare}, $b,
            100 * ($a - $b) / $b,
            map { join ' ', map { sprintf '%.2f', $_ } @{ $us{$_} } }
            qw/ this other /;
        push @found, { compare => $o{compare}, scenario => $s->{name},
            this => $us{this}, other => $us{other} };
    }
}
