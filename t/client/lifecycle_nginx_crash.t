#!/usr/bin/perl

# During a call of six: an nginx worker is killed, all of nginx is away for
# ten seconds (90 in the soak) while people go on to chat, limits change by a
# reload, a media worker is killed.  Each row prints its figures.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::Meet::Session;
use Test::More;
use Time::HiRes qw/ time /;

use constant { PEOPLE => 6, AWAY => $ENV{MEET_SOAK} ? 90 : 10 };

my $t = Test::Meet->new()->plan(27);
$t->{alert_ok} = qr/worker process \d+ exited on signal 9/;

my $base = $t->serve(workers => 2);
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', PEOPLE,
    '--count', PEOPLE, "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', PEOPLE, 20), PEOPLE, 'a call');

my $lines = 0;

line('at the beginning');

# the workers of nginx are killed, so that everybody has lost one

my $sum = row('nginx workers killed', sub {
    for my $n (1 .. 20) {
        $call->tell({ cmd => 'chat', who => $_, text => "cut $n by $_" })
            for 0 .. PEOPLE - 1;
        $call->run_for(0.01);
        kill 'KILL', $t->worker_pids() if $n == 10;
    }

    $call->run_for(4);
});

untouched($sum);
cmp_ok($sum->{resume}, '>', 0, 'sessions were lost');
cmp_ok($sum->{resume}, '<', 2_000_000, 'and back within two seconds');
typed('cut', 20 * PEOPLE);
line('after the kill: the store is whole');

# nginx is not there at all

$sum = row('nginx away for ' . AWAY . ' s', sub {
    $t->stop('nginx', 'TERM');

    # everybody types, all the time

    for my $n (1 .. 10) {
        $call->run_for(AWAY / 10);
        $call->tell({ cmd => 'chat', who => $_, text => "typed $n by $_" })
            for 0 .. PEOPLE - 1;
    }

    $t->run(no_media => 1);
    $call->wait_for(sub { $_[0]{event} eq 'welcome' && $_[0]{fresh} },
        PEOPLE, 15);
    $call->run_for(1);
});

untouched($sum);
typed('typed', 10 * PEOPLE);
line('after the outage');

# other limits by a reload: a call under way does not care

$sum = row('reload with other limits', sub {
    my $conf = $t->read_file('nginx.conf');

    $conf =~ s/(meet_media_workers) +1/$1 2/;
    $conf =~ s/^(http \{)/$1\n    meet_participants 7;/m;
    $t->write_file('nginx.conf', $conf);
    $t->reload();
    $call->run_for(3);
});

untouched($sum);

my $small = Test::Meet::Session->new($t, 8080, $t->create_room(8080), 'owner',
    'Olga');

is($small->{welcome}{limits}{participants}, 7, 'a room made now has it');
$small->cut();

# the media worker dies: everybody talks again, with nobody doing anything

my ($media) = sort { $a <=> $b } $t->children($t->{pids}{media});
my (%back, %at);

kill 'KILL', $media;

my $start = time();

# silence first, then packets again

$call->run_for(0.5);
%at = packets();

while (time() - $start < 15 && keys %back < PEOPLE) {
    $call->run_for(0.1);

    my %now = packets();

    for my $name (keys %now) {
        $back{$name} //= time() - $start if $now{$name} > $at{$name};
    }
}

my ($worst) = sort { $b <=> $a } values %back, 0;

is(scalar keys %back, PEOPLE, 'everybody hears again');
cmp_ok($worst, '<', 8, 'within eight seconds');
diag(sprintf 'media worker killed: all hear again after %.2f s', $worst);

$call->run_for(1)->tell({ cmd => 'reset' })->run_for(3);
$sum = Test::Meet::Native->sums($call->report());
is($sum->{missing} + $sum->{doubled} + $sum->{wrong_source}, 0,
    'and everything');
cmp_ok($sum->{packets}, '>', PEOPLE * (PEOPLE - 1) * 3 * 50 * 0.9,
    'all the time');
line('in the new life of the room');

$call->stop();


# does it, and returns the sums of that time; prints a line
sub row {
    my ($name, $code) = @_;

    $call->run_for(0.5)->tell({ cmd => 'reset' });

    my $start = time();

    $code->();

    my $report = $call->report();
    my $sum = Test::Meet::Native->sums($report);

    ($sum->{resume}) = sort { $b <=> $a } map { $_->{resume_max_us} }
        @{ $report->{participants} };
    $sum->{expected} = PEOPLE * (PEOPLE - 1) * (time() - $start) * 50;

    diag(sprintf '%s: %d packets, %d missing, %d doubled; slowest session'
        . ' back after %.0f ms', $name, $sum->{packets}, $sum->{missing},
        $sum->{doubled}, $sum->{resume} / 1000);

    return $sum;
}


sub untouched {
    my ($sum) = @_;

    is($sum->{missing} + $sum->{doubled} + $sum->{wrong_source}, 0,
        'media untouched');
    cmp_ok($sum->{packets}, '>', $sum->{expected} * 0.8, 'all the time');
    is($sum->{event_gaps}, 0, 'no event lost');
}


# so many lines, each once at each of them, in one order
sub typed {
    my ($how, $n) = @_;

    my $typed = sub { $_[0]{event} eq 'chat' && $_[0]{chat}{text} =~ /^$how/ };
    my %said;

    $call->wait_for($typed, $n * PEOPLE, 10);
    push @{ $said{ $_->{who} } }, $_ for $call->events($typed);

    my @whole = grep { texts(@$_) == $n && @$_ == $n } values %said;
    my %orders = map { join(',', map { $_->{chat}{text} }
        sort { $a->{sequence} <=> $b->{sequence} } @$_) => 1 } values %said;
    my @report = @{ $call->report()->{participants} };
    my ($twice) = sort { $b <=> $a } map { $_->{chat_repeats} } @report;

    is(scalar @whole, PEOPLE, 'what was typed meanwhile came once, to all');
    is(scalar keys %orders, 1, 'in one order');
    is(scalar(grep { $_->{chat_waiting} } @report), 0, 'nothing is left');
    diag(sprintf '%d lines %s, each heard once by %d; so far %d were stored'
        . ' twice', $n, $how, scalar @whole, $twice);
}


# different ones
sub texts {
    my %seen = map { $_->{chat}{text} => 1 } @_;

    return scalar keys %seen;
}


# { name => packets received }
sub packets {
    my %sum;

    for my $who (@{ $call->report()->{participants} }) {
        $sum{ $who->{name} } = 0;
        $sum{ $who->{name} } += $_->{packets}
            for @{ ($who->{received} || {})->{slots} || [] };
    }

    return %sum;
}


# one writes, all read it, once
sub line {
    my ($text) = @_;

    $lines++;
    $call->tell({ cmd => 'chat', who => $lines % PEOPLE, text => $text });
    $call->wait_for(sub { $_[0]{event} eq 'chat'
        && $_[0]{chat}{text} eq $text }, PEOPLE, 5);
    is(scalar $call->events(sub { $_[0]{event} eq 'chat'
        && $_[0]{chat}{text} eq $text }), PEOPLE, "$text: chat");
}
