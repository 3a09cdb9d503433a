#!/usr/bin/perl

# control.sock of meet-media: nothing for another user, nothing without the
# instance key, nothing for nonsense; and it goes on for those who may.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw/ hmac_sha256 /;
use Socket;
use Test::Meet;
use Test::More;
use Time::HiRes qw/ time /;

my $t = Test::Meet->new();

$t->plan(16);
$t->serve();

my ($challenge, $hello, $welcome, $configure, $error) = (1, 2, 3, 4, 8);
my $path = $t->testdir() . '/run/control.sock';
my $key = $t->read_file('key');

is((stat $path)[2] & 0007, 0, 'nothing for others');

# another user

SKIP: {
    skip 'needs root', 1 if $> != 0;

    my $pid = fork() // die;

    if ($pid == 0) {
        $) = '65534 65534';
        $> = 65534;
        socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0);
        POSIX::_exit(connect($s, pack_sockaddr_un($path)) ? 1 : 0);
    }

    waitpid $pid, 0;
    is($?, 0, 'another user does not even get through');
}

# who has the key is greeted, and proved to

my $s = open_control();
my $nonce = challenge_of($s);
is(length $nonce, 32, 'challenged');
isnt(challenge_of(open_control()), $nonce, 'each time anew');

my $mine = 'm' x 32;
send_message($s, $hello, pack('L L', 1, $$) . $mine
    . proof($key, 'meet nginx', $nonce));
my ($type, $body) = answer($s);
is($type, $welcome, 'greeted');
is(substr($body, 8, 32), proof($key, 'meet media', $mine),
    'and meet-media proves the key as well');
close $s;

# who has not, is not

for my $case (
    [ 'another key', sub { proof('x' x 32, 'meet nginx', $_[0]) } ],
    [ 'the proof of the other side', sub { proof($key, 'meet media', $_[0]) } ],
    [ 'a proof of before', sub { proof($key, 'meet nginx', $nonce) } ],
    [ 'zeros', sub { "\0" x 32 } ],
) {
    my ($name, $make) = @$case;

    $s = open_control();
    my $n = challenge_of($s);
    send_message($s, $hello, pack('L L', 1, $$) . $mine . $make->($n));
    ($type) = answer($s);
    ok($type == $error || $type == 0, $name);
    is(tail($s), '', 'and nothing follows') if $name eq 'another key';
}

# nonsense

for my $bytes ('x', "\0" x 16, 'y' x 4096) {
    $s = open_control();
    challenge_of($s);
    send $s, $bytes, 0;
    ($type) = answer($s);
    ok($type == $error || $type == 0, length($bytes) . ' bytes of nonsense');
}

# CONFIGURE before HELLO

$s = open_control();
challenge_of($s);
send_message($s, $configure, "\0" x 368);
($type) = answer($s);
ok($type == $error || $type == 0, 'commands of strangers');

is($t->get(8080, '/healthz')->{status}, 200, 'nginx is still attached');


sub open_control {
    socket(my $fh, AF_UNIX, SOCK_SEQPACKET, 0) or die $!;
    connect($fh, pack_sockaddr_un($path)) or die $!;

    return $fh;
}

sub send_message {
    my ($fh, $kind, $content) = @_;

    send $fh, pack('L S S S S L', 0x4d454554, 1, 0, $kind, 0,
        16 + length $content) . $content, 0;
}

# type and body; 0 at the end of file, -1 if nothing comes
sub answer {
    my ($fh) = @_;

    my $set = '';
    vec($set, fileno $fh, 1) = 1;
    return (-1, '') unless select $set, undef, undef, 7;

    return (0, '') unless defined recv $fh, my $buf, 4096, 0;
    return (0, '') if length $buf < 16;

    return (unpack('x8 S', $buf), substr $buf, 16);
}

sub challenge_of {
    my ($fh) = @_;

    my ($kind, $content) = answer($fh);

    return $kind == $challenge ? $content : '';
}

sub tail {
    my ($fh) = @_;

    my ($kind, $content) = answer($fh);

    return $kind == 0 ? '' : "message $kind";
}

# HMAC over label, nonce of the other side, version and role
sub proof {
    my ($secret, $label, $n) = @_;

    return hmac_sha256($label . $n . pack('S S L', 1, minor(), 1), $secret);
}

# the version before this one, which is served as well
sub minor { return 0 }
