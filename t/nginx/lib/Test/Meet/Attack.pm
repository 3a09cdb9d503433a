package Test::Meet::Attack;

# A call of three that must not notice what a fourth, or a stranger, sends to
# the media port.  Every attack makes ASSERTIONS assertions.

use warnings;
use strict;

use Test::More ();
use Time::HiRes qw/ time sleep /;

use Test::Meet;
use Test::Meet::Native;

use constant ASSERTIONS => 9;

my $sanitized = ($ENV{MEET_MEDIA} || '') =~ /asan/;
my @media = ('--publish', 'mic,cam', qw/ --pairs 6 --spare 1 /);


# $attacks times attack(), and $more assertions of the test itself; options as
# of serve() in Test::Meet
sub new {
    my ($class, $attacks, $more, %server) = @_;

    my $self = bless {}, $class;

    # freed memory held back would look like a leak
    $ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} || (),
        'quarantine_size_mb=4' if $sanitized;

    my $t = Test::Meet->new()->plan(2 + $attacks * ASSERTIONS + ($more || 0));

    my $base = $t->serve(%server);
    my $room = Test::Meet::Native->create("$base/");

    $self->{t} = $t;
    $self->{link} = "$base/$room->{room}#$room->{password}";
    $self->{call} = Test::Meet::Native->new(@media, '--count', 3,
        $self->{link});

    if (!$self->{call}->wait_event('first-packet', 3, 15)) {
        $t->give_up('no call', 'media.log');
    }

    Test::More::pass('a call of three');

    $self->enter();
    $self->{pids} = $self->workers();

    # what the figures are in peace
    $self->{call}->run_for(1)->tell({ cmd => 'reset' })->run_for(2);
    $self->{calm} = $self->victims();

    return $self;
}


# another attacker takes the place of the one before
sub enter {
    my ($self, @options) = @_;

    $self->{attacker}->stop() if $self->{attacker};
    $self->{attacker} = Test::Meet::Native->new(@media, '--name', 'attacker',
        @options, $self->{link});

    my $in = grep(/none/, @options)
        ? $self->{attacker}->wait_for(sub { $_[0]{event} eq 'welcome' })
        : $self->{attacker}->wait_event('first-packet')
            && $self->{attacker}->wait_event('publishing');

    # its answers come after its welcome
    $self->{attacker}->run_for(0.5);
    $self->{t}->give_up('no attacker', 'media.log') unless $in;
    Test::More::pass('the attacker is let in');

    return $self;
}


# pids of the media workers
sub workers {
    my ($self) = @_;

    my $t = $self->{t};

    return [ sort $t->children($t->{pids}{media}) ];
}


# seconds of CPU they have used
sub cpu {
    my ($self) = @_;

    my $sum = 0;

    for my $pid (@{ $self->{pids} }) {
        open my $fh, '<', "/proc/$pid/stat" or next;
        my @stat = split ' ', <$fh> =~ s/^.*\)//sr;
        $sum += ($stat[11] + $stat[12]) / 100;
    }

    return $sum;
}


# kilobytes
sub memory {
    my ($self) = @_;

    my $sum = 0;

    for my $pid (@{ $self->{pids} }) {
        open my $fh, '<', "/proc/$pid/status" or next;
        $sum += $1 if join('', <$fh>) =~ /^VmRSS:\s+(\d+)/m;
    }

    return $sum;
}


# { name => sum over the workers }
sub metrics {
    my ($self) = @_;

    my %sum;
    my $body = $self->{t}->get(8080, '/metrics')->{body} || '';

    $sum{$1} += $2 while $body =~ /^meet_media_(\w+)\{[^}]*\} (\d+)/mg;

    return \%sum;
}


# what the three received of each other, or of those with these numbers
sub victims {
    my ($self, @numbers) = @_;

    my $report = $self->{call}->report();
    my @who = @{ $report->{participants} };
    my %mine = map { $_ => 1 } @numbers ? @numbers
        : map { $_->{number} } @who;
    my %sum = map { $_ => 0 } qw/ packets missing doubled wrong_source jumps
        headless halves p99 silence recovered /;

    $sum{late} = $report->{late_max_us};
    $sum{keyframes} += $_->{keyframes}
        for grep { $_->{video} } map { @{ $_->{published} } } @who;

    for my $half (map { @{ $_->{received}{slots} } } @who) {
        next unless $mine{ $half->{source} >> 2 };

        $sum{halves}++;
        $sum{$_} += $half->{$_} for qw/ packets missing doubled wrong_source
            jumps headless recovered /;
        $sum{p99} = $half->{latency_p99_us}
            if $half->{latency_p99_us} > $sum{p99};
        $sum{silence} = $half->{silence_us}
            if $half->{silence_us} > $sum{silence};
    }

    return \%sum;
}


