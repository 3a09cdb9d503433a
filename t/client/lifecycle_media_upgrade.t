#!/usr/bin/perl

# The program file of meet-media is replaced during a call: a reload of nginx
# starts workers of the new one, the call finishes undisturbed in the old one,
# and somebody who comes into a new room is served by the new one.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use File::Copy qw/ copy /;
use Test::Meet;
use Test::Meet::Native;
use Test::More;

my $t = Test::Meet->new()->plan(10);

# another file with the same content: what counts is that it was replaced

my $from = $t->media();
my $program = $t->testdir() . '/meet-media';

install();
$ENV{MEET_MEDIA} = $program;

my $base = $t->serve();
my @media = ('--publish', 'mic,cam', qw/ --pairs 3 --count 3 /);
my $call = call();

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');
$call->run_for(1)->tell({ cmd => 'reset' });

my ($old) = $t->children($t->{pids}{media});

$t->reload();
is(join(' ', $t->children($t->{pids}{media})), $old,
    'the same program: the same worker');

install();
$t->reload();
ok($t->wait_for(sub { $t->children($t->{pids}{media}) == 2 }, 5),
    'a replaced one: a new worker beside the old one');

my ($new) = grep { $_ != $old } $t->children($t->{pids}{media});
like(readlink("/proc/$old/exe"), qr/ \(deleted\)$/, 'that of before');
is(readlink("/proc/$new/exe"), $program, 'and the new program');

my $other = call();
is(scalar $other->wait_event('first-packet', 3, 15), 3, 'a new call');
ok($t->wait_for(sub {
    my $people = $t->media_metric('participants');
    my %at = map { $t->media_pid($_) => $people->{$_} } keys %$people;
    return $at{$old} == 3 && $at{$new} == 3;
}, 3), 'each where it belongs');

$call->run_for(1);
my $sum = Test::Meet::Native->sums($call->report());
is($sum->{missing} + $sum->{doubled} + $sum->{wrong_source}, 0,
    'no packet missing in the old one');
is($sum->{offers}, 6, 'nobody had to offer again');

$call->tell({ cmd => 'leave' })->run_for(0.3);
$call->stop();
ok($t->wait_exit($old, 10), 'which leaves with its call');
$other->stop();


sub call {
    my $room = Test::Meet::Native->create("$base/");

    return Test::Meet::Native->new(@media,
        "$base/$room->{room}#$room->{password}");
}


# as a package does it: the old file lives on without a name
sub install {
    copy($from, "$program.new") or die "copy: $!";
    chmod 0755, "$program.new";
    rename "$program.new", $program or die "rename: $!";
}
