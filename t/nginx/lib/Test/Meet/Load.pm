package Test::Meet::Load;

# Drives meet-load, the load generator.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;

use parent 'Test::Meet::Native';

my $top = abs_path(dirname(__FILE__) . '/../../../../..');
my $build = $ENV{MEET_BUILD} || "$top/build";


sub program { return $ENV{MEET_LOAD} || "$build/load/meet-load" }


# everybody is there and connected
sub ready {
    my ($self, $timeout) = @_;

    my $before = $self->{ready} || 0;
    my @found = $self->wait_event('ready', $before + 1, $timeout || 60);

    $self->{ready} = $before + 1 if @found;

    return scalar @found;
}


# what was counted since the last one
sub mark {
    my ($self) = @_;

    my $before = $self->events(sub { $_[0]{event} eq 'mark' });

    $self->tell({ cmd => 'mark' });

    my @all = $self->wait_event('mark', $before + 1, 30);

    return $all[-1];
}


# so many seconds on their own
sub measure {
    my ($self, $seconds) = @_;

    $self->mark();
    $self->run_for($seconds);

    return $self->mark();
}


1;
