package Bench::Joins;

# Many join a room in which a call goes on, people come and go for long, and
# many write at once.

use warnings;
use strict;

use Bench::Net;
use Bench::Ours;
use Bench::Proc;
use Bench::Run;
use Time::HiRes qw/ time /;


# a server and its load, or neither and a line that says so
sub begin {
    my ($what, $device, @options) = @_;

    Bench::Net::device($device);

    my $server = Bench::Ours->new();
    my $run = Bench::Run->new($server, @options);

    return ($server, $run) if $run;

    $server->stop();
    print "\n$what: not measured, not everybody got there\n";

    return ();
}


sub storm {
    my ($server, $run) = begin('joining', 'veth', qw/ --senders 1 --viewers 20 --pairs 4
        --spare 1 --pace --video 800@25 --check 10 --rate 100 --gap 50 /);

    return undef if !$run;

    my $load = $run->{load};
    my $alone = $load->mark();
    my $begun = time();
    my @inside;

    $load->tell({ cmd => 'join', count => 500, gap_ms => 10 });

    # the worker counts anew every second or so
    for (1 .. 7) {
        $load->run_for(1);
        push @inside, $server->metrics()->{residence_p99};
    }

    my $there = $load->ready(30);
    my $took = time() - $begun;

    $load->run_for(1);

    my $m = $load->mark();

    printf "\njoining: alone p50 %d p99 %d ms; 500 in 5 s: %d there%s, p50 %d"
        . " p99 %d ms to the first packet, the others know after p50 %d p99 %d"
        . " ms;\n  packets of the call stayed p99"
        . " %s us by the second; %d of %d missing; load tool %.0f%%\n",
        $alone->{join_us}{p50} / 1000, $alone->{join_us}{p99} / 1000,
        $m->{join_us}{count}, $there ? sprintf(' after %.1f s', $took)
        : ', some not within 37 s', $m->{join_us}{p50} / 1000,
        $m->{join_us}{p99} / 1000, (map { $m->{told_us}{$_} / 1000 } qw/ p50
        p99 /), join(' ', @inside), $m->{missing},
        $m->{checked}, $m->{cpu_percent};

    $run->stop();
    $server->stop();

    return { storm => $m, alone => $alone, inside => \@inside,
        there => $there ? 1 : 0 };
}


# 500 people without media, of whom 200 write a line at once
sub chat {
    my ($server, $run) = begin('chat', 'veth', qw/ --viewers 500 --no-video
        --pairs 0 --spare 1 --gap 8 /);

    return undef if !$run;

    my $load = $run->{load};
    my $joined = $load->mark();
    my $m;

    $load->tell({ cmd => 'chat', count => 200 });
    $load->run_for(3);
    $m = $load->mark();

    printf "\nchat: of 500 people 200 write a line at once: heard %d times,"
        . " after p50 %d p99 %d ms, the last after %d; the 500 knew of each"
        . " other p50 %d p99 %d ms after a join began\n", $m->{heard_us}{count},
        (map { $m->{heard_us}{$_} / 1000 } qw/ p50 p99 max /),
        map { $joined->{told_us}{$_} / 1000 } qw/ p50 p99 /;

    $run->stop();
    $server->stop();

    return { chat => $m, joined => $joined };
}


# ten viewers a second leave and join again; `seconds` of it
sub churn {
    my ($seconds) = @_;

    my ($server, $run) = begin('coming and going', 'soft', qw/ --senders 2 --viewers 60 --pairs 4
        --spare 2 --video 300@15 --check 100 --rate 100 --gap 10 --churn 100 /);

    return undef if !$run;

    my $load = $run->{load};
    my @parts;

    # what is needed once has been made by then
    $load->run_for($seconds < 60 ? $seconds / 3 : 30);
    $load->mark();

    my $each = $seconds / 4;
    my @memory = Bench::Proc::memory($server->pids());
    my $joins = 0;
    my ($missing, $checked) = (0, 0);

    for (1 .. 4) {
        $load->run_for($each);
        my $m = $load->mark();
        $joins += $m->{joins};
        $missing += $m->{missing};
        $checked += $m->{checked};
        push @memory, Bench::Proc::memory($server->pids());
    }

    my $rise = 100 * ($memory[-1] / $memory[0] - 1);

    printf "\ncoming and going: %d joined in %d s; the media worker held %s"
        . " MB: %+.1f %%; %d of %d packets missing\n", $joins, $seconds,
        join(' ', map { sprintf '%.1f', $_ / 1024 } @memory), $rise, $missing,
        $checked;

    $run->stop();
    $server->stop();

    return { seconds => $seconds, joins => $joins, memory_kb => \@memory,
        rise_percent => $rise, missing => $missing, checked => $checked };
}


1;
