#!/usr/bin/perl

# Limits of a WebSocket: connections of one address, a client that does not
# read, pings without end, messages in a burst.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Socket qw/ SOL_SOCKET SO_RCVBUF /;
use Test::Meet;
use Test::Meet::Session;
use Test::More;
use Time::HiRes qw/ time /;

my $t = Test::Meet->new()->plan(21)->write_conf(<<'EOC', workers => 2);
    meet_connections 3;
    server {
        listen 127.0.0.1:%%PORT_8080%% sndbuf=16k;
        location / { meet_api; }
        location = /healthz { meet_health; }
        location = /metrics { meet_metrics; }
    }
EOC
$t->run(ready => { port => 8080, path => '/healthz' });

# connections, counted over both workers, given back when they end

my @open = map { ws() } 1 .. 3;
is(scalar(grep { $_->{accepted} } @open), 3, 'three');
is(ws()->{answer}{type}, '/problems/too-many-connections', 'and no more');
ok(ws(from => '127.0.0.2')->{accepted}, 'another address');

(shift @open)->close(1000);
push @open, ok_ws();
ok($open[-1]{accepted}, 'closed one given back');

CORE::close((shift @open)->{s});
push @open, ok_ws();
ok($open[-1]{accepted}, 'vanished one given back');

# a worker that is killed takes its places along

kill 'KILL', $_ for my @old = $t->worker_pids();
$t->wait_for(sub { !grep { kill 0, $_ } @old });
ok($_->read_eof(), 'killed with its worker') for @open;
push @open, ok_ws();
ok($open[-1]{accepted}, 'its places given back');
$t->{alert_ok} = qr/exited on signal 9/;
$_->{s} && CORE::close($_->{s}) for @open;

$t->ready({ port => 8080, path => '/healthz' });

# a client that does not read

my $room = $t->create_room(8080);
my $slow = Test::Meet::Session->new($t, 8080, $room, 'class', 'Slow');
setsockopt $slow->{ws}{s}, SOL_SOCKET, SO_RCVBUF, 4096;

my $watch = Test::Meet::Session->new($t, 8080, $room, 'class', 'Watch',
    from => '127.0.0.2');
my $body = Test::Meet::b64u("\x01" . 'x' x 36000);

for my $n (1 .. 12) {
    $watch->{ws}->send({ type => 'post', channel => 'chat', body => $body,
        id => $n });
    $watch->{ws}->read('posted');
}

my $start = time();

for my $n (1 .. 60) {
    $slow->{ws}->send({ type => 'log', channel => 'chat', after => 0,
        id => $n }) or last;
}

ok($t->wait_log(qr/does not read what it is sent/, 10), 'noticed');

my ($close, $last);
while (my $f = $slow->{ws}->read_frame(3)) {
    $last = $f->{opcode};
    $close = $f->{code} if $f->{opcode} == 8;
}

is($close, 1013, 'slow reader told to try again');
is($last, 8, 'and nothing after it');
ok($slow->{ws}->read_eof(5), 'closed');

# others did not suffer

$watch->{ws}->send({ type => 'ping', id => 99 });
is($watch->{ws}->read('pong')->{re}, 99, 'others live on');
is($watch->{ws}->close(1000), 1000, 'and leave');

# pings: a burst is answered, a flood is not

my $ws = ok_ws();
$ws->write(Test::Meet::WebSocket::frame(9, 'p') x 100);
is(pongs($ws, 100), 100, 'a hundred pings');

$ws->write(Test::Meet::WebSocket::frame(9, 'p') x 3000);
is($ws->read_close(), 1008, 'three thousand');

# messages likewise

my $fast = Test::Meet::Session->new($t, 8080, $room, 'class', 'Fast');
my $ping = Test::Meet::WebSocket::frame(1, '{"type":"ping","id":1}');
$fast->{ws}->write($ping x 3000);
is($fast->{ws}->read_close(), 1008, 'three thousand messages');

# what the operator sees

my $metrics = $t->get(8080, '/metrics')->{body};
my %m = $metrics =~ /^(meet_\w+) (\d+)$/mg;
is($m{meet_slow_readers_total}, 1, 'slow readers counted');
cmp_ok($m{meet_refused_limit_total}, '>=', 1, 'refusals counted');
ok($t->wait_for(sub {
    $t->get(8080, '/metrics')->{body} =~ /^meet_websockets 0$/m;
}), 'none left');


sub ws {
    return Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws', @_);
}

# a place may be free only when the other side has noticed
sub ok_ws {
    my $found;

    $t->wait_for(sub {
        $found = eval { ws() };
        $found && $found->{accepted};
    }, 3);

    return $found;
}

sub pongs {
    my ($w, $want) = @_;

    my $n = 0;
    while ($n < $want && (my $f = $w->read_frame(2))) {
        $n += $f->{opcode} == 10;
    }

    return $n;
}
