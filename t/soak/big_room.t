#!/usr/bin/perl

# t/nginx/fanout.t with five hundred people.

use warnings;
use strict;

use FindBin;

$ENV{MEET_FANOUT} = 500;
do "$FindBin::Bin/../nginx/fanout.t";
die $@ if $@;
