package Bench::Net;

# Two network namespaces of the measurement's own: the server's with a veth,
# the load's at its other end.  Media packets to one address of the load can
# be made to end before a socket: where the server's device takes them, which
# is a card that segments and has free DMA (`sink`), or behind it, after the
# kernel has segmented (`soft`).

use warnings;
use strict;

our $server_address = '10.98.0.1';
our $load_address = '10.98.1.1';
our $sink_address = '10.98.2.1';

my ($server, $load, $counts);


sub run {
    my (@command) = @_;

    system("@command >/dev/null 2>&1") == 0
        or die "bench: failed: @command\n";
}


sub try { return system("@_ >/dev/null 2>&1") == 0 }


# Starts the script again inside; returns there.  Outside it ends.
sub enter {
    if ($ENV{MEET_BENCH_LOAD}) {
        ($server, $load) = split ' ', $ENV{MEET_BENCH_LOAD};
        return;
    }

    die "bench: needs root for its network namespaces\n" if $> != 0;

    ($server, $load) = ("meet-bench-s$$", "meet-bench-l$$");

    my $status = eval {
        make();
        local $ENV{MEET_BENCH_LOAD} = "$server $load";
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
    run("ip link add name veth0 netns $server type veth peer name veth0 netns"
        . " $load");
    run("ip -n $server addr add $server_address/16 dev veth0");
    run("ip -n $load addr add $_/16 dev veth0") for $load_address,
        $sink_address;
    run("ip -n $_ link set veth0 up") for $server, $load;

    # what one end sends is received by the processor of the other
    steer($server, 1);
    steer($load, 2);
}


sub steer {
    my ($name, $mask) = @_;

    run("ip netns exec $name sh -c 'echo $mask"
        . " >/sys/class/net/veth0/queues/rx-0/rps_cpus'");
}


# command prefix for what runs at the load's end
sub load_prefix { return ('ip', 'netns', 'exec', $load) }


# where media packets to the sink's address end: sink, soft or (veth) nowhere
sub device {
    my ($name) = @_;

    try("ip netns exec $_ nft delete table netdev bench") for $server, $load;
    offload($name eq 'sink' || $name eq 'veth');
    return if $name eq 'veth';

    my ($where, $hook) = $name eq 'sink' ? ($server, 'egress')
        : ($load, 'ingress');

    open my $fh, '|-', "ip netns exec $where nft -f -" or die "nft: $!";
    print $fh <<"EOF";
table netdev bench {
    counter swallowed {
    }
    chain media {
        type filter hook $hook device veth0 priority 0
        ip daddr $sink_address udp length > 8 \@th,64,2 2 counter name swallowed drop
    }
}
EOF
    close $fh or die "bench: nftables has no $hook hook here\n";
    $counts = $where;
}


# segmentation by the device or by the kernel before it
sub offload {
    my ($on) = @_;

    run("ip netns exec $server ethtool -K veth0 tx-udp-segmentation "
        . ($on ? 'on' : 'off'));
}


# device, who receives what comes in, and what segments or joins packets
sub state {
    my $features = `ip netns exec $server ethtool -k veth0 2>/dev/null`;
    my %on = $features =~ /^\s*([\w-]+): (on|off)/mg;
    my $queue = '/sys/class/net/veth0/queues/rx-0/rps_cpus';
    my @masks = map { `ip netns exec $_ cat $queue 2>/dev/null` =~ /(\w+)/ }
        $server, $load;

    return sprintf 'veth, receive steering to processors %s (server) and %s'
        . ' (load) by mask, tx-udp-segmentation %s, GSO %s, GRO %s', @masks,
        map { $on{$_} // '-' } qw/ tx-udp-segmentation
        generic-segmentation-offload generic-receive-offload /;
}


# { packets, bytes } that ended so; a segmented send counts as one packet
# where the device segments
sub swallowed {
    my $text = $counts ? `ip netns exec $counts nft list table netdev bench 2>&1`
        : '';
    my ($packets, $bytes) = $text =~ /packets (\d+) bytes (\d+)/;

    return { packets => $packets || 0, bytes => $bytes || 0 };
}


1;
