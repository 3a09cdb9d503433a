#!/usr/bin/perl

# Fifty people join within five seconds: most of them begin with a keyframe
# that the others asked for, and the publisher makes few.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;

use constant NEWCOMERS => 50;

my $t = Test::Meet->new()->plan(5);

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");
my $link = "$base/$room->{room}#$room->{password}";

# no keyframe within twelve seconds, unless it is asked for

my $publisher = Test::Meet::Native->new(qw/ --publish cam --simulcast --grain
    --video 640x360@800 --repeat 12 /, $link);
ok($publisher->wait_event('publishing', 1, 60), 'a publisher');
$publisher->run_for(1);

my $before = asked();
my $made = made();
my $people = Test::Meet::Native->new(qw/ --pairs 1 --spare 0 --height 90
    --nack --gap 100 --count /, NEWCOMERS, $link);

my @first = $people->wait_event('first-packet', NEWCOMERS, 30);
is(scalar @first, NEWCOMERS, 'all see something');
$people->run_for(2);

my $asked = asked() - $before;
$made = made() - $made;
my @wait = sort { $a <=> $b } map { $_->{at_ms} } @first;
diag(sprintf '%d newcomers, %d keyframes asked for (%.2f each), %d made;'
    . ' the first packet after %d ms, at most %d', NEWCOMERS, $asked,
    $asked / NEWCOMERS, $made, $wait[NEWCOMERS / 2], $wait[-1]);

cmp_ok($asked, '>', 0, 'keyframes are asked for');
cmp_ok($asked, '<=', NEWCOMERS / 4, 'but few');

my @halves = grep { $_->{video} } map { @{ $_->{received}{slots} } }
    @{ $people->report()->{participants} };
is(scalar(grep({ $_->{headless} || $_->{jumps} || $_->{missing} } @halves)), 0,
    'each begins with one, and goes on');

$_->stop() for $people, $publisher;


# the sum over all media workers
sub asked {
    my $sum = 0;

    # written once a second
    $publisher->run_for(1.2);

    my $body = $t->get(8080, '/metrics')->{body} || '';

    $sum += $1
        while $body =~ /^meet_media_keyframe_requests_total\{.*?\} (\d+)/mg;

    return $sum;
}


sub made {
    my $sum = 0;

    $sum += $_->{keyframes} for grep { $_->{video} }
        @{ $publisher->report()->{participants}[0]{published} };

    return $sum;
}
