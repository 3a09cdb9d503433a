#!/usr/bin/perl

# Runs test programs that speak TAP and adds up what they say.
#   t/tap.pl [-j N] [-t SECONDS] RESULT FILE...
# appends "passed failed" to RESULT; exits 0 only if nothing failed.

use warnings;
use strict;

use Getopt::Std;
use TAP::Harness;

my %opt = (j => 1, t => 300);
getopts('j:t:', \%opt);

my ($result, @files) = @ARGV;
my @timeout = ('timeout', '-k', '10', $opt{t});

my $harness = TAP::Harness->new({
	jobs => $opt{j},
	verbosity => $ENV{MEET_VERBOSE} ? 1 : 0,
	failures => 1,
	merge => 1,
	timer => 1,
	exec => sub {
		my (undef, $file) = @_;

		return [ @timeout, 'perl', '-It/nginx/lib', $file ]
			if $file =~ /\.t$/;

		# what node says below a test is for people: comments to us
		return [ 'bash', '-c', "set -o pipefail; @timeout node --test"
			. " --test-reporter=tap $file | sed -E 's/^ +/# /'" ]
			if $file =~ /\.mjs$/;

		return [ @timeout, 'bash', $file ] if $file =~ /\.sh$/;
		return [ @timeout, $file ];
	},
});

my $sum = $harness->runtests(@files);

# a program that died or broke its plan fails even if each line said "ok"
my $failed = scalar $sum->failed;
for my $parser (values %{ $sum->{parser_for} }) {
	$failed++ if $parser->has_problems && !$parser->failed;
}

open my $fh, '>>', $result or die "$result: $!";
printf $fh "%d %d\n", scalar $sum->passed, $failed;
close $fh;

exit($failed || !$sum->total ? 1 : 0);
