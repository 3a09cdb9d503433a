#!/usr/bin/perl

# Backup and restore of the running store, as the README tells: a copy taken
# while rooms are written is whole, and it does not bring back what was deleted
# later if the current `secrets` is kept.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Copy qw/ copy /;
use Test::Meet;
use Test::Meet::Session;

my $conf = <<'EOC';
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

my $ready = { port => 8080, path => '/healthz' };
my $t = Test::Meet->new()->plan(13)->write_conf($conf, workers => 2);
my $dir = $t->testdir();

$t->run(ready => $ready);

my $kept = $t->create_room(8080, name => 'kept');
my $gone = $t->create_room(8080, name => 'gone');

for my $room ($kept, $gone) {
    my $ann = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Ann');

    for my $i (1 .. 5) {
        die "post" unless $ann->ask({ type => 'post', channel => 'chat',
            body => Test::Meet::Session::sealed("entry $i") })->{type}
            eq 'posted';
    }
}

# a copy while somebody writes

pipe my $r, my $w or die "pipe: $!";

my $writer = fork() // die "fork: $!";

if ($writer == 0) {
    close $r;
    for my $i (1 .. 1000) {
        my $room = eval { $t->create_room(8080, name => "made-$i") } or last;
        syswrite $w, "$room->{room}\n";
    }
    POSIX::_exit(0);
}

close $w;
my @before = map { scalar <$r> } 1 .. 10;
chomp @before;

mkdir "$dir/backup", 0700;
is(system("mdb_copy -c $dir/store $dir/backup"), 0, 'copied');
copy("$dir/store/secrets", "$dir/apart") or die "copy: $!";

is(scalar <$r> ? 1 : 0, 1, 'written all the time');
kill 'KILL', $writer;
waitpid $writer, 0;
close $r;

is(join(' ', map { s{.*/}{}r } glob "$dir/backup/*"), 'data.mdb',
    'no secrets in the copy');

# afterwards one room is deleted, and its place taken by others

my $token = $t->join_room(8080, $gone, 'owner', 'Ann')->{json}{token};
is($t->http(8080, 'DELETE', '/api/v1/rooms/gone', token => $token)->{status},
    204, 'deleted after the copy');
$t->create_room(8080, name => "late-$_") for 1 .. 3;

# another instance with the same key, and the secrets as they are now

my $now = restore("$dir/store/secrets");
is($now->get(8080, '/api/v1/rooms/kept')->{status}, 200, 'restored');
is(scalar(grep { $now->get(8080, "/api/v1/rooms/$_")->{status} != 200 }
    @before), 0, 'with all that was there when the copy began');

my $ann = Test::Meet::Session->new($now, 8080, $kept, 'class', 'Ann');
is(join(',', map { $_->{sequence} } @{ $ann->ask({ type => 'log',
    channel => 'chat', after => 0 })->{entries} }), '1,2,3,4,5',
    'and what was said');

is($now->get(8080, '/api/v1/rooms/gone')->{status}, 404, 'deleted is deleted');
is($now->join_room(8080, $gone, 'owner', 'Ann')->{status}, 404,
    'with the owner link too');
ok($now->wait_log(qr/opening a room with its secret/),
    'and the log says why');
is($now->get(8080, '/api/v1/rooms/late-1')->{status}, 404,
    'what came later is not there');
is(eval { $now->create_room(8080, name => 'gone')->{room} }, 'gone',
    'the name is free');

# which is due to the file of secrets: with that of then it comes back

my $then = restore("$dir/apart");
is($then->get(8080, '/api/v1/rooms/gone')->{status}, 200,
    'old secrets bring it back: keep none');


sub restore {
    my ($secrets) = @_;

    my $o = Test::Meet->new();
    my $to = $o->testdir();

    $o->write_file('key', $t->read_file('key'));
    chmod 0600, "$to/key";
    $o->write_conf($conf);
    mkdir "$to/store", 0700;
    copy("$dir/backup/data.mdb", "$to/store/data.mdb") or die "copy: $!";
    copy($secrets, "$to/store/secrets") or die "copy: $!";
    chmod 0600, "$to/store/data.mdb", "$to/store/secrets";

    return $o->run(ready => $ready);
}
