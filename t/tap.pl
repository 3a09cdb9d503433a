#!/usr/bin/perl

# Runs test programs that speak TAP and adds up what they say.
#   t/tap.pl [-j N] [-t SECONDS] RESULT FILE...
# appends "passed failed seconds file" to RESULT for each, and shows what those
# said that failed; exits 0 only if nothing failed.

use warnings;
use strict;

use File::Spec::Functions qw/ catfile /;
use File::Temp qw/ tempdir /;
use Getopt::Std;
use TAP::Harness;

use constant SHOWN => 150; # lines of a test that failed

my %opt = (j => 1, t => 300);
getopts('j:t:', \%opt);

my ($result, @files) = @ARGV;
my @timeout = ('timeout', '-k', '10', $opt{t});

my $said = tempdir(CLEANUP => 1);
$ENV{PERL_TEST_HARNESS_DUMP_TAP} = $said;

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
my $bad = !$sum->total;

open my $fh, '>>', $result or die "$result: $!";

for my $file ($sum->descriptions()) {
	my ($parser) = $sum->parsers($file);

	# a program that died or broke its plan fails even if each line said "ok"
	my $failed = $parser->failed
		|| ($parser->has_problems ? 1 : 0);

	printf $fh "%d %d %.1f %s\n", scalar $parser->passed, $failed,
		$parser->end_time - $parser->start_time, $file;
	$bad ||= $failed;
	show($file) if $failed;
}

close $fh or die "$result: $!";

exit($bad ? 1 : 0);


sub show {
	my ($file) = @_;

	open my $in, '<', catfile($said, $file) or return;
	my @lines = <$in>;
	splice @lines, 0, -SHOWN if @lines > SHOWN;
	print "\n-- $file said\n", @lines;
}
