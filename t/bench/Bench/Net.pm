package Bench::Net;

# Two network namespaces of the measurement's own: the server's with a veth,
# the load's at its other end.  Media packets to one address of the load can
# be made to end in another device of the server's, which is a card with free
# DMA: one that segments (`sink`), or one for which the kernel does (`soft`).

use warnings;
use strict;

use Bench::Proc;

our $server_address = '10.98.0.1';
our $load_address = '10.98.1.1';
our $sink_address = '10.98.2.1';

my ($server, $load, $counts);
my $veth; # both ends, a name of this run


sub run {
    my (@command) = @_;

    system("@command >/dev/null 2>&1") == 0
        or die "bench: failed: @command\n";
}


sub try { return system("@_ >/dev/null 2>&1") == 0 }


# Starts the script again inside; returns there.  Outside it ends.
sub enter {
    if ($ENV{MEET_BENCH_LOAD}) {
        ($server, $load, $veth) = split ' ', $ENV{MEET_BENCH_LOAD};
        return;
    }

    die "bench: needs root for its network namespaces\n" if $> != 0;

    ($server, $load, $veth) = ("meet-bench-s$$", "meet-bench-l$$", "mb$$");

    my $status = eval {
        make();
        local $ENV{MEET_BENCH_LOAD} = "$server $load $veth";
        local $SIG{INT} = 'IGNORE';
        system('ip', 'netns', 'exec', $server, $^X, (map { "-I$_" } @INC), $0,
            @ARGV);
    };
    my $error = $@;

    try("ip netns del $_") for $server, $load;
    die $error if $error;
    exit $status >> 8;
}


sub make {
    run("ip netns add $_") for $server, $load;
    run("ip -n $_ link set lo up") for $server, $load;
    run("ip link add name $veth netns $server type veth peer name $veth netns"
        . " $load");
    run("ip -n $server addr add $server_address/16 dev $veth");
    run("ip -n $load addr add $_/16 dev $veth") for $load_address,
        $sink_address;
    run("ip -n $_ link set $veth up") for $server, $load;

    # both drop what they are to send
    try("ip -n $server link add sink0 type dummy")
        or run("ip -n $server link add sink0 type ifb");
    run("ip -n $server link set sink0 up arp on");

    # what is no media goes on to the load's device
    my ($mac) = `ip -n $load link show dev $veth` =~ /ether (\S+)/;

    run("ip -n $server neigh add $sink_address lladdr $mac dev sink0");

    receive($server, 0);
    receive($load, 1);
}


# What an end receives is polled by a thread of the kernel on that end's
# processor, before whatever else runs there, and it is told of more 50 us after
# the last at the earliest: as with a card that moderates its interrupts.
sub receive {
    my ($name, $cpu) = @_;

    my $device = "/sys/class/net/$veth";
    my %known = map { $_ => 1 } threads();

    run("ip netns exec $name ethtool -K $veth gro on");
    run("ip netns exec $name sh -c 'echo 2 >$device/napi_defer_hard_irqs"
        . " && echo 50000 >$device/gro_flush_timeout"
        . " && echo 1 >$device/threaded'");

    my @own = grep { !$known{$_} } threads();

    die "bench: the kernel has no thread that polls\n" if @own != 1;
    run("taskset -pc $cpu $own[0]");
    run("chrt -f -p 1 $own[0]");
}


# that poll, of both ends
sub threads { return Bench::Proc::named(qr/^napi\/$veth-/) }


# command prefix for what runs at the load's end
sub load_prefix { return ('ip', 'netns', 'exec', $load) }


# where media packets to the sink's address end: sink, soft or (veth) nowhere
sub device {
    my ($name) = @_;

    try("ip netns exec $server nft delete table netdev bench");
    try("ip -n $server route del $sink_address dev sink0");
    $counts = $name ne 'veth';
    return if !$counts;

    offload($name eq 'sink');

    # handshakes and checks of paths get there all the same
    open my $fh, '|-', "ip netns exec $server nft -f -" or die "nft: $!";
    print $fh <<"EOF";
table netdev bench {
    counter swallowed {
    }
    chain media {
        type filter hook egress device sink0 priority 0
        udp length > 8 \@th,64,2 2 counter name swallowed accept
        fwd to "$veth"
    }
}
EOF
    close $fh or die "bench: nftables has no egress hook here\n";
    run("ip -n $server route add $sink_address dev sink0 src $server_address");
}


# segmentation by the device or by the kernel before it
sub offload {
    my ($on) = @_;

    run("ip netns exec $server ethtool -K sink0 tx-udp-segmentation "
        . ($on ? 'on' : 'off'));
}


# devices, who receives what comes in, and what segments or joins packets
sub state {
    my ($kind) = `ip -n $server -d link show dev sink0` =~ /\b(dummy|ifb)\b/;
    my $features = `ip netns exec $server ethtool -k $veth 2>/dev/null`;
    my %on = $features =~ /^\s*([\w-]+): (on|off)/mg;

    return sprintf '%s for what is counted at the device, otherwise veth,'
        . ' received by a thread on the processor of its end,'
        . ' tx-udp-segmentation %s, GSO %s, GRO %s', $kind // '?',
        map { $on{$_} // '-' } qw/ tx-udp-segmentation
        generic-segmentation-offload generic-receive-offload /;
}


# { packets, bytes } that ended so; a segmented send counts as one packet
sub swallowed {
    my $text = $counts ? `ip netns exec $server nft list table netdev bench 2>&1`
        : '';
    my ($packets, $bytes) = $text =~ /packets (\d+) bytes (\d+)/;

    return { packets => $packets || 0, bytes => $bytes || 0 };
}


1;
