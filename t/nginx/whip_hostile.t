#!/usr/bin/perl

# What no honest encoder sends to WHIP and WHEP: each is refused with a problem,
# brings nobody into the room and costs nobody anything.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::Meet::Whip;

my $t = Test::Meet->new()->plan(53);

$t->serve();

my $room = $t->create_room(8080);
my $owner = $t->join_room(8080, $room, 'owner', 'Boss')->{json}{token};
my $key = $t->add_key(8080, $room, $owner, 'whip')->{secret};
my $play = $t->add_key(8080, $room, $owner, 'whep')->{secret};
my $boss = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Boss');
my $path = "/api/v1/whip/$room->{room}";
my $good = $t->stream_offer();

# secrets

for my $token ('', 'x', 'A' x 42, 'A' x 44, 'A' x 4096, "$key=", '%00', $owner)
{
    is(post($good, token => $token)->{status}, 401,
        'no secret: ' . length $token);
}

is(post($good, token => 'A' x 43)->{type}, '/problems/wrong-secret', 'zeros');
is(post($good, token => $room->{owner}{auth})->{type},
    '/problems/wrong-secret', 'what opens the room as its owner');
is(post($good, token => $play)->{type}, '/problems/wrong-secret',
    "a player's");
is($t->http(8080, 'POST', $path, body => $good, headers => {
    'Content-Type' => 'application/sdp',
    Authorization => "Basic $key" })->{status}, 401, 'another scheme');
is($t->http(8080, 'POST', "$path?access_token=$key", body => $good,
    headers => { 'Content-Type' => 'application/sdp' })->{status}, 401,
    'never in a URL');

# rooms

is($t->http(8080, 'POST', "/api/v1/whip/$_", token => $key, body => $good,
    headers => { 'Content-Type' => 'application/sdp' })->{status}, 404,
    "room '$_'") for 'nobody-home', 'UPPER', 'x' x 200, '';

# bodies

is(post('x' x (256 * 1024 + 1))->{status}, 413, 'over 256 KiB');
is(post($good . "a=x:\r\n" x 40000)->{status}, 201, 'just below');
$boss->read('joined');
is(post($good, headers => { 'Content-Type' => 'application/json' })->{status},
    415, 'another type');
is(post($good, headers => { 'Content-Type' => undef })->{status}, 415,
    'no type');
is(post(sprintf("%x\r\n%s\r\n0\r\n\r\n", length $good, $good), headers => {
    'Content-Length' => undef, 'Transfer-Encoding' => 'chunked' })->{status},
    411, 'no length');
is(post($good, headers => { Origin => 'https://evil.example' })->{type},
    '/problems/foreign-origin', "another site's page");

for my $case (
    [ 'empty', '' ],
    [ 'binary', join('', map { chr } 0 .. 255) x 100 ],
    [ 'a line', "v=0\r\n" ],
    [ 'no media', "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" ],
    [ 'a quote in it', $good =~ s/s=-/s="\\/r . 'm=' ],
    [ 'no BUNDLE', $good =~ s/a=group.*\r\n//r ],
    [ 'no rtcp-mux', $good =~ s/a=rtcp-mux\r\n//gr ],
    [ 'no fingerprint', $good =~ s/a=fingerprint.*\r\n//gr ],
    [ 'a weak fingerprint', $good =~ s/sha-256/md5/gr ],
    [ 'no ICE', $good =~ s/a=ice-pwd.*\r\n//gr ],
    [ 'setup passive', $good =~ s/actpass/passive/gr ],
    [ 'plain RTP', $good =~ s{UDP/TLS/RTP/SAVPF}{RTP/AVP}gr ],
    [ 'nothing but reception', $good =~ s/sendonly/recvonly/gr ],
    [ 'no codec of ours', $good =~ s/(opus|VP8)/G722/gr ],
    [ 'a long mid', $good =~ s/(audio$|mid:audio)/$1 . 'a' x 40/emgr ],
    [ '200 sections', $good . "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n" x 200 ],
) {
    my $r = post($case->[1]);
    is($r->{type}, '/problems/bad-offer', $case->[0]);
}

# queries

is($t->stream(8080, $room, 'whip', $key, query => $_)->{type},
    '/problems/bad-request', $_)
    for '?name=', '?name=%00', '?name=%ff', '?name=' . 'x' x 65,
    '?source=x', '?source=-1', '?source=3', '?source=4294967295';

# and that was all

is($boss->read('joined', 0.5), undef, 'nobody came of all that');
my $metrics = $t->get(8080, '/metrics')->{body};
is(($metrics =~ /^\S*wrong_secrets_total (\d+)$/m)[0], 14,
    'wrong secrets are counted');
is(($metrics =~ /^\S*streams_opened_total (\d+)$/m)[0], 1, 'and what came');
my $log = $t->read_file('error.log');
like($log, qr/a stream key that opens nothing/, 'logged');
ok(index($log, $key) < 0 && $log !~ /AB:AB:AB|abcdefghijkl/,
    'without secrets and SDP');
is($t->stream(8080, $room, 'whip', $key)->{status}, 201, 'it still works');


sub post {
    my ($sdp, %o) = @_;

    return $t->stream(8080, $room, 'whip', $o{token} // $key, %o,
        sdp => $sdp);
}
