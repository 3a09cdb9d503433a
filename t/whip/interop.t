#!/usr/bin/perl

# Three independent implementations publish by WHIP, one after the other, and
# all three play by WHEP at the same time.  What counts is what was decoded.

use warnings;
use strict;

use FindBin;
use JSON::PP;
use Test::More;

use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet::Net;

Test::Meet::Net->enter('private');
Test::Meet::Net->interface('198.51.100.1/24', '2001:db8::1/64')
    or plan(skip_all => 'no interface of our own');

require Test::Meet;
require Test::Meet::Session;
require Test::Meet::Whip;

my %peers = (
    aiortc => [ '/usr/bin/python3', "$FindBin::Bin/aiortc_peer.py" ],
    gstreamer => [ '/usr/bin/python3', "$FindBin::Bin/gst_peer.py" ],
    wrtc => [ 'node', "$FindBin::Bin/wrtc_peer.mjs" ],
);

my $t = Test::Meet->new();

$t->plan(3 * (4 + 3 * 5) + 3 * 2 + 1)->write_conf(<<'EOC', meet => <<'EOM');
    server {
        listen  127.0.0.1:%%PORT_8080%%;
        location /api/ { meet_api; }
        location /healthz { meet_health; }
    }
EOC
    meet_store          %%TESTDIR%%/store;
    meet_run            %%TESTDIR%%/run;
    meet_key            %%TESTDIR%%/key;
    meet_media_workers  1;
    meet_media_ports    %%MEDIA_PORTS%%;
    meet_media_listen   198.51.100.1 [2001:db8::1];
EOM

$t->run(ready => { port => 8080, path => '/healthz' });

for my $from (sort keys %peers) {
    my $room = $t->create_room(8080);
    my $boss = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Boss');
    my $owner = $t->join_room(8080, $room, 'owner', 'Boss')->{json}{token};
    my $whip = $t->add_key(8080, $room, $owner, 'whip')->{secret};
    my $whep = $t->add_key(8080, $room, $owner, 'whep')->{secret};

    my $sender = start($from, $room, "whip", $whip, "?name=$from");
    my $joined = $boss->read('joined', 20) || {};
    is($joined->{participant}{name}, $from, "$from is in the room");

    my %players = map {
        $_ => start($_, $room, 'whep', $whep, "?name=$_")
    } sort keys %peers;

    for my $to (sort keys %players) {
        my $got = result($players{$to});

        is($got->{state}, 'connected', "$from to $to: connected");
        cmp_ok($got->{video}, '>', 30, "$from to $to: pictures decoded")
            or diag($got->{error});
        is($got->{width}, 320, "$from to $to: of their size");
        cmp_ok($got->{audio}, '>', 50, "$from to $to: sound decoded");
        is($got->{closed}, 200, "$from to $to: ended");

        if ($to eq 'wrtc') {
            is($got->{restart}, 200, "$from to $to: an ICE restart");
            cmp_ok($got->{after}, '>', 10, "$from to $to: and pictures after");
        }
    }

    close $sender->{in};

    my $sent = result($sender);

    is($sent->{state}, 'connected', "$from: connected") or diag($sent->{error});
    is($sent->{closed}, 200, "$from: ended");
    is($sent->{restart}, 200, "$from: an ICE restart") if $from eq 'wrtc';

    my %left;
    $left{ ($boss->read('left', 5) || {})->{reason} // 'nobody' }++ for 1 .. 4;
    is_deeply(\%left, { left => 4 }, 'all have left');
}


sub start {
    my ($peer, $room, $kind, $key, $query) = @_;

    my $url = 'http://127.0.0.1:' . $t->port(8080)
        . "$room->{api}/$kind/$room->{room}$query";
    my $log = $t->testdir() . "/$peer-$kind.log";

    pipe my $out, my $in or die $!;

    my $pid = open my $fh, '-|';
    die $! unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<&', $out;
        close $in;
        open STDERR, '>', $log;
        exec 'timeout', '60', @{ $peers{$peer} }, $url, $key,
            $kind eq 'whip' ? 50 : 30;
    }

    return { pid => $pid, fh => $fh, log => $log, in => $in };
}


# what the peer has printed last, or what it complained of
sub result {
    my ($run) = @_;

    my $line;

    while (defined($line = readline $run->{fh}) && $line !~ /^\{/) { }

    # what a library of it has left running is of no interest
    kill 'TERM', $run->{pid};
    close $run->{fh};

    my $got = $line ? decode_json($line) : {};

    $got->{$_} //= 0 for qw/ state video audio width closed /;
    open my $log, '<', $run->{log} or die $!;
    $got->{error} = join '', grep { defined } (readline $log)[-8 .. -1];

    return $got;
}
