#!/usr/bin/perl

# A big room on the side of nginx: what happens to one is written once for
# each nginx worker, whoever hears it; one more who comes costs the others one
# small message; and a burst of chat reaches everybody, in bounded memory.
#
# Sixty people here; t/soak/big_room.t has five hundred.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;
use Time::HiRes qw/ time /;

my $people = $ENV{MEET_FANOUT} || 60;
my $speakers = 10;
my $each = 20;

my $t = Test::Meet->new();

$t->plan(15)->write_conf(<<'EOC', workers => 2);
    meet_connections 2000;
    server {
        listen 127.0.0.1:%%PORT_8080%% backlog=1024;
        access_log off;
        location / { meet_api; }
        location = /healthz { meet_health; }
        location = /metrics { meet_metrics; }
    }
EOC
$t->run(ready => { port => 8080, path => '/healthz' });

# everybody but the last

my $room = $t->create_room(8080);
my $start = time();
my @all;

for my $n (1 .. $people - 1) {
    push @all, come($n);
    drain($_) for $n % 20 ? () : @all;
}

settle();
diag(sprintf '%d came in %.1f s; %.0f kB each was told meanwhile',
    $people - 1, time() - $start, $all[0]{bytes} / 1024);
is(metric('meet_slow_readers_total'), 0, 'nobody was too slow');

# one more

my %before = metrics();
my @bytes = map { $_->{bytes} } @all;
my @frames = map { $_->{frames} } @all;

push @all, come($people);
settle();

my @cost = map { $all[$_]{bytes} - $bytes[$_] } 0 .. $#bytes;
my @told = map { $all[$_]{frames} - $frames[$_] } 0 .. $#frames;

is(join(',', uniq(@told)), '1', 'one message to each of the others');
cmp_ok(max(@cost), '<', 350, 'a small one');

my %after = metrics();

is($after{meet_events_out_total} - $before{meet_events_out_total},
    $people - 1 + $all[-1]{parts}, 'queued once for each');
cmp_ok($after{meet_events_total} - $before{meet_events_total}, '<=',
    2 + $all[-1]{parts}, 'written once for each nginx worker');
diag("$people. to come costs the others @{[ max(@cost) ]} bytes each");

# some more in quick succession: told together, nobody left out, in order

@frames = map { $_->{frames} } @all;
push @all, map { come($people + $_) } 1 .. 5;
settle();
@told = map { $all[$_]{frames} - $frames[$_] } 0 .. $#frames;
is(join(',', uniq(@told)), '5', 'five messages to each of the others');
$people += 5;
%after = metrics();

# one line of chat

%before = %after;
is($all[0]->post('x' x 200)->{type}, 'posted', 'one line of chat');
settle();
%after = metrics();

is($after{meet_events_out_total} - $before{meet_events_out_total}, $people,
    'heard by all');
cmp_ok($after{meet_events_total} - $before{meet_events_total}, '<=', 2,
    'written once for each nginx worker');

# a burst of it, which nobody reads before it is over

my $memory = memory();
@frames = map { $_->{frames} } @all;
$start = time();

for my $i (1 .. $each) {
    $_->send({ type => 'post', channel => 'chat',
        body => Test::Meet::Session::sealed("$i " . 'y' x 200) })
        for @all[0 .. $speakers - 1];
}

ok($t->wait_for(sub { metric('meet_posts_total') == $speakers * $each + 1 },
    60), 'all is on disk');

my $stored = time() - $start;
my $held = memory() - $memory;

settle();

my $took = time() - $start;
my @heard = map { $all[$_]{frames} - $frames[$_]
    - ($_ < $speakers ? $each : 0) } 0 .. $#all;

is(join(',', uniq(@heard)), $speakers * $each, 'each heard every line');
is(metric('meet_frames_shed_total'), 0, 'nothing was left out');
is(metric('meet_slow_readers_total'), 0, 'nobody was too slow');

# a sanitizer keeps what is freed
cmp_ok($held, '<', ($ENV{MEET_SANITIZED} ? 400 : 40) * 1024,
    'kB that nginx grew by');
is($all[-1]->ask({ type => 'ping' })->{type}, 'pong', 'and it goes on');
diag(sprintf '%d lines to %d: on disk after %.1f s, heard after %.1f s, '
    . 'nginx +%d kB', $speakers * $each, $people, $stored, $took, $held);


sub come {
    my ($n) = @_;

    my $s = Test::Meet::Session->new($t, 8080, $room, 'class', "Guest $n",
        quiet => 1);

    $s->{frames} = $s->{bytes} = 0;
    $s->welcomed(20);
    drain($s);
    $s->{parts} = $s->{frames} + 1;     # of the snapshot; the first was read

    return $s;
}

# reads what is there without looking into it, and counts it
sub drain {
    my ($s) = @_;

    my $ws = $s->{ws};

    while ($ws->fill(0)) {}

    while (length $ws->{buf} >= 2) {
        my $len = ord(substr $ws->{buf}, 1, 1) & 127;
        my $head = $len == 126 ? 4 : $len == 127 ? 10 : 2;

        last if length $ws->{buf} < $head;
        $len = unpack 'n', substr $ws->{buf}, 2, 2 if $len == 126;
        $len = unpack 'Q>', substr $ws->{buf}, 2, 8 if $len == 127;
        last if length $ws->{buf} < $head + $len;

        my $opcode = ord($ws->{buf}) & 15;
        my $payload = substr $ws->{buf}, $head, $len;

        substr($ws->{buf}, 0, $head + $len) = '';
        $ws->send_frame(10, $payload) if $opcode == 9;
        next if $opcode != 1;

        $s->{frames}++;
        $s->{bytes} += $head + $len;
    }
}

# until nothing more comes to anybody
sub settle {
    my $quiet = 0;
    my $last = -1;

    while ($quiet < 3) {
        drain($_) for @all;

        my $sum = 0;
        $sum += $_->{frames} for @all;
        $quiet = $sum == $last ? $quiet + 1 : 0;
        $last = $sum;
        select undef, undef, undef, 0.1;
    }
}

sub uniq {
    my %seen;

    return grep { !$seen{$_}++ } sort { $a <=> $b } @_;
}

sub max { return (sort { $b <=> $a } @_)[0] }

sub metric {
    my ($name) = @_;

    my %found = metrics();

    return $found{$name};
}

sub metrics {
    return $t->get(8080, '/metrics')->{body} =~ /^(meet_\w+) (\d+)$/mg;
}

# proportional set size of nginx, in kB
sub memory {
    my $sum = 0;

    for my $pid ($t->{pids}{nginx}, $t->worker_pids()) {
        open my $fh, '<', "/proc/$pid/smaps_rollup" or next;
        $sum += $_ for map { /^Pss:\s+(\d+)/ ? $1 : () } <$fh>;
    }

    return $sum;
}
