package Test::Meet::Net;

# A network of the test's own: the script starts itself again in a namespace
# that ends with it.  To be called before Test::Meet is loaded.

use warnings;
use strict;

use Test::More ();

my $own;    # this process is in a network of its own


sub run {
    my (@command) = @_;

    return system("@command >/dev/null 2>&1") == 0;
}


# 'private': skip the test where there can be none; otherwise the machine's
# loopback will do if it has IPv6
sub enter {
    my ($class, $need) = @_;

    if (!$ENV{MEET_OWN_NET}) {
        if ($> == 0 && run(qw/ unshare --net nft list ruleset /)) {
            $ENV{MEET_OWN_NET} = 1;
            exec 'unshare', '--net', $^X, (map { "-I$_" } @INC), $0
                or die "unshare: $!";
        }

        return if !$need && run("ip -6 addr show dev lo | grep -q ::1/");

        Test::More::plan(skip_all => 'no network namespace, and no nft');
    }

    # what this script starts has no use for it
    delete $ENV{MEET_OWN_NET};
    $own = 1;
    run(qw/ ip link set lo up /) or die 'no loopback';
}


# an interface with these addresses, for peers that do not use loopback
sub interface {
    my ($class, @addresses) = @_;

    $own or die 'not our network';
    run(qw/ ip link add meet0 type veth peer name meet1 /)
        && run(qw/ ip link set meet1 up /) or return 0;
    run(qw/ ip addr add /, $_, qw/ dev meet0 /, (/:/ ? 'nodad' : ()))
        or return 0 for @addresses;

    return run(qw/ ip link set meet0 up /);
}


# sets it where the network is ours; returns what is asked for otherwise
sub mtu {
    my ($class, $mtu) = @_;

    $own or return $mtu;
    run("ip link set lo mtu $mtu");
    `ip link show dev lo` =~ /mtu (\d+)/;

    return $1;
}


# so many of 100 UDP datagrams are lost from now on; for 0, those that there
# were and those that were lost
sub lose {
    my ($class, $percent) = @_;

    $own or die 'not our network';

    if ($percent == 0) {
        my @counts = `nft list table inet loss` =~ /packets (\d+)/g;

        run(qw/ nft delete table inet loss /);

        return @counts;
    }

    return run('nft', "'add table inet loss;"
        . ' add chain inet loss in { type filter hook input priority 0; };'
        . ' add rule inet loss in meta l4proto udp counter;'
        . " add rule inet loss in meta l4proto udp numgen random mod 100 < "
        . "$percent counter drop'");
}


1;
