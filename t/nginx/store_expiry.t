#!/usr/bin/perl

# An idle room goes after two sweeps, one with a later end stays; the absolute
# end of a room counts at once.  What has expired leaves nothing behind.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw/ sha256 /;
use MIME::Base64 qw/ decode_base64 /;
use Test::Meet;
use Test::Meet::Session;
use Time::HiRes qw/ time /;

my $t = Test::Meet->new()->plan(16)->write_conf(<<'EOC', workers => 2);
    meet_idle_expiry     3s;
    meet_sweep_interval  300ms;

    server {
        listen 127.0.0.1:%%PORT_8080%%;

        location /api/ {
            meet_api;
        }
        location = /healthz {
            meet_health;
        }
    }
EOC

$t->run();
ok($t->wait_for(sub { $t->get(8080, '/api/v1/rooms/none')->{status} == 404 }),
    'store is open');

my $idle = $t->create_room(8080, name => 'idle-one');
my $ends = $t->create_room(8080, name => 'ends-soon',
    expires => int(time()) + 3);

is($t->get(8080, '/api/v1/rooms/idle-one')->{status}, 200, 'room is there');
is($t->get(8080, '/api/v1/rooms/ends-soon')->{status}, 200, 'other one too');

my $ann = Test::Meet::Session->new($t, 8080, $idle, 'class', 'Ann');
my $said = Test::Meet::Session::sealed('Monday ' x 40);
is($ann->ask({ type => 'post', channel => 'chat', body => $said })->{type},
    'posted', 'somebody joins and writes');
$ann->cut();

my $secret = substr $t->read_file('store/secrets'), 32, 32;
isnt($secret, "\0" x 32, 'which says something');

my $size = -s $t->testdir() . '/store/secrets';

is($size, 32 * 3, 'two secrets behind the identity');

# one with a session in it stays, without a word from anybody

my $used = $t->create_room(8080, name => 'used-one');
my $token = $t->join_room(8080, $used, 'class', 'Eve')->{json}{token};
my $ws = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');

$ws->send({ type => 'hello', token => $token });
is($ws->read('welcome')->{type}, 'welcome', 'session in a room');

ok($t->wait_for(sub {
    $t->get(8080, '/api/v1/rooms/idle-one')->{status} == 404
}, 20), 'idle room has expired');

my $until = time() + 4;
$t->wait_for(sub { time() > $until });
is($t->get(8080, '/api/v1/rooms/used-one')->{status}, 200,
    'a room in use has not');
# who is in when the end comes is told

my $late = $t->create_room(8080, name => 'ends-later',
    expires => int(time()) + 2);
$token = $t->join_room(8080, $late, 'class', 'Tim')->{json}{token};
my $last = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');
$last->send({ type => 'hello', token => $token });
is(($last->read('end', 15) || {})->{reason}, 'expired', 'told of the end');
is($last->read_close(), 4004, 'and the connection closed');

is($t->get(8080, '/api/v1/rooms/ends-soon')->{status}, 404, 'its end came');
is($t->join_room(8080, $idle, 'class', 'Ann')->{status}, 404,
    'nobody joins an expired room');

# its secret is zeroed, its name is free

my $secrets = $t->read_file('store/secrets');
is(substr($secrets, 32, 32), "\0" x 32, 'secret is gone');

# nothing that was known of it stands in a file, free pages included

my $all = join '', $t->read_file('store/data.mdb'), $secrets,
    $t->read_file('store/lock.mdb'), $t->read_file('store/user');
my @traces = grep { index($all, $_) >= 0 } 'idle-one', $secret, $said,
    unb64u($said), 'Monday Monday',
    map { my $raw = unb64u($_->{auth}); ($_->{auth}, $raw, sha256($raw)) }
    @$idle{qw/ class owner /};
is(scalar @traces, 0, 'no name, password, owner secret, verifier or chat');

is(eval { $t->create_room(8080, name => 'idle-one')->{room} }, 'idle-one',
    'name is free again');


sub unb64u {
    my ($text) = @_;

    $text =~ tr{-_}{+/};

    return decode_base64($text);
}
