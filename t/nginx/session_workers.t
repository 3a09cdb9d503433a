#!/usr/bin/perl

# Several nginx workers and several media workers: a room is in one place,
# whoever comes in where; rooms are spread; a dead media worker takes only its
# own with it; a full ring is said, not waited for.

use warnings;
use strict;

use FindBin;
use Test::More;
use Time::HiRes qw/ time /;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;

my $t = Test::Meet->new();

$t->plan(23)->write_conf(<<'EOC', workers => 3, media => 2);
    server {
        listen  127.0.0.1:%%PORT_8080%% reuseport;
        location /api/ { meet_api; }
        location /healthz { meet_health; }
        location /metrics { meet_metrics; }
    }
EOC

$t->run(ready => { port => 8080, path => '/healthz' });

# twelve people at once, through whatever worker takes them

my $room = $t->create_room(8080);
my @people = map { Test::Meet::Session->new($t, 8080, $room, 'owner', "P$_",
    quiet => 1) } 1 .. 12;

$_->welcomed() for @people;

my %epochs = map { $_->{epoch} => 1 } @people;

is(join(',', keys %epochs), '1', 'one placement');
is(join(',', sort { $a <=> $b } map { $_->{welcome}{number} } @people),
    join(',', 1 .. 12), 'one roster');
is($people[0]->post('hello')->{type}, 'posted', 'a word');
is(scalar(grep { $_->read('entry')->{entry}{sequence} == 1 } @people), 12,
    'everybody hears it');

# to one of them, wherever

is($people[0]->ask({ type => 'tell', to => $people[11]{id}, body => 'x' })
    ->{type}, 'done', 'told');
is($people[11]->read('told')->{from}, $people[0]{id}, 'heard');

# a second room goes to the other media worker

my ($first_pid) = holders(1);
my $second = $t->create_room(8080);
my $olga = Test::Meet::Session->new($t, 8080, $second, 'owner', 'Olga');

my ($second_pid) = grep { $_ != $first_pid } holders(2);

ok($second_pid, 'rooms are spread');

# one media worker dies

my $epoch = $olga->{epoch};

kill 'KILL', $second_pid;

ok($olga->welcomed(10), 'registered again');
cmp_ok($olga->{epoch}, '>', $epoch, 'under a new epoch');
is($people[0]->ask({ type => 'ping' })->{type}, 'pong', 'the other room');
is($people[0]->ask({ type => 'state', muted => [ 'cam' ] })->{type}, 'done',
    'has not noticed');
is($people[0]{epoch}, 1, 'and is where it was');

# a stopped one: its rings fill up, and senders are told at once

ok($t->wait_for(sub { successor() }, 10), 'a successor has come');

my @elsewhere = ($olga, map { Test::Meet::Session->new($t, 8080,
    $t->create_room(8080), 'owner', "O$_") } 1 .. 2);

kill 'STOP', $first_pid;

my $start = time();
my $body = 'x' x 49000;
my $refused = 0;

for my $p (@people) {
    $p->send({ type => 'tell', to => 'f' x 16, body => $body })
        for 1 .. 31;
    $p->send({ type => 'ping' });
}

for my $p (@people) {
    while (my $m = $p->read()) {
        last if $m->{type} eq 'pong';
        $refused += ($m->{error} // '') eq 'unavailable';
    }
}

cmp_ok($refused, '>', 0, 'refused');
ok(scalar(grep { $_->ask({ type => 'state', muted => [] }, 0.3)->{type}
    eq 'done' } @elsewhere), 'the other media worker serves');
is($t->get(8080, "/api/v1/rooms/$second->{room}")->{status}, 200, 'REST');
cmp_ok(time() - $start, '<', 2.5, 'at once');
kill 'CONT', $first_pid;

is($people[3]->ask({ type => 'view', sources => [] }, 0.1)->{type}, '',
    'view has no answer');
is($people[3]->ask({ type => 'state', muted => [ 'mic' ] }, 10)->{type},
    'done', 'it goes on where it was');
is($people[3]{epoch}, 1, 'in the same epoch');

# twelve leave

$_->send({ type => 'leave' }) for @people;
is(scalar(grep { $_->{ws}->read_close() == 1000 } @people), 12, 'all leave');

my $late = Test::Meet::Session->new($t, 8080, $room, 'class', 'Late');

is($late->{snapshot}{total}, 1, 'nobody left');
is($late->ask({ type => 'log', channel => 'chat', after => 0 })->{last}, 1,
    'but what they wrote');


# two media workers, as seen from every nginx worker, as far as one can tell
sub successor {
    for (1 .. 12) {
        my @active = $t->get(8080, '/metrics')->{body}
            =~ /^meet_media_worker\{[^}]*\} 1$/mg;
        return 0 if @active != 2;
    }

    return 1;
}


# pids of media workers that hold a room, once there are n of them
sub holders {
    my ($n) = @_;

    my %pids = $t->read_file('media.log')
        =~ /media worker (\d+) \(pid (\d+)\)/g;
    my @found;

    $t->wait_for(sub {
        @found = map { $pids{$_} } $t->get(8080, '/metrics')->{body}
            =~ /^meet_media_rooms\{worker="(\d+)"[^}]*\} [1-9]/mg;
        @found == $n;
    }, 5);

    return @found;
}
