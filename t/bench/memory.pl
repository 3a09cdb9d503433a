#!/usr/bin/perl

# Memory: the idle stack, a WebSocket, a participant.  Proportional set size
# of all processes of nginx (2 workers) and meet-media (2 media workers); of
# what comes on top without files, which the load uses as well.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin", "$FindBin::Bin/../nginx/lib";

use Bench::Proc;
use Test::Meet;
use Test::Meet::Native;
use Time::HiRes qw/ sleep /;

my $sockets = 500;
my $people = 200;
my $before = 20;    # receivers that are there before it is looked at
my $receivers = 100;
my $publishers = 10;
my $rooms = 20;

my ($t, $https, $nginx, $media);


# a stack of its own for each question: what an earlier one let go of is used
# again, and then nothing seems to be needed
sub fresh {
    $t->stop() if $t;
    $t = Test::Meet->new()->write_conf(<<'EOC', workers => 2, media => 2);
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        listen 127.0.0.1:%%PORT_8081%% ssl;
        ssl_certificate %%TESTDIR%%/cert.pem;
        ssl_certificate_key %%TESTDIR%%/cert.key;
        location / { meet_api; }
        location /healthz { meet_health; }
    }
EOC
    $t->write_cert('cert');
    $t->run(ready => { port => 8080, path => '/healthz' });
    $https = 'https://127.0.0.1:' . $t->port(8081);
    sleep 2;

    ($nginx, $media) = (made('nginx'), made('media'));
}


sub room {
    my $r = Test::Meet::Native->create("$https/");

    return "$https/$r->{room}#$r->{password}";
}


# kilobytes
sub all { Bench::Proc::memory(Bench::Proc::family($t->{pids}{$_[0]})) }
sub made { Bench::Proc::made(Bench::Proc::family($t->{pids}{$_[0]})) }


sub line { printf "%-52s %9.1f %s\n", @_ }

fresh();

my @all = (all('nginx'), all('media'));

line('idle: nginx (master, 2 workers)', $all[0] / 1024, 'MB');
line('idle: meet-media (supervisor, 2 media workers)', $all[1] / 1024, 'MB');
line('idle: all', ($all[0] + $all[1]) / 1024, 'MB');

# rooms of one person each

my @rooms = map { Test::Meet::Native->new(room()) } 1 .. $rooms;

$_->wait_event('welcome', 1, 60) for @rooms;
line("a room of one, without media: meet-media (of $rooms)",
    (made('media') - $media) / $rooms, 'kB');
$_->stop() for @rooms;

# people in a room, each with a socket, without media

fresh();

my $crowd = Test::Meet::Native->new('--count', $people, room());
$crowd->wait_event('welcome', $people, 60);
$crowd->run_for(3);

line("a session: nginx, TLS included (of $people)",
    (made('nginx') - $nginx) / $people, 'kB');
line("a session: meet-media (of $people)",
    (made('media') - $media) / $people, 'kB');

$crowd->stop();

# and with a connection of 25 slots: what each further one costs, when what a
# media worker needs once for all has been touched

fresh();

my $link = room();
my @viewer = (qw/ --gap 20 --pairs 25 --spare 3 --count /);
my $speaker = Test::Meet::Native->new('--publish', 'mic,cam', $link);
$speaker->wait_event('publishing');
my $first = Test::Meet::Native->new(@viewer, $before, $link);
$first->wait_event('first-packet', $before, 60);
$first->run_for(2);

($nginx, $media) = (made('nginx'), made('media'));

my $viewers = Test::Meet::Native->new(@viewer, $receivers, $link);
$viewers->wait_event('first-packet', $receivers, 60);
$viewers->run_for(5);
$_->read(0) for $speaker, $first;

line("a participant that receives, 25 slots: nginx (of $receivers)",
    (made('nginx') - $nginx) / $receivers, 'kB');
line("a participant that receives, 25 slots: meet-media (of $receivers)",
    (made('media') - $media) / $receivers, 'kB');

$_->stop() for $viewers, $first, $speaker;

# and of those who send three layers, which nobody watches

fresh();
$link = room();

my $senders = Test::Meet::Native->new('--count', $publishers, '--publish',
    'mic,cam', '--simulcast', '--video', '640x360@600', $link);
$senders->wait_event('publishing', $publishers, 60);
$senders->run_for(5);

line("a participant that sends three unwatched layers: meet-media (of $publishers)",
    (made('media') - $media) / $publishers, 'kB');

# and whose layers are all watched, so that what may have to be sent again is
# kept; the share of those who watch is included

my @watchers = map { Test::Meet::Native->new(qw/ --spare 1 --pairs /,
    $publishers, '--height', $_, $link) } 90, 180, 360;

$_->wait_event('first-packet', 1, 60) for @watchers;
$_->run_for(5) for @watchers;
$senders->read(0);

line("a participant that sends three watched layers: meet-media (of $publishers)",
    (made('media') - $media) / $publishers, 'kB');

$_->stop() for $senders, @watchers;
$t->stop();
