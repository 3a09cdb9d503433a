#!/usr/bin/perl

# All that is stored about a room, as one file for its owner and nobody else.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use Test::Meet;
use Test::Meet::Session;
use Test::More;

my $t = Test::Meet->new()->plan(28)->write_conf(<<'EOC');
    server {
        listen 127.0.0.1:%%PORT_8080%% sndbuf=64k;
        location / { meet_api; }
        location = /healthz { meet_health; }
    }
EOC
$t->run(ready => { port => 8080, path => '/healthz' });

my $room = $t->create_room(8080, name => 'class-7b', expires => time() + 999);
my $path = '/api/v1/rooms/class-7b/export';
my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my $owner = $t->join_room(8080, $room, 'owner', 'Boss')->{json}{token};

# an empty room

my $r = export();
is($r->{status}, 200, 'exported');
is($r->{headers}{'content-type'}, 'application/json', 'type');
is($r->{headers}{'content-disposition'},
    'attachment; filename="class-7b.json"', 'as a file');
is($r->{headers}{'cache-control'}, 'no-store', 'not cached');

my $file = $r->{json};
is($file->{room}, 'class-7b', 'room');
is($file->{incarnation}, $room->{incarnation}, 'incarnation');
ok(abs($file->{created} - time()) < 30, 'created');
is($file->{end}, $room->{answer}{json}{expires}, 'end');
ok(!$file->{locked}, 'settings');
is(join(' ', @{ $file->{rights_participant} }), 'mic cam screen chat tell',
    'rights');
is(join(' ', map { "$_->{kind}:$_->{role}" } @{ $file->{invites} }),
    'password:participant owner:owner', 'invites');
is_deeply([ $file->{people}, $file->{replaced}, $file->{log} ],
    [ [], [], [] ], 'nothing else');
unlike($r->{body}, qr/auth|verifier|wrapped|salt|placement|secret/,
    'nothing that opens the room');

# what the room remembers of people

my $boss = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Boss');

is($boss->ask({ type => 'moderate', verb => 'deny', target => $alice->{id},
    kinds => [ 'mic', 'screen' ] })->{type}, 'done', 'denied');

my ($person) = @{ export()->{json}{people} };

is_deeply([ @$person{qw/ participant role removed_until denied /} ],
    [ $alice->{id}, undef, undef, [ 'mic', 'screen' ] ], 'people');
$boss->ask({ type => 'moderate', verb => 'allow', target => $alice->{id},
    kinds => [ 'mic', 'screen' ] });

# a long log, in several pages, all of it and in order

my @bodies = map { Test::Meet::Session::sealed("entry $_ " . 'x' x 20000) }
    1 .. 40;
my $n = 0;

for my $body (@bodies) {
    $n++ if $alice->ask({ type => 'post', channel => 'chat',
        body => $body })->{type} eq 'posted';
}

is($n, 40, 'written');

$r = export();
is(join(',', map { $_->{sequence} } @{ $r->{json}{log} }),
    join(',', 1 .. 40), 'all entries, once');
is_deeply([ map { $_->{body} } @{ $r->{json}{log} } ], \@bodies,
    'as they were sealed');
is($r->{json}{log}[7]{sender}, $alice->{id}, 'sender');
is($r->{json}{log}[7]{channel}, 'chat', 'channel');
ok(abs($r->{json}{log}[7]{time_ms} / 1000 - time()) < 60, 'time');

# somebody who reads slowly gets all of it, too, and blocks nobody

my $s = $t->socket(8080);
$s->setsockopt(1, 8, 32768);    # SO_RCVBUF
syswrite $s, "GET $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    . "Authorization: Bearer $owner\r\n\r\n";
is($alice->ask({ type => 'ping' })->{type}, 'pong', 'others go on');

my $raw = '';
while (sysread $s, my $part, 4096) {
    $raw .= $part;
}

is(scalar @{ $t->parse_answer($raw)->{json}{log} }, 40, 'read slowly');

# somebody who goes away in the middle leaves nothing behind

$s = $t->socket(8080);
$s->setsockopt(1, 8, 32768);
syswrite $s, "GET $path HTTP/1.1\r\nHost: localhost\r\n"
    . "Authorization: Bearer $owner\r\n\r\n";
sysread $s, $raw, 100;
CORE::close($s);

# nobody else

is($t->http(8080, 'GET', $path)->{type}, '/problems/not-authorized',
    'no token');
is(export($alice->{token})->{type}, '/problems/forbidden', 'a participant');
is($t->http(8080, 'POST', $path, body => '{}', token => $owner)->{status},
    405, 'POST');
is($t->http(8080, 'DELETE', '/api/v1/rooms/class-7b', token => $owner)
    ->{status}, 204, 'deleted');
is(export()->{type}, '/problems/no-room', 'nothing left to export');


sub export {
    my ($token) = @_;

    return $t->http(8080, 'GET', $path, token => $token || $owner);
}
