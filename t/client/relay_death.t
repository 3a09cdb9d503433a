#!/usr/bin/perl

# A room is on two media workers, and one of them dies: whoever had connections
# there makes new ones, and the others lose nothing.  If it is the one that has
# the room, everybody comes back, as after any such death.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;
use Time::HiRes qw/ time /;

my $t = Test::Meet->new()->plan(16);

my $base = $t->serve(workers => 2, media => 2,
    also => 'meet_media_spread 2;');
my $room = Test::Meet::Native->create("$base/");
my $link = "$base/$room->{room}#$room->{password}";
my @media = ('--publish', 'mic,cam', qw/ --pairs 5 --spare 1 /);

# two here and two there

my $here = Test::Meet::Native->new(@media, '--count', 2, '--gap', 300, $link);
is(scalar $here->wait_event('first-packet', 2, 15), 2, 'two talk');
my $there = Test::Meet::Native->new(@media, '--count', 2, '--gap', 300, $link);
is(scalar $there->wait_event('first-packet', 2, 15), 2, 'and two elsewhere');

my ($home, $branch) = workers();
ok($home && $branch, 'which worker is which');

$_->run_for(1)->tell({ cmd => 'reset' }) for $here, $there;

# the branch

my $start = time();
kill 'KILL', $branch;
ok($t->wait_exit($branch, 6), 'the one without the room is gone');
ok(whole(), 'all hear all others again') or diag(explain(sums()));
cmp_ok(time() - $start, '<', 6, 'soon');
diag(sprintf 'all again after %.1f s', time() - $start);

my ($mine, $theirs) = sums();
is($mine->{offers}, 4, 'who was not there did not offer again');
is($theirs->{offers}, 8, 'who was there did so once');
is(kept(), 0, 'those who stayed lost nothing of each other');

$here->tell({ cmd => 'chat', who => 0, text => 'all there?' });
is(scalar $there->wait_event('chat', 2), 2, 'chat goes on');
is($mine->{event_gaps} + $theirs->{event_gaps}, 0, 'no event is lost');

# somebody new, then the one with the room

my $late = Test::Meet::Native->new(@media, $link);
ok($late->wait_event('first-packet', 1, 10), 'somebody new hears something');
$late->tell({ cmd => 'leave' })->run_for(0.5);
$late->stop();

$_->run_for(1)->tell({ cmd => 'reset' }) for $here, $there;
($home) = workers();

$start = time();
kill 'KILL', $home;
ok($t->wait_exit($home, 6), 'the one with the room is gone');
ok(whole(), 'all hear all others again') or diag(explain(sums()));
cmp_ok(time() - $start, '<', 13, 'soon');
diag(sprintf 'all again after %.1f s', time() - $start);

($mine, $theirs) = sums();
is($mine->{doubled} + $theirs->{doubled}, 0, 'nothing came twice');

$_->stop() for $here, $there;


# pids: of the worker that has the room, of the other one
sub workers {
    my ($mine, %ports) = (0);

    $t->wait_for(sub {
        my $text = $t->get(8080, '/metrics')->{body};

        while ($text =~ /^meet_media_participants\{worker="(\d)",
            port="\d+"\}\ (\d+)/gmx)
        {
            $ports{$1} = $2;
        }

        return 2 == keys %ports && 4 == $ports{0} + $ports{1};
    }, 5) or return ();

    # in the order of their start, and so of their place, until one has died

    my %places = map { place_of($_) => $_ } $t->children($t->{pids}{media});
    my ($home) = grep { $ports{$_} == 4 } keys %ports;

    return @places{$home, 1 - $home};
}


# its log line says which place a worker has
sub place_of {
    my ($pid) = @_;

    my ($place) = $t->read_file('media.log')
        =~ /media worker (\d+) \(pid $pid\) takes/;

    return $place // -1;
}


sub sums {
    return map { Test::Meet::Native->sums($_->report()) } $here, $there;
}


# 1: everybody receives sound and picture of all others
sub whole {
    return $t->wait_for(sub {
        $_->run_for(0.1) for $here, $there;
        return 4 == grep { hears_all($_) }
            map { @{ $_->report()->{participants} } } $here, $there;
    }, 20);
}


sub hears_all {
    my ($who) = @_;

    return 6 == grep { $_->{idle_us} < 300_000 } @{ $who->{received}{slots} };
}


# packets that those who stayed are missing of each other
sub kept {
    my $missing = 0;

    my $report = $here->report();
    my %mine = map { $_->{number} => 1 } @{ $report->{participants} };

    for my $who (@{ $report->{participants} }) {
        $missing += $_->{missing} + $_->{jumps}
            for grep { $mine{ ($_->{source} // 0) >> 2 } }
            @{ $who->{received}{slots} };
    }

    return $missing;
}