sub join_late {
    my ($self) = @_;

    my $late = Test::Meet::Native->new(qw/ --publish mic --pairs 6 /,
        '--name', 'late', $self->{link});
    my ($first) = $late->wait_event('first-packet', 1, 10);

    $late->tell({ cmd => 'leave' })->wait_event('ended', 1, 3);
    $late->stop();

    return $first ? $first->{at_ms} : 99999;
}


# kind, rate, ports: as meet-client takes them; seconds; stranger: nothing may
# be answered at all; admitted: its ports pass checks, so that it may be sent
# media as well; moves: which counters of /metrics rise
sub attack {
    my ($self, $what, %o) = @_;

    my ($call, $attacker) = @$self{qw/ call attacker /};
    my $seconds = $o{seconds} || 3;
    my $before = $self->metrics();
    my $memory = $self->memory();
    my $keyframes = $self->victims()->{keyframes};

    $call->tell({ cmd => 'reset' })->run_for(0.2);

    my $cpu = $self->cpu();
    my $end = time() + $seconds;

    $attacker->tell({ cmd => 'attack', who => 0, kind => $o{kind},
        rate => $o{rate}, ports => $o{ports} || 1 });

    my $joined = $self->join_late();
    my $left = $end - time();

    $call->run_for($left) if $left > 0;
    $attacker->tell({ cmd => 'cease' });

    $cpu = $self->cpu() - $cpu;

    my ($done) = $attacker->wait_for(sub {
        $_[0]{event} eq 'ceased' && !$_[0]{seen}++ }, 1, 5);

    $call->run_for(0.3);

    my $sum = $self->victims();

    $self->{own} = $self->victims(map { $_->{number} }
        @{ $attacker->report()->{participants} });

    my $rise = $self->{t}->wait_for(sub {
        my $now = $self->metrics();
        my %rise = map { $_ => $now->{$_} - ($before->{$_} || 0) } keys %$now;

        return grep({ ($rise{$_} || 0) <= 0 } @{ $o{moves} }) ? undef : \%rise;
    }, 4);

    my $grown = $self->memory() - $memory;

    Test::More::diag(sprintf '%s: %d sent, %d answered; p99 %.1f ms (%.1f in'
        . ' peace), pause %d ms (%d), join %d ms, CPU %d %%, %+d kB', $what,
        $done->{sent} || 0, $done->{received} || 0, $sum->{p99} / 1000,
        $self->{calm}{p99} / 1000, $sum->{silence} / 1000,
        $self->{calm}{silence} / 1000, $joined, 100 * $cpu / $seconds, $grown);

    Test::More::cmp_ok($done->{sent} || 0, '>', $o{rate} * $seconds / 5,
        "$what: sent");
    Test::More::is($sum->{missing}, 0, "$what: no packet missing");
    Test::More::is(join(' ', map { "$_=$sum->{$_}" } grep { $sum->{$_} }
        qw/ doubled wrong_source jumps headless /), '',
        "$what: no packet doubled or out of place");
    Test::More::cmp_ok($sum->{packets}, '>', 3 * 2 * 60 * $seconds * 0.5,
        "$what: the call goes on");
    Test::More::cmp_ok($joined, '<', 3000, "$what: joining works");
    Test::More::cmp_ok($grown, '<', $sanitized ? 65536 : 16384,
        "$what: memory bounded");
    Test::More::is("@{ $self->workers() }", "@{ $self->{pids} }",
        "$what: same process");

    if ($o{stranger}) {
        Test::More::is($done->{received}, 0, "$what: nothing answered");

    } else {
        Test::More::cmp_ok($done->{received_bytes}, '<=',
            $done->{sent_bytes} * ($o{admitted} ? 2 : 1),
            "$what: nothing amplified");
    }

    Test::More::ok($rise, "$what: counted")
        or Test::More::diag(join ', ', @{ $o{moves} });

    $self->{rise} = $rise || {};
    $self->{keyframes} = $sum->{keyframes} - $keyframes;

    return $self;
}


sub stop {
    my ($self) = @_;

    $_->stop() for @$self{qw/ attacker call /};
}


1;
