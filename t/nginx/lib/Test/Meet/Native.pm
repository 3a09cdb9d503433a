package Test::Meet::Native;

# Drives meet-client, the native participant: lines of JSON in and out.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;
use IO::Select;
use IPC::Open3;
use JSON::PP;
use POSIX qw/ WNOHANG /;
use Test::More ();
use Time::HiRes qw/ time sleep /;

my $top = abs_path(dirname(__FILE__) . '/../../../../..');
my $build = $ENV{MEET_BUILD} || "$top/build";
my $client = $ENV{MEET_CLIENT} || "$build/client/meet-client";


# makes a room: { room, password, owner }
sub create {
    my ($class, $base, @options) = @_;

    my $out = `$client --create-only --rounds 100000 @options $base 2>&1`;
    my ($event) = grep { $_->{event} } map { eval { decode_json($_) } || {} }
        split /\n/, $out;

    return $event if $event && $event->{event} eq 'created';

    Test::More::diag("meet-client: $out");
    return undef;
}


# Test::Meet::Load drives another one
sub program { return $client }


# options as on the command line; the link is the last one
sub new {
    my ($class, @options) = @_;

    return $class->start([], @options);
}


# likewise behind other words of a command line
sub start {
    my ($class, $prefix, @options) = @_;

    my $self = bless { events => [], buffer => '' }, $class;

    $self->{pid} = open3($self->{in}, $self->{out}, undef,
        @$prefix, $class->program(), @options);
    $self->{in}->autoflush(1);

    return $self;
}


sub tell {
    my ($self, $command) = @_;

    local $SIG{PIPE} = 'IGNORE';
    print { $self->{in} } encode_json($command), "\n";

    return $self;
}


# reads what has come; false at the end of the output
sub read {
    my ($self, $wait) = @_;

    return 1 unless IO::Select->new($self->{out})->can_read($wait);

    my $n = sysread $self->{out}, $self->{buffer}, 65536,
        length $self->{buffer};

    return 0 unless $n;

    while ($self->{buffer} =~ s/^(.*)\n//) {
        my $event = eval { decode_json($1) };

        if ($event) {
            push @{ $self->{events} }, $event;
        } else {
            Test::More::diag("meet-client: $1");
        }
    }

    return 1;
}


# all events so far that match the sub
sub events {
    my ($self, $match) = @_;

    return grep { $match->($_) } @{ $self->{events} };
}


# waits until at least $count events match; returns them
sub wait_for {
    my ($self, $match, $count, $timeout) = @_;

    my $end = time() + ($timeout || 10);

    while (1) {
        my @found = $self->events($match);
        return @found if @found >= ($count || 1);
        return () if time() > $end || !$self->read(0.1);
    }
}


sub wait_event {
    my ($self, $name, $count, $timeout) = @_;

    return $self->wait_for(sub { $_[0]{event} eq $name }, $count, $timeout);
}


# keeps reading for that long
sub run_for {
    my ($self, $seconds) = @_;

    my $end = time() + $seconds;

    while ((my $left = $end - time()) > 0) {
        last unless $self->read($left);
    }

    return $self;
}


sub report {
    my ($self) = @_;

    my $before = $self->events(sub { $_[0]{event} eq 'report' });

    $self->tell({ cmd => 'report' });

    my @all = $self->wait_event('report', $before + 1);

    return $all[-1];
}


# { what => sum } over all halves of all slots of all participants
sub sums {
    my ($class, $report) = @_;

    my %sum = map { $_ => 0 } qw/ packets missing doubled wrong_source jumps
        headless frames recovered halves bad unknown csrc_missing
        event_gaps offers /;

    for my $who (@{ $report->{participants} }) {
        $sum{$_} += $who->{$_} for qw/ event_gaps offers /;

        my $received = $who->{received} or next;
        $sum{$_} += $received->{$_} for qw/ bad unknown csrc_missing /;

        for my $half (@{ $received->{slots} }) {
            $sum{halves}++;
            $sum{$_} += $half->{$_} for qw/ packets missing doubled
                wrong_source jumps headless frames recovered /;
        }
    }

    return \%sum;
}


sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    $self->tell({ cmd => 'exit' });
    close $self->{in};

    for (1 .. 50) {
        return if waitpid($pid, WNOHANG) == $pid;
        sleep 0.1;
    }

    kill 'KILL', $pid;
    waitpid $pid, 0;
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!, $@);
    $self->stop();
}


1;
