package Bench::Proc;

# Processor time of processes and of a processor.

use warnings;
use strict;

use Time::HiRes qw/ time /;


# nanoseconds that all threads of these processes have run
sub ran {
    my (@pids) = @_;

    my $sum = 0;

    for my $pid (@pids) {
        for my $file (glob "/proc/$pid/task/*/schedstat") {
            open my $fh, '<', $file or next;
            $sum += (split ' ', <$fh> // '0')[0];
        }
    }

    return $sum;
}


# processes with such a name
sub named {
    my ($name) = @_;

    my @pids;

    for my $dir (glob '/proc/[0-9]*') {
        open my $fh, '<', "$dir/comm" or next;
        push @pids, $1 if (<$fh> // '') =~ $name && $dir =~ /(\d+)/;
    }

    return @pids;
}


# of those, who run on that processor only
sub bound {
    my ($cpu, @pids) = @_;

    return grep { only_on($_, $cpu) } @pids;
}


sub only_on {
    my ($pid, $cpu) = @_;

    open my $fh, '<', "/proc/$pid/status" or return 0;
    return scalar grep { /^Cpus_allowed_list:\s*$cpu$/ } <$fh>;
}


# { user nice system idle iowait irq softirq steal } in ticks
sub cpu {
    my ($cpu) = @_;

    open my $fh, '<', '/proc/stat' or die;
    my ($line) = grep { /^cpu$cpu / } <$fh>;
    my @ticks = split ' ', $line;
    my %cpu;

    @cpu{qw/ name user nice system idle iowait irq softirq steal /} = @ticks;

    return \%cpu;
}


# percent of the time between two looks
sub share {
    my ($before, $after, @what) = @_;

    my ($sum, $all) = (0, 0);

    for my $name (qw/ user nice system idle iowait irq softirq steal /) {
        my $d = $after->{$name} - $before->{$name};
        $all += $d;
        $sum += $d if grep { $_ eq $name } @what;
    }

    return $all ? 100 * $sum / $all : 0;
}


sub family {
    my ($pid) = @_;

    my %children;

    for my $dir (glob '/proc/[0-9]*') {
        open my $fh, '<', "$dir/stat" or next;
        my $stat = <$fh> // next;
        push @{ $children{$2} }, $1
            if $stat =~ /^(\d+) \(.*\) \S (\d+)/s;
    }

    my @all = ($pid);
    push @all, @{ $children{$_} || [] } for @all;

    return @all;
}


# kilobytes, proportional set size
sub memory { return pss('', @_) }


# the same without files: others who use a library make its share smaller
sub made { return pss('_Anon', @_) + pss('_Shmem', @_) }


sub pss {
    my ($what, @pids) = @_;

    my $sum = 0;

    for my $pid (@pids) {
        open my $fh, '<', "/proc/$pid/smaps_rollup" or next;
        $sum += $1 while join('', <$fh>) =~ /^Pss$what:\s+(\d+) kB/mg;
    }

    return $sum;
}


1;
