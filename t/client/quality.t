#!/usr/bin/perl

# What everybody is told of everybody's connections: good ones, ones that lose
# much, and good ones again; no more than what has changed.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::More;

use Test::Meet::Net;

Test::Meet::Net->enter('private');

require Test::Meet;
require Test::Meet::Native;

my $t = Test::Meet->new()->plan(7);

my $base = $t->serve();
my $room = Test::Meet::Native->create("$base/");

my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 2,
    '--count', 2, '--nack', '--video', '640x360@600',
    "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 2, 15), 2, 'a call');

# the newest grades of the way up, by number
sub grades {
    my ($message) = @_;

    return join ' ', map { "$_->[0]:$_->[1]" }
        sort { $a->[0] <=> $b->[0] } @{ $message->{participants} };
}

sub told {
    return map { $_->{message} } $call->events(
        sub { $_[0]{event} eq 'message' && $_[0]{type} eq 'quality' });
}

sub hears {
    my ($grades, $seconds) = @_;

    my @all;

    for (1 .. $seconds * 5) {
        $call->run_for(0.2);
        @all = told();
        last if @all && grades($all[-1]) eq $grades;
    }

    return @all ? grades($all[-1]) : 'nothing';
}

is(hears('1:3 2:3', 6), '1:3 2:3', 'two good connections');

my $before = told();
$call->run_for(4);
is(scalar(told()), $before, 'nothing is repeated');

ok(Test::Meet::Net->lose(25), 'much is lost');
is(hears('1:1 2:1', 15), '1:1 2:1', 'two bad ones');

Test::Meet::Net->lose(0);
is(hears('1:3 2:3', 25), '1:3 2:3', 'and good again');

cmp_ok(scalar(told()), '<', 30, 'few messages')
    or diag(join '; ', map { grades($_) } told());

$call->stop();
