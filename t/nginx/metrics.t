#!/usr/bin/perl

# What clients report about sound and pictures is added up, within bounds.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;

my $t = Test::Meet->new();

$t->plan(14);
$t->serve(workers => 2);

my $room = $t->create_room(8080);
my ($alice, $bob) = map {
    Test::Meet::Session->new($t, 8080, $room, 'class', $_)
} 'Alice', 'Bob';
my %report = (type => 'report', freezes => 1, frozen_ms => 700,
    concealed_ms => 40, audio_ms => 9000, video_ms => 30000);

$alice->send({ %report });
$bob->send({ %report, freezes => 0, frozen_ms => 0, audio_ms => 600_000 });

for my $s ($alice, $bob) {
    is($s->ask({ type => 'ping' })->{type}, 'pong', 'no answer but the pong');
}

my %m = metrics();
is($m{reports}, 2, 'reports');
is($m{freezes}, 1, 'freezes');
is($m{frozen_ms}, 700, 'how long');
is($m{concealed_ms}, 80, 'made up');
is($m{audio_ms}, 609_000, 'heard');
is($m{video_ms}, 60_000, 'seen');

# more often than once in 10 s: not for it

$alice->send({ %report }) for 1 .. 5;
$alice->ask({ type => 'ping' });
%m = metrics();
is($m{reports}, 2, 'the others do not count');
is($m{freezes}, 1, 'nor what they say');

# nonsense is answered and counts for nothing

for my $bad ({ freezes => -1 }, { video_ms => 600_001 }, { audio_ms => 'x' }) {
    $bob->send({ %report, %$bad });
    is($bob->read('error')->{error}, 'bad-message', "bad: " . (%$bad)[0]);
}

%m = metrics();
is($m{freezes}, 1, 'not counted');


sub metrics {
    return $t->get(8080, '/metrics')->{body}
        =~ /^meet_client_(\w+)_total (\d+)$/mg;
}
