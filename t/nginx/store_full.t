#!/usr/bin/perl

# A full disk: who writes is told so (507, storage-full), the log names it, a
# running call goes on, deleting works, and with space everything works again
# without a restart.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

# in a mount namespace of its own: what is mounted goes with this process

if (!$ENV{MEET_UNSHARED}) {
    plan(skip_all => 'needs root and mount namespaces')
        if $> != 0 || system('unshare -m true 2>/dev/null') != 0;

    $ENV{MEET_UNSHARED} = 1;
    exec 'unshare', '-m', $^X, $0 or die "exec: $!";
}

my $mounted;

END {
    local $?;
    system('umount', '-l', $mounted) if $mounted;
}

my $t = Test::Meet->new()->write_conf(<<'EOC');
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

my $store = $t->testdir() . '/store';

mkdir $store, 0700;
plan(skip_all => 'cannot mount a tmpfs')
    if system("mount -t tmpfs -o size=6m,mode=700 tmpfs $store 2>/dev/null")
    != 0;
$mounted = $store;

$t->plan(15)->run(ready => { port => 8080, path => '/healthz' });

my $room = $t->create_room(8080, name => 'call');
my $spare = $t->create_room(8080, name => 'spare');
my $ann = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Ann');
my $bob = Test::Meet::Session->new($t, 8080, $room, 'class', 'Bob');
my $owner = $t->join_room(8080, $spare, 'owner', 'Eve')->{json}{token};

is(post($ann)->{type}, 'posted', 'there is space');

# somebody else fills the disk

open my $fh, '>', "$store/filler" or die "filler: $!";
while (syswrite $fh, 'x' x 4096) {}
close $fh;

my ($n, $answer) = (0);
do { $answer = post($ann) } while $answer->{type} eq 'posted' && $n++ < 100;

is($answer->{type}, 'error', 'an entry is refused');
is($answer->{error}, 'storage-full', 'and why');
is((eval { $t->create_room(8080) } // $@) =~ /create: (\d+)/ ? $1 : '', 507,
    'so is a room');
like($t->read_file('error.log'),
    qr/\[error\] .*meet_store ".*store": .* No space left on device/,
    'the operator is told');

# the call goes on: what needs no disk works

is($ann->ask({ type => 'ping' })->{type}, 'pong', 'sockets live');
is($ann->ask({ type => 'tell', to => $bob->{id}, body => 'hello' })->{type},
    'done', 'messages pass');
is(($bob->read('told') || {})->{body}, 'hello', 'and arrive');
is($ann->ask({ type => 'log', channel => 'chat', after => 0 })->{entries}[0]
    {sequence}, 1, 'what was written is read');
is($t->join_room(8080, $room, 'class', 'Tim')->{status}, 200, 'people join');
is($t->get(8080, '/healthz')->{status}, 200, 'healthy');

# deleting must not need space

is($t->http(8080, 'DELETE', '/api/v1/rooms/spare', token => $owner)->{status},
    204, 'a room is deleted');
is($t->get(8080, '/api/v1/rooms/spare')->{status}, 404, 'and gone');

unlink "$store/filler";

is(post($ann)->{type}, 'posted', 'space again: entries');
is(eval { $t->create_room(8080, name => 'spare')->{room} }, 'spare',
    'and rooms');


sub post {
    my ($s) = @_;

    return $s->ask({ type => 'post', channel => 'chat',
        body => Test::Meet::Session::sealed('x' x 30000) });
}
