package Bench::Run;

# One load on one server, and what is read while it lasts.

use warnings;
use strict;

use Bench::Net;
use Bench::Proc;
use Test::Meet::Load;
use Time::HiRes qw/ time sleep /;


# options as of meet-load; undef when not everybody gets there
sub new {
    my ($class, $server, @options) = @_;

    my $self = bless { server => $server }, $class;

    $self->{load} = Test::Meet::Load->start(
        [ Bench::Net::load_prefix(), qw/ taskset -c 1 / ],
        '--local', $Bench::Net::load_address,
        '--sink', $Bench::Net::sink_address, qw/ --rate 5 /, @options, $server->options(),
        $server->url());

    if (!$self->{load}->ready(90)) {
        $self->stop();
        return undef;
    }

    # what the kernel runs there for its network
    $self->{softirqd} = [ Bench::Proc::bound(0,
        Bench::Proc::named(qr/^ksoftirqd\/0$/), Bench::Net::threads()) ];
    $self->{load}->run_for(1.5);

    return $self;
}


sub rate {
    my ($self, $percent) = @_;

    $self->{load}->tell({ cmd => 'rate', percent => 0 + $percent });
    $self->{load}->run_for(0.5);

    return $self;
}


# Figures of so many seconds.  `packets` are those the server has sent.
sub measure {
    my ($self, $seconds) = @_;

    my $server = $self->{server};
    my @pids = $server->pids();

    $self->{load}->mark();

    my $swallowed = Bench::Net::swallowed();
    my $cpu = Bench::Proc::cpu(0);
    my $ran = Bench::Proc::ran(@pids, @{ $self->{softirqd} });
    my $begun = time();

    $self->{load}->run_for($seconds);

    my $time = time() - $begun;
    my $busy = Bench::Proc::ran(@pids, @{ $self->{softirqd} }) - $ran;
    my $mark = $self->{load}->mark();
    my $after = Bench::Proc::cpu(0);
    my $device = Bench::Net::swallowed();

    my $metrics = $server->metrics();
    my $arrived = $mark->{counted} + $mark->{checked};
    my $bytes = $mark->{counted_bytes} + $mark->{checked_bytes};

    # of a device the headers of each send are known, the packets are not
    my $behind = $device->{bytes} - $swallowed->{bytes}
        - 42 * ($device->{packets} - $swallowed->{packets});
    my $packets = $arrived + ($arrived ? $behind * $arrived / $bytes : 0);

    return {
        seconds => $time, pps => $packets / $time,
        bps => 8 * ($bytes + $behind) / $time, busy => $busy / $time / 1e7,
        us => $packets ? $busy / 1000 / $packets : 0,
        p50 => $metrics->{residence_p50}, p99 => $metrics->{residence_p99},
        way => $mark->{latency_us}, load => $mark->{cpu_percent},
        late => $mark->{late_us}{p99}, sent => $mark->{sent} / $time,
        missing => $mark->{missing}, checked => $mark->{checked},
        wrong => $mark->{wrong_source} + $mark->{wrong_slot},
        steal => Bench::Proc::share($cpu, $after, 'steal'),
        others => Bench::Proc::share($cpu, $after, 'nice'),
    };
}


sub stop {
    my ($self) = @_;

    $self->{load}->stop() if $self->{load};
    delete $self->{load};
}


1;
