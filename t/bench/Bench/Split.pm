package Bench::Split;

# Where a packet's time goes, by perf: samples of the worker are told apart by
# the system call they are under, or by the library they are in.

use warnings;
use strict;

use File::Temp qw/ tempfile /;
use Time::HiRes qw/ time sleep /;

my @steps = qw/ receive decrypt select encrypt send other /;


sub steps { return @steps }


sub there { return system('perf --version >/dev/null 2>&1') == 0 }


# { step => share } of so many seconds; undef without perf
sub split {
    my ($pid, $seconds) = @_;

    return undef if !there();

    my (undef, $file) = tempfile('meet-bench-XXXXXXXX', TMPDIR => 1);

    system("perf record -q -e cpu-clock -F 1999 -g -p $pid -o $file"
        . " -- sleep $seconds >/dev/null 2>&1");

    my (%count, $all);

    open my $fh, '-|', "perf script -i $file -F ip,sym,dso 2>/dev/null"
        or return undef;
    local $/ = '';

    while (my $sample = <$fh>) {
        $count{step($sample)}++;
        $all++;
    }

    close $fh;
    unlink $file, "$file.old";

    return undef if !$all;
    return { map { $_ => ($count{$_} || 0) / $all } @steps };
}


sub step {
    my ($sample) = @_;

    return 'receive' if $sample =~ /sys_recvm?msg/;
    return 'send' if $sample =~ /sys_sendm?msg/;

    my ($first) = split /\n/, $sample;

    return 'other' if $first =~ /\[kernel|\[vdso/;
    return 'decrypt' if $first =~ /nss|softok|freebl|srtp2|nspr|mw_srtp|mw_aead_in
        |mw_replay|_open\b/x;
    return 'encrypt' if $first =~ /libcrypto|mw_aead|mw_cipher|mw_gcm/;
    return 'receive' if $first =~ /mw_udp_(readable|receive|path|match|table)/;
    return 'send' if $first =~ /mw_egress_(send|flush|portion|run|empty)|mw_udp_(send|control)/;
    return 'select';
}


1;
