#!/usr/bin/perl

# Things that happen at the same time: joining and deleting, expiring and
# joining, a room made anew under the name of a deleted one.

use warnings;
use strict;

use FindBin;
use Test::More;
use Time::HiRes qw/ time /;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

use constant ROUNDS => 10;

my $t = Test::Meet->new()->plan(18);

$t->serve(workers => 3, also => 'meet_sweep_interval 300ms;');

# hellos that run against the deletion: each is told so, or refused; nobody
# stays, and nothing comes back to life

my %ends;
my $left = 0;

for my $round (1 .. ROUNDS) {
    my $room = $t->create_room(8080, name => "race-$round");
    my $owner = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Olga');
    my @tokens = map { $t->join_room(8080, $room, 'class', "P$_")
        ->{json}{token} } 1 .. 4;

    # opened before, so that hello and DELETE are on their way together

    my @sockets = map { Test::Meet::WebSocket->new($t, 8080,
        '/api/v1/ws') } @tokens;
    my $delete = $t->socket(8080);

    syswrite $delete, "DELETE /api/v1/rooms/race-$round HTTP/1.1\r\n"
        . "Host: localhost\r\nAuthorization: Bearer $owner->{token}\r\n"
        . "Connection: close\r\n\r\n";
    $sockets[$_]->send({ type => 'hello', token => $tokens[$_] }) for 0 .. 3;

    like($t->read_all($delete), qr/^HTTP\/1.1 204/, 'deleted')
        if $round == 1;

    for my $ws (@sockets, $owner->{ws}) {
        my $code = $ws->read_close(5);
        $ends{$code}++;
        $left++ if $code == -1;
    }

    my $ws = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');

    $ws->send({ type => 'hello', token => $tokens[0] });
    $ends{'again ' . $ws->read_close(5)}++;
}

is($left, 0, 'nobody stays in a deleted room');
is($ends{'again 4004'}, ROUNDS, 'and nobody brings it back');
is(join(',', grep { !/^(4004|again 4004)$/ } sort keys %ends), '',
    'everybody hears the same') or diag(explain(\%ends));
ok($t->wait_for(sub { $t->get(8080, '/metrics')->{body}
    !~ /^meet_media_rooms\{[^}]*\} [1-9]/m }, 5), 'no actor is left');

# the same name again is another room

my $first = $t->create_room(8080, name => 'again');
my $olga = Test::Meet::Session->new($t, 8080, $first, 'owner', 'Olga');
my $alice = Test::Meet::Session->new($t, 8080, $first, 'class', 'Alice');

is($olga->post('of the first')->{type}, 'posted', 'chat of the first');
is($t->http(8080, 'DELETE', '/api/v1/rooms/again',
    token => $olga->{token})->{status}, 204, 'deleted');

my $second = $t->create_room(8080, name => 'again');
my $anna = Test::Meet::Session->new($t, 8080, $second, 'owner', 'Anna');

isnt($second->{incarnation}, $first->{incarnation}, 'made anew');
is($anna->{welcome}{incarnation}, $second->{incarnation}, 'is what it is');
is($anna->{snapshot}{total}, 1, 'without those of the first');
is($anna->ask({ type => 'log', channel => 'chat', after => 0 })->{last}, 0,
    'without its chat');
is($alice->read('end')->{reason}, 'deleted', 'those of the first are told');
is(turned_away($alice->{token}), 4004, 'and their tokens open nothing');
is($t->join_room(8080, $first, 'class', 'Alice')->{status}, 403,
    'nor do their passwords');
is($t->http(8080, 'DELETE', '/api/v1/rooms/again', token => $olga->{token})
    ->{status}, 401, 'nor does the old owner delete it');

# somebody comes just when a room ends

my $room = $t->create_room(8080, expires => int(time()) + 2);
my ($in, $out) = (0, 0);
my $end = time() + 8;
my @inside;

while (time() < $end) {
    my $r = $t->join_room(8080, $room, 'class', 'Late');

    last if $r->{status} == 404 && ++$out == 3;
    next if $r->{status} != 200;

    my $s = Test::Meet::Session->new($t, 8080, $room, 'class', 'Late',
        token => $r->{json}{token}, quiet => 1);
    my $m = $s->{ws}->read();

    push @inside, $s if $m && $m->{type} eq 'welcome';
}

cmp_ok(scalar @inside, '>', 0, 'some came in before it ended');
is($out, 3, 'nobody after it');
is(scalar(grep { $_->{ws}->read_close(10) == 4004 } @inside), scalar @inside,
    'all who were in are out');


sub turned_away {
    my ($token) = @_;

    my $ws = Test::Meet::WebSocket->new($t, 8080, '/api/v1/ws');

    $ws->send({ type => 'hello', token => $token });

    return $ws->read_close();
}
