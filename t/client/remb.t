#!/usr/bin/perl

# Participants that know no reports of packets: a receiver says by REMB what it
# has room for and gets what fits into it, a publisher is told what it may send.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;
use Time::HiRes qw/ time /;

my $t = Test::Meet->new()->plan(13);

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");
my $link = "$base/$room->{room}#$room->{password}";

my $publisher = Test::Meet::Native->new(qw/ --publish /, 'mic,cam',
    qw/ --simulcast --grain --video 640x360@800 --remb 1000 /, $link);
ok($publisher->wait_event('publishing', 1, 15), 'publishes');

my $viewer = Test::Meet::Native->new(qw/ --pairs 2 --spare 1 --height 360
    --remb 3000 --nack /, $link);
ok($viewer->wait_event('first-packet', 1, 15), 'something arrives');

is(settle(360, 15), 360, 'with room for all the picture that was asked for');

my @told = map { $_->{told} } grep { $_->{video} }
    @{ $publisher->report()->{participants}[0]{published} };
is(scalar(grep { $_ > 2_000_000 } @told), 3,
    'the publisher is told that more fits, each of its streams named')
    or diag("@told");

$viewer->tell({ cmd => 'remb', kbps => 300 });
my $start = time();
is(settle(90, 5), 90, 'with room for little the smallest');
cmp_ok(time() - $start, '<', 2, 'within two seconds');

$viewer->run_for(2);
my ($all, $media) = rates(4);
diag(sprintf '%d kbit/s, %d of them media', $all, $media);
cmp_ok($all, '<', 330, 'and no more than was said');
cmp_ok($all - $media, '>', 30, 'though padded, so that it may find more');
cmp_ok(received()->{stamped}, '>', 100, 'packets say when they were sent');

like($t->get(8080, '/metrics')->{body}, qr/^meet_media_estimates\{[^}]*\} 1$/m,
    'it counts as an estimate');

$viewer->tell({ cmd => 'remb', kbps => 3000 });
$start = time();
is(settle(360, 15), 360, 'and back');
diag(sprintf 'after %.1f s', time() - $start);

my $sum = Test::Meet::Native->sums($viewer->report());
is($sum->{$_}, 0, "$_: none") for qw/ headless bad /;

$_->stop() for $publisher, $viewer;


sub received { return $viewer->report()->{participants}[0]{received} }


# waits for that height; what it is in the end
sub settle {
    my ($height, $seconds) = @_;

    my $end = time() + $seconds;
    my $seen = 0;

    while (time() < $end) {
        my ($half) = grep { $_->{video} } @{ received()->{slots} };

        $seen = $half ? $half->{height} : 0;
        last if $seen == $height;
        $viewer->run_for(0.05);
    }

    return $seen;
}


# kbit/s of all that comes, and of what is not padding
sub rates {
    my ($seconds) = @_;

    my $count = sub {
        my $r = received();
        my $media = 0;

        $media += $_->{octets} for @{ $r->{slots} };

        return ($r->{octets}, $media, time());
    };
    my @before = $count->();

    $viewer->run_for($seconds);

    my @after = $count->();

    return map { ($after[$_] - $before[$_]) / 125 / ($after[2] - $before[2]) }
        0, 1;
}
