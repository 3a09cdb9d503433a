#!/usr/bin/perl

# The shared memory says nonsense: nginx drops the link, attaches anew and
# registers its sessions again; nobody notices more than that.

use warnings;
use strict;

use Fcntl qw/ SEEK_SET /;
use FindBin;
use POSIX ();
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

# where things lie in a region, see meet_region.h
use constant { PIDFD_OPEN => 434, PIDFD_GETFD => 438 };
use constant { RING_TO_MEDIA => 64, RING_TO_NGINX => 256, HEAD => 0,
    TAIL => 64, DATA_TO_NGINX => 4096 + 512 * 1024 };

my $t = Test::Meet->new()->plan(21);

$t->serve();

my $room = $t->create_room(8080);
my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my ($worker) = $t->worker_pids();
my $epoch = $alice->{epoch};
my ($lines, $lost) = (0, 0);

# positions that cannot be

broken('the end of what is published', RING_TO_NGINX + HEAD,
    pack 'Q', 1 << 60);
broken('the end of what is consumed', RING_TO_MEDIA + TAIL,
    pack 'Q', 1 << 60);

# records that are none, where the next ones would stand

broken('lengths', DATA_TO_NGINX, pack('L', 0xffffffff) x (128 * 1024), 1);
broken('zeroes', DATA_TO_NGINX, "\0" x (512 * 1024), 1);

is(scalar $t->worker_pids(), 1, 'one worker');
is(($t->worker_pids())[0], $worker, 'the same');

my @fds = glob "/proc/$worker/fd/*";

cmp_ok(scalar @fds, '<', 40, 'no descriptor leaks');
is(scalar(grep { /meet-region/ } maps($worker)), 1, 'no mapping leaks');

is($alice->ask({ type => 'log', channel => 'chat', after => 0 })->{last},
    $lines, 'everything written is there');


# Puts bytes into the region of the nginx worker while the media worker cannot
# mend them, and wakes nginx to look.
sub broken {
    my ($what, $at, $bytes, $ahead) = @_;

    no warnings 'portable';

    my ($media) = $t->children($t->{pids}{media});
    my ($map) = grep { /meet-region/ } maps($worker);
    my ($address) = map { hex } $map =~ /^([0-9a-f]+)/;

    kill 'STOP', $media;
    open my $mem, '+<:raw', "/proc/$worker/mem" or die "mem: $!";
    sysseek $mem, $address + $at, SEEK_SET;

    my $n = syswrite $mem, $bytes;

    # nonsense in the data counts once it is published

    if ($ahead) {
        sysseek $mem, $address + RING_TO_NGINX + HEAD, SEEK_SET;
        sysread $mem, my $head, 8;
        sysseek $mem, $address + RING_TO_NGINX + HEAD, SEEK_SET;
        syswrite $mem, pack 'Q', unpack('Q', $head) + 4096;
    }

    close $mem;
    wake($media);
    $alice->send({ type => 'state', muted => [ 'mic' ] });

    is($n, length $bytes, "$what: written");
    $lost++;
    ok($t->wait_for(sub { lost() == $lost }, 5), "$what: noticed");
    kill 'CONT', $media;
    ok($alice->welcomed(10), "$what: registered again");
    is($alice->{epoch}, $epoch, "$what: in the same life of the room");
    $lines++ if $alice->post("after $what")->{type} eq 'posted';
}


sub lost {
    return $t->get(8080, '/metrics')->{body}
        =~ /^meet_link_lost_total (\d+)/m ? $1 : -1;
}


# rings every eventfd that the process has
sub wake {
    my ($pid) = @_;

    my $pidfd = syscall PIDFD_OPEN, $pid, 0;

    for my $fd (map { m{/(\d+)$} } grep { (readlink // '') =~ /eventfd/ }
        glob "/proc/$pid/fd/*")
    {
        my $copy = syscall PIDFD_GETFD, $pidfd, $fd + 0, 0;

        next if $copy < 0;
        open my $event, '>&=', $copy or next;
        syswrite $event, pack 'Q', 1;
        close $event;
    }

    POSIX::close($pidfd);
}


sub maps {
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/maps" or return;

    return <$fh>;
}
