#!/usr/bin/perl

# Two rooms sit on different media workers and hear nothing of each other; a
# participant without AEAD is served as well.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;

my $t = Test::Meet->new()->plan(13);

my $base = $t->serve(media => 2);
my (@call, @room);

for my $n (0, 1) {
    $room[$n] = Test::Meet::Native->create("$base/");
    $call[$n] = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 3,
        '--count', 2, '--name', "room $n", $n ? '--cm' : '--nack',
        "$base/$room[$n]{room}#$room[$n]{password}");
    is(scalar $call[$n]->wait_event('first-packet', 2, 15), 2,
        "room $n talks");
}

$_->run_for(1)->tell({ cmd => 'reset' }) for @call;
$call[0]->run_for(2);
$call[1]->run_for(0.1);

for my $n (0, 1) {
    my $sum = Test::Meet::Native->sums($call[$n]->report());

    is($sum->{halves}, 4, "room $n: one other each");
    is($sum->{missing} + $sum->{doubled} + $sum->{wrong_source}, 0,
        "room $n: no packet missing, doubled or of a wrong source");
    is($sum->{bad} + $sum->{unknown}, 0, "room $n: nothing of others");
}

my $metrics = $t->get(8080, '/metrics')->{body};
my @rooms = $metrics =~ /^meet_media_rooms\{[^}]*\}\s+(\d+)/mg;
is("@rooms", '1 1', 'one room on each media worker')
    or diag($metrics);

$call[0]->tell({ cmd => 'chat', who => 0, text => 'between us' });
is(scalar $call[0]->wait_event('chat', 2), 2, 'chat arrives in its room');
$call[1]->run_for(0.5);
is(scalar $call[1]->events(sub { $_[0]{event} eq 'chat' }), 0,
    'and in no other');

$_->tell({ cmd => 'leave' }) for @call;
is(scalar $call[0]->wait_event('ended', 2), 2, 'left');
is(scalar $call[1]->wait_event('ended', 2), 2, 'left');

$_->stop() for @call;
