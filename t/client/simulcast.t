#!/usr/bin/perl

# A publisher of three sizes: the tile's height decides which one arrives, and
# twenty changes up and down leave neither a hole nor a jump.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;
use Time::HiRes qw/ time /;

use constant CHANGES => 20;

my %height = (small => 90, middle => 180, large => 360);

my $t = Test::Meet->new()->plan(16);

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");
my $link = "$base/$room->{room}#$room->{password}";

my $publisher = Test::Meet::Native->new(qw/ --publish mic,cam --simulcast
    --video 640x360@900 /, $link);
my ($welcome) = $publisher->wait_event('welcome', 1, 15);
ok($welcome, 'publisher is in');
ok($publisher->wait_event('publishing', 1, 15), 'and publishes');

my $viewer = Test::Meet::Native->new(qw/ --pairs 2 --spare 1 --height 90 /,
    $link);
ok($viewer->wait_event('first-packet', 1, 15), 'something arrives');

my $source = $publisher->report()->{participants}[0]{number} * 4 + 1;

is(settle($height{small}, 5), $height{small}, 'a small tile gets the smallest');
my $small = rate();
is(settle_at($height{large}), $height{large}, 'a large one the largest');
my $large = rate();
is(settle_at($height{middle}), $height{middle}, 'and one between the middle');
cmp_ok($small * 3, '<', $large, 'the others are not sent')
    and diag(sprintf '%d and %d kbit/s', $small, $large);

settle_at($height{small});
$viewer->tell({ cmd => 'reset' });

my ($good, $slowest) = (0, 0);

for my $n (1 .. CHANGES) {
    my $want = $n % 2 ? $height{large} : $height{small};
    my $start = time();

    $good++ if settle_at($want) == $want;
    $slowest = time() - $start if time() - $start > $slowest;
}

is($good, CHANGES, 'each change arrives');
diag(sprintf 'slowest change %d ms', 1000 * $slowest);

$viewer->run_for(0.5);

my $report = $viewer->report();
my $sum = Test::Meet::Native->sums($report);
my ($video) = grep { $_->{video} } @{ $report->{participants}[0]{received}{slots} };

is($video->{sizes}, CHANGES, 'by a keyframe, once');
is($sum->{$_}, 0, "$_: none") for qw/ missing doubled jumps headless bad
    unknown /;
cmp_ok($video->{silence_us}, '<', 400_000, 'the picture never stood still')
    and diag("longest pause $video->{silence_us} us");

$_->stop() for $publisher, $viewer;


sub look {
    my ($height) = @_;

    $viewer->tell({ cmd => 'send', message => { type => 'view', sources => [
        { source => $source, height => $height, priority => 0 } ] } });
}


sub half {
    my ($half) = grep { $_->{video} }
        @{ $viewer->report()->{participants}[0]{received}{slots} };

    return $half || { height => 0, octets => 0 };
}


# waits for that height; what it is in the end
sub settle {
    my ($height, $seconds) = @_;

    my $end = time() + $seconds;
    my $seen = 0;

    while (time() < $end) {
        $seen = half()->{height};
        last if $seen == $height;
        $viewer->run_for(0.05);
    }

    return $seen;
}


sub settle_at {
    my ($height) = @_;

    look($height);

    return settle($height, 5);
}


# kbit/s of the picture
sub rate {
    my ($before, $start) = (half()->{octets}, time());

    $viewer->run_for(1);

    return (half()->{octets} - $before) * 8 / (time() - $start) / 1000;
}
