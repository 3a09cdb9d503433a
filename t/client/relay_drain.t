#!/usr/bin/perl

# A reload takes the number of media workers down while a room is on two of
# them: the call goes on where it is, who comes then is connected to a new one,
# the branch leaves when nobody is left there, the home with the room.  Nobody
# of a new room is ever connected to a worker that is to leave.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;

my $t = Test::Meet->new()->plan(27);

my $base = $t->serve(workers => 2, media => 2,
    also => 'meet_media_spread 2;');
my @media = ('--publish', 'mic,cam', qw/ --pairs 6 --spare 1 --gap 300 /);
my $link = room();

# two here and two there

my $here = Test::Meet::Native->new(@media, '--count', 2, $link);
is(scalar $here->wait_event('first-packet', 2, 15), 2, 'two talk');

my $home = worker_of(participants => 2);
my $there = Test::Meet::Native->new(@media, '--count', 2, $link);
is(scalar $there->wait_event('first-packet', 2, 15), 2, 'and two elsewhere');

my ($branch) = grep { $_ != $home } $t->children($t->{pids}{media});
is(worker_of(publishers => 2, $home), $branch, 'at the other worker');

$_->run_for(1)->tell({ cmd => 'reset' }) for $here, $there;
media_workers(1);
ok($t->wait_for(sub { $t->children($t->{pids}{media}) == 3 }, 5),
    'one new worker beside the two');
$here->tell({ cmd => 'chat', who => 0, text => 'still here?' });
is(scalar $there->wait_event('chat', 2, 5), 2, 'chat goes on');

my $late = Test::Meet::Native->new(@media, $link);
ok($late->wait_event('first-packet', 1, 15), 'a late one hears something');
my ($new) = grep { $_ != $home && $_ != $branch }
    $t->children($t->{pids}{media});
is(worker_of(publishers => 1, $home, $branch), $new, 'at the new worker');
$_->run_for(1) for $here, $there, $late;

whole('reload', 8, $here, $there);
ok(kill(0, $home) && kill(0, $branch), 'both stay as long as they have people');

# who was there goes, and the late one

leave($there, $late);
ok($t->wait_exit($branch, 10), 'the one without people leaves');

$here->tell({ cmd => 'reset' })->run_for(1);
whole('afterwards', 4, $here);
ok(kill(0, $home), 'the other one stays');

leave($here);
ok($t->wait_exit($home, 10), 'and leaves with the room');
is(scalar $t->children($t->{pids}{media}), 1, 'the new one is left');

# one talks to himself; the reload, and two more come

$link = room();
my $first = Test::Meet::Native->new(@media, $link);
ok($first->wait_event('publishing', 1, 15), 'one who is alone');
my ($old) = $t->children($t->{pids}{media});

media_workers(2);
ok($t->wait_for(sub { $t->children($t->{pids}{media}) == 3 }, 5),
    'two new workers');
my $more = Test::Meet::Native->new(@media, '--count', 3, $link);
is(scalar $more->wait_event('first-packet', 3, 15), 3, 'three more');
ok(worker_of(publishers => 1, $old), 'of whom some are at a new worker');
$first->wait_event('first-packet');
leave($more);

# a room at that worker becomes large, while the old one has nearly nobody

my @rooms = map { room() } 0 .. 1;
my @calls = map { Test::Meet::Native->new(@media, '--count', 6, $_) } @rooms;
is(scalar(grep { $_->wait_event('first-packet', 6, 20) } @calls), 2,
    'two calls of six');

my ($port) = ports($old);
is($t->wait_for(sub { $t->media_metric('publishers')->{$port} == 1 }, 3), 1,
    'nobody of them is at the old worker')
    or diag(explain($t->media_metric('publishers')));

leave($first);
ok($t->wait_exit($old, 10), 'which leaves with its room');

$_->tell({ cmd => 'reset' })->run_for(1) for @calls;
whole('the others', 12, $_) for @calls;
leave(@calls);


sub room {
    my $room = Test::Meet::Native->create("$base/");

    return "$base/$room->{room}#$room->{password}";
}


sub leave {
    for my $call (@_) {
        $call->tell({ cmd => 'leave' })->run_for(0.3);
        $call->stop();
    }
}


sub media_workers {
    my ($n) = @_;

    my $conf = $t->read_file('nginx.conf');

    $conf =~ s/(meet_media_workers) +\d+/$1 $n/;
    $t->write_file('nginx.conf', $conf);
    $t->reload();
}


# no packet missing or twice, and nobody had to offer again
sub whole {
    my ($when, $offers, @calls) = @_;

    my @sums = map { Test::Meet::Native->sums($_->report()) } @calls;
    my %sum;

    for my $sum (@sums) {
        $sum{$_} += $sum->{$_} for keys %$sum;
    }

    is($sum{missing} + $sum{doubled} + $sum{wrong_source} + $sum{jumps}, 0,
        "$when: no packet missing");
    is($sum{offers}, $offers, "$when: nobody had to offer again");
}


# whose metric has come to so much, leaving out some
sub worker_of {
    my ($name, $least, @but) = @_;

    my %but = map { $_ => 1 } @but;

    return $t->wait_for(sub {
        my $value = $t->media_metric($name);

        return (grep { !$but{$_} } map { $t->media_pid($_) }
            grep { $value->{$_} >= $least } keys %$value)[0];
    }, 5);
}


# of that process
sub ports {
    my ($pid) = @_;

    return grep { $t->media_pid($_) == $pid }
        keys %{ $t->media_metric('rooms') };
}
