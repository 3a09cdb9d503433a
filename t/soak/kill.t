#!/usr/bin/perl

# One hundred rounds of t/nginx/store_kill.t.

use warnings;
use strict;

use FindBin;

$ENV{MEET_KILL_ROUNDS} ||= 100;

exec $^X, "-I$FindBin::Bin/../nginx/lib",
    "$FindBin::Bin/../nginx/store_kill.t" or die "exec: $!";
