#!/usr/bin/perl

# One room on two media workers: nobody notices.  Sound and pictures of all
# sizes cross both ways; so do muting, removal and who speaks; a reload of nginx
# is not heard.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;
use Time::HiRes qw/ time /;

my @clean = qw/ missing doubled wrong_source jumps headless bad unknown
    csrc_missing event_gaps /;

my $t = Test::Meet->new()->plan(46);

my $base = $t->serve(workers => 2, media => 2,
    also => 'meet_media_spread 2;');
my $room = Test::Meet::Native->create("$base/");
my $link = "$base/$room->{room}#$room->{password}";

# five who talk, three there and two here

my @media = ('--publish', 'mic,cam', qw/ --pairs 6 --spare 2 --nack /);
my $call = Test::Meet::Native->new(@media, '--count', 5, '--gap', 200, $link);

is(scalar $call->wait_event('first-packet', 5, 20), 5, 'all hear something');
$call->run_for(2)->tell({ cmd => 'reset' })->run_for(3);

my $sum = Test::Meet::Native->sums($call->report());
is($sum->{halves}, 5 * 4 * 2, 'everybody receives both of all others');
cmp_ok($sum->{packets}, '>', 5 * 4 * 3 * 50 * 0.8, 'and all the time');
is($sum->{$_}, 0, "$_: none") for @clean;
is($sum->{offers}, 10, 'two offers each, and no more');

my %m = metrics();
is(join(' ', sort @{ $m{subscribers} }), '2 3', 'connections on both workers');
is(join(' ', sort @{ $m{participants} }), '0 5', 'the room at one');
cmp_ok($m{relayed_in_total}[$_], '>', 500, "packets crossed to worker $_")
    for 0, 1;
is($m{relayed_shed_total}[$_] + $m{records_bad_total}[$_], 0, 'and no loss')
    for 0, 1;

# chat and a new socket for everybody: a reload

$call->tell({ cmd => 'reset' });
$t->reload();
$call->run_for(2)->tell({ cmd => 'chat', who => 0, text => 'there?' });
is(scalar $call->wait_event('chat', 5), 5, 'chat after a reload');

$sum = Test::Meet::Native->sums($call->report());
is($sum->{$_}, 0, "reload, $_: none") for @clean;
is($sum->{offers}, 10, 'nobody had to offer again');

# a moderator takes a microphone and a camera at the other worker

my $owner = Test::Meet::Native->new('--name', 'teacher', '--pairs', 6,
    '--spare', 2, "$base/$room->{room}#$room->{owner}");
ok($owner->wait_event('first-packet', 1, 10), 'a moderator');

my $them = $call->report()->{participants};
moderate('deny', $them->[3], kinds => [ 'mic', 'cam' ]);
$call->run_for(1)->tell({ cmd => 'reset' })->run_for(1);

is(received_of($them->[3]), 0, 'what was taken is heard by nobody');
cmp_ok(received_of($them->[4]), '>', 5 * 50, 'what was not, is');

moderate('remove', $them->[4]);
is(scalar $call->wait_for(sub { $_[0]{event} eq 'ended' && $_[0]{who} == 4 },
    1, 5), 1, 'the removed one is told');
$call->run_for(1)->tell({ cmd => 'reset' })->run_for(1);
is(received_of($them->[4]), 0, 'and heard by nobody');

$_->stop() for $call, $owner;

# pictures of three sizes: who is elsewhere gets what he asks for

$room = Test::Meet::Native->create("$base/");
$link = "$base/$room->{room}#$room->{password}";

my $publisher = Test::Meet::Native->new('--publish', 'mic,cam',
    qw/ --simulcast --video 640x360@900 /, $link);
ok($publisher->wait_event('publishing', 1, 15), 'one who sends three sizes');
my $second = Test::Meet::Native->new($link);
ok($second->wait_event('welcome', 1, 15), 'one beside him');

my $viewer = Test::Meet::Native->new(qw/ --pairs 2 --spare 1 --height 90 /,
    $link);
ok($viewer->wait_event('first-packet', 1, 15), 'one elsewhere sees something');
%m = metrics();
is(join(' ', sort @{ $m{subscribers} }), '0 1', 'who is elsewhere');

my $source = $publisher->report()->{participants}[0]{number} * 4 + 1;
my $good = 0;

settle_at(90);
$viewer->tell({ cmd => 'reset' });
$good += settle_at($_) for (360, 180, 90) x 3;
is($good, 9, 'each size arrives');

$viewer->run_for(0.5);
$sum = Test::Meet::Native->sums($viewer->report());
is($sum->{$_}, 0, "sizes, $_: none") for qw/ missing doubled jumps headless
    bad unknown /;

$_->stop() for $publisher, $second, $viewer;


# { name => [ of worker 0, of worker 1 ] }
sub metrics {
    my %found;

    # counters come once a second
    select undef, undef, undef, 1.2;

    for (split /\n/, $t->get(8080, '/metrics')->{body}) {
        $found{$1}[$2] = $3
            if /^meet_media_(\w+)\{worker="(\d)",[^}]*\} (\d+)/;
    }

    return %found;
}


sub moderate {
    my ($verb, $who, @more) = @_;

    $owner->tell({ cmd => 'send', message => { type => 'moderate', id => 7,
        verb => $verb, target => id_of($who), @more } });
}


sub id_of {
    my ($who) = @_;

    my ($welcome) = $call->events(sub {
        $_[0]{event} eq 'welcome' && $_[0]{number} == $who->{number}
    });

    return $welcome->{id};
}


# packets of somebody's sources, since the reset
sub received_of {
    my ($who) = @_;

    my $packets = 0;

    for my $other (@{ $call->report()->{participants} }) {
        $packets += $_->{packets} for grep {
            $_->{packets} && ($_->{source} // 0) >> 2 == $who->{number}
        } @{ $other->{received}{slots} };
    }

    return $packets;
}


# 1: that height arrives
sub settle_at {
    my ($height) = @_;

    my $end = time() + 5;

    $viewer->tell({ cmd => 'send', message => { type => 'view', sources => [
        { source => $source, height => $height, priority => 0 } ] } });

    while (time() < $end) {
        my ($half) = grep { $_->{video} }
            @{ $viewer->report()->{participants}[0]{received}{slots} };
        return 1 if $half && $half->{height} == $height;
        $viewer->run_for(0.05);
    }

    return 0;
}
