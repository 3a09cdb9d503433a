#!/usr/bin/perl

# Rooms are made while nginx is reloaded and its workers are killed: every room
# that was acknowledged is there, and no worker stays behind.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;

my $t = Test::Meet->new()->plan(7)->write_conf(<<'EOC', workers => 2);
    server {
        listen 127.0.0.1:%%PORT_8080%%;

        location /api/ {
            meet_api;
        }
    }
EOC

$t->run();
$t->{alert_ok} = qr/exited on signal 9/;

my (@made, $failed);
my %old = map { $_ => 1 } $t->worker_pids();

for my $round (1 .. 6) {
    make($round, 12);

    if ($round <= 3) {
        kill 'HUP', $t->{pids}{nginx};
    } else {
        kill 'KILL', ($t->worker_pids())[0];
    }

    make($round . 'b', 12);
}

cmp_ok(scalar @made, '>', 100, 'most creations were answered');
is(scalar(grep { $t->get(8080, "/api/v1/rooms/$_")->{status} != 200 } @made), 0,
    'what was acknowledged is there');
ok($t->wait_for(sub { !grep { kill 0, $_ } keys %old }), 'old workers are gone');
ok($t->wait_for(sub { $t->worker_pids() == 2 }), 'two workers run');

# an answer that got lost may have been a room; a name is used once

is(scalar(grep { eval { $t->create_room(8080, name => $_) } } @made[0 .. 9]), 0,
    'names are taken');

my $secrets = $t->read_file('store/secrets');
my %seen;
$seen{$_}++ for grep { $_ ne "\0" x 32 } unpack '(a32)*', $secrets;
is(scalar(grep { $_ > 1 } values %seen), 0, 'no secret is used twice');
cmp_ok(scalar keys %seen, '>', scalar @made, 'each room has one');


sub make {
    my ($prefix, $n) = @_;

    for my $i (1 .. $n) {
        my $r = eval { $t->create_room(8080, name => "r-$prefix-$i") };
        push @made, $r->{room} if $r;
    }
}
