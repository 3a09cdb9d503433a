#!/usr/bin/perl

# POST test: a token for a connection test.  It opens a socket to send and
# receive on, and no door.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use Test::Meet;
use Test::Meet::Session;
use Test::More;

my $t = Test::Meet->new();

$t->plan(38);
$t->serve(workers => 2);

my $r = begin();
is($r->{status}, 200, 'begun');
is($r->{headers}{'cache-control'}, 'no-store', 'not cached');
is($r->{json}{seconds}, 60, 'how long it lasts');
cmp_ok($r->{json}{udp}{first}, '<', $r->{json}{udp}{last}, 'UDP ports');

is(begin('{"x":1}')->{status}, 400, 'takes nothing');
is($t->get(8080, '/api/v1/test')->{status}, 405, 'GET');
is($t->http(8080, 'POST', '/api/v1/test/x', body => {})->{status}, 404,
    'nothing below');

# a session: it may send, receive and leave

my $s = trial($r->{json}{token});
is($s->{welcome}{number}, 1, 'welcome');
is_deeply($s->{welcome}{rights}, [ 'mic', 'cam' ], 'rights');
is("$s->{welcome}{wrapped_key}$s->{welcome}{invite}$s->{welcome}{key_id}", '',
    'no key, no invite');
is($s->{snapshot}{total}, 1, 'alone');
is($s->ask({ type => 'ping' })->{type}, 'pong', 'pong');

for my $m (
    { type => 'post', channel => 'chat',
        body => Test::Meet::Session::sealed('x') },
    { type => 'log', channel => 'chat', after => 0 },
    { type => 'tell', to => $s->{id}, body => 'x' },
    { type => 'tell', to => 'lobby', body => 'x' },
    { type => 'state', name => 'Eve' },
    { type => 'moderate', verb => 'end' },
    { type => 'moderate', verb => 'remove', target => $s->{id} },
    { type => 'appoint', target => $s->{id}, role => 'moderator' },
    { type => 'report', map { $_ => 1 }
        qw/ freezes frozen_ms concealed_ms audio_ms video_ms / },
) {
    is($s->ask($m)->{error}, 'forbidden', $m->{verb} // $m->{type});
}

# its token opens nothing else, and does not become a longer one

my $room = $t->create_room(8080, name => 'class-7b');
my %auth = (token => $s->{token});

for my $name ('class-7b', 'test', '') {
    my $answer = $t->http(8080, 'DELETE', "/api/v1/rooms/$name", %auth);
    ok($answer->{status} =~ /^40[145]$/, "DELETE rooms/$name");
}

is($t->http(8080, 'PATCH', '/api/v1/rooms/class-7b', %auth,
    body => { locked => JSON::PP::true })->{status}, 401, 'PATCH');
is($t->http(8080, 'GET', '/api/v1/rooms/class-7b/export', %auth)->{status},
    401, 'export');
cmp_ok($s->{welcome}{token_expires}, '<', time + 31, 'not renewed');

# one at a time

my $other = trial($r->{json}{token}, quiet => 1);
my $m = $s->read('end', 5);
is($m->{reason}, 'replaced', 'the newer socket of the same token wins');
$other->welcomed();
is($other->ask({ type => 'ping' })->{type}, 'pong', 'and lives');

# nothing of it is in the store or in a name

is(metric('meet_rooms'), 1, 'rooms in the store');
is(metric('meet_tests_total'), 1, 'counted');
is($t->http(8080, 'GET', '/api/v1/rooms/test')->{status}, 404,
    'no room is called test');
ok(!eval { $t->create_room(8080, name => 'test') }, 'nor can be');
like($@, qr/400/, 'refused');

# over when its socket is

$other->send({ type => 'leave' });
is($other->read('close')->{code}, 1000, 'left');
ok($t->wait_for(sub { metric('meet_media_rooms') == 0 }), 'gone');

# only so many at one time, and then again

my @all = map { trial(begin()->{json}{token}, quiet => 1) } 1 .. 40;
my ($in, $out) = (0, 0);

for my $one (@all) {
    my $first = $one->read(undef, 8);

    $in++ if $first && $first->{type} eq 'welcome';
    $out++ if $first && $first->{type} eq 'close' && $first->{code} == 1013;
}

is("$in $out", '16 24', 'sixteen for one media worker');
$_->{ws}->close() for @all;
ok($t->wait_for(sub { metric('meet_media_rooms') == 0 }), 'all gone');


sub begin {
    my ($body) = @_;

    return $t->http(8080, 'POST', '/api/v1/test', body => $body // '{}');
}

sub trial {
    my ($token, %o) = @_;

    return Test::Meet::Session->new($t, 8080, { api => '/api/v1' }, '', '',
        token => $token, %o);
}

sub metric {
    my ($name) = @_;

    my $sum = 0;
    my $body = $t->get(8080, '/metrics')->{body};

    $sum += $1 while $body =~ /^\Q$name\E(?:\{[^}]+\})? (\d+)$/mg;

    return $sum;
}
