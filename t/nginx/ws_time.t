#!/usr/bin/perl

# What a WebSocket may not put off: hello (15 s), a sign of life (asked for
# after 25 s, given up after 60 s).  All at once, to take a minute only.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Select;
use Test::Meet;
use Test::Meet::Session;
use Test::More;
use Time::HiRes qw/ time /;

my $t = Test::Meet->new()->plan(12);
$t->serve();

my $room = $t->create_room(8080);
my $start = time();

my $mute = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');
my $pinging = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');
my $alive = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alive')->{ws};
my $dead = Test::Meet::Session->new($t, 8080, $room, 'class', 'Dead')->{ws};

# no hello: pings do not put it off

ok(!$pinging->read_frame(7), 'nothing yet');
$pinging->send_frame(9, 'x');
is($pinging->read_frame()->{opcode}, 10, 'pings are answered');
is($mute->read_close(10), 4001, 'no hello');
near(15);
is($pinging->read_close(2), 4001, 'nor while pinging');
near(15);
ok($mute->read_eof(3), 'closed without an answer');

# life: one answers its pings, one does not

my %pings = (alive => [], dead => []);
my $select = IO::Select->new($alive->{s}, $dead->{s});

while (!$dead->{eof} && time() < $start + 65) {
    for my $s ($select->can_read(1)) {
        my $name = $s == $alive->{s} ? 'alive' : 'dead';
        my $ws = $name eq 'alive' ? $alive : $dead;
        my $f = $ws->read_frame(0.5);

        if (!$f) {
            $select->remove($s);
            next;
        }

        next unless $f->{opcode} == 9;

        push @{ $pings{$name} }, int(time() - $start + 0.5);
        $alive->send_frame(10, $f->{payload}) if $name eq 'alive';
    }
}

near(60);
is(join(' ', @{ $pings{dead} }), 25, 'asked once');
is(join(' ', @{ $pings{alive} }), '25 50', 'asked whenever it is silent');

$alive->send({ type => 'ping', id => 1 });
is($alive->read('pong')->{re}, 1, 'who answers lives on');

my $metrics = $t->get(8080, '/metrics')->{body};
like($metrics, qr/^meet_no_hello_total 2$/m, 'counted');


sub near {
    my ($seconds) = @_;

    my $took = time() - $start;
    ok(abs($took - $seconds) < 2, "after $seconds s") or diag($took);
}
