#!/usr/bin/perl

# What meet-media says when it cannot start, and to whom it does not talk.

use warnings;
use strict;

use FindBin;
use Socket qw/ AF_UNIX SOCK_SEQPACKET sockaddr_un /;
use Test::More;

use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;

my $t = Test::Meet->new()->plan(22);
my $dir = $t->testdir();
my $media = $ENV{MEET_MEDIA}
    || ($ENV{MEET_BUILD} || "$FindBin::Bin/../../build")
    . '/media/meet-media';

# exit status and what it said
sub try {
    my (@args) = @_;

    my $pid = open my $out, '-|';
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec $media, @args or POSIX::_exit(127);
    }

    my $said = do { local $/; <$out> };
    close $out;

    return ($? >> 8, $said // '');
}

sub refused {
    my ($title, $re, @args) = @_;

    my ($status, $said) = try(@args);
    isnt($status, 0, $title);
    like($said, $re, "$title: says so");
}

$t->write_key('key');
$t->write_file('short', 'x' x 31);
$t->write_file('file', '');

my @key = ('--key', "$dir/key");

my ($status, $said) = try('--help');
is($status, 0, 'help');
like($said, qr/--run-dir DIR/, 'help: usage');

($status, $said) = try('--version');
like($said, qr/^meet-media, contract \d+\.\d+$/, 'version');

refused('nothing said', qr/usage:/);
refused('unknown option', qr/usage:/, '--run-dir', "$dir/run", '--frob');
refused('no key', qr/no --key and no/, '--run-dir', "$dir/run");
refused('key missing', qr/cannot open key file/,
    '--run-dir', "$dir/run", '--key', "$dir/none");
refused('key too short', qr/exactly 32 bytes/,
    '--run-dir', "$dir/run", '--key', "$dir/short");
refused('run directory missing', qr/cannot make/,
    '--run-dir', "$dir/no/where", @key);
refused('run directory is a file', qr/cannot open/,
    '--run-dir', "$dir/file", @key);

SKIP: {
    skip 'needs root', 2 unless $> == 0;
    refused('unknown user', qr/no such user/,
        '--run-dir', "$dir/run", '--user', 'no-such-user', @key);
}

# a second one, and one who speaks another version

$t->run_media();

refused('second daemon', qr/another meet-media runs here/,
    '--run-dir', "$dir/run", @key);

socket my $socket, AF_UNIX, SOCK_SEQPACKET, 0 or die "socket: $!";
connect $socket, sockaddr_un("$dir/run/control.sock") or die "connect: $!";

recv $socket, my $challenge, 4096, 0;
my ($magic, $major, $minor) = unpack 'LSS', $challenge;
send $socket, pack('LSSSSL', $magic, $major + 1, $minor, 2, 0, 88) . "\0" x 72,
    0;
recv $socket, my $answer, 4096, 0;
is((unpack 'LSSSSLL', $answer)[6], 19, 'another version: error');
