#!/usr/bin/perl

# Counters of single rooms: only where asked for, by a label that says nothing,
# a bounded number of them, and gone with the room.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;

use constant ROOMS => 24;

my $t = Test::Meet->new();

$t->plan(20)->write_conf(<<'EOC', workers => 2);
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
        location = /healthz { meet_health; }
        location = /metrics { meet_metrics; }
        location = /metrics/rooms { meet_metrics rooms; }
    }
EOC
$t->run(ready => { port => 8080, path => '/healthz' });

my %report = (type => 'report', freezes => 2, frozen_ms => 700,
    concealed_ms => 40, audio_ms => 9000, video_ms => 30000);
my $room = $t->create_room(8080, name => 'class-7b');
my ($alice, $bob) = map {
    Test::Meet::Session->new($t, 8080, $room, 'class', $_)
} 'Alice', 'Bob';

ok($t->wait_for(sub { ((rooms('participants'))[1] // 0) == 2 }, 10),
    'the room is there with its participants');

my ($label) = rooms('participants');
like($label, qr/^[0-9a-f]{16}$/, 'under a label');

$alice->send({ %report });
$bob->send({ %report, freezes => 1 });
ok($t->wait_for(sub { (rooms('freezes_total'))[1] == 3 }, 5),
    'what its clients report');
is((rooms('frozen_ms_total'))[1], 1400, 'how long');
is((rooms('video_ms_total'))[1], 60_000, 'of how much');
is((rooms('concealed_ms_total'))[1], 80, 'made up');
is((rooms('audio_ms_total'))[1], 18_000, 'of how much sound');
is((rooms('packets_out_total'))[1], 0, 'no media, and a line that says so');

my $text = body('/metrics/rooms');
unlike($text, qr/class-7b|Alice|127\.0\.0\.1/, 'nothing that names it');
unlike(body('/metrics'), qr/meet_room_/, 'nothing at all where not asked for');
like($text, qr/^meet_media_residence_seconds_bucket\{[^}]*le="\+Inf"\} \d+$/m,
    'residence as a histogram');

# more rooms than have a place

my @more = map {
    Test::Meet::Session->new($t, 8080, $t->create_room(8080), 'class', "P$_")
} 1 .. ROOMS;
my $workers = () = $text =~ /^meet_rooms_unlisted/mg;

is($workers, 1, 'one media worker');
ok($t->wait_for(sub { unlisted() == 1 }, 20), 'one finds no place');

my %labels = map { $_ => 1 } labels();
is(scalar keys %labels, ROOMS, 'the others have one each');
ok($labels{$label}, 'the first one is still known by its label');

# its place is another's once it is gone

my $gone = $t->http(8080, 'DELETE', "/api/v1/rooms/$room->{room}",
    token => $t->join_room(8080, $room, 'owner', 'Olga')->{json}{token});
is($gone->{status}, 204, 'deleted');
ok($t->wait_for(sub { unlisted() == 0 }, 10), 'its place is given on');
ok(!(grep { $_ eq $label } labels()), 'not its label');

# there is nothing else to ask for

(my $conf = $t->read_file('nginx.conf')) =~ s/meet_metrics rooms/meet_metrics names/;
$t->write_file('nginx.conf', $conf);

my ($status, $out) = $t->test_conf();
is($status, 1, 'another parameter');
like($out, qr/invalid parameter "names": "rooms" or none/, 'is refused');


sub body { return $t->get(8080, $_[0])->{body} }


# label and value, of each room
sub rooms {
    my ($name) = @_;

    return body('/metrics/rooms')
        =~ /^meet_room_$name\{worker="\d+",room="(\w+)"\} (\d+)$/mg;
}


sub labels {
    my %rooms = rooms('participants');

    return keys %rooms;
}


sub unlisted {
    my ($n) = body('/metrics/rooms') =~ /^meet_rooms_unlisted\{[^}]*\} (\d+)$/m;

    return $n;
}
