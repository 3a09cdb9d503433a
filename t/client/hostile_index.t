#!/usr/bin/perl

# The tables of t/README.md: what happens to a call, known weaknesses of
# systems like ours, pitfalls that others fell into, the groups of a suite for
# WebSockets.  Each row has a test or a reason; what is named is there.

use warnings;
use strict;

use FindBin;
use Test::More;

my $top = "$FindBin::Bin/../..";
my (@items, %files);

open my $list, '<', "$top/t/README.md" or die "t/README.md: $!";

while (my $line = <$list>) {
    $line =~ /^\| ([LSPAW]\d+) \| (.+?) \| (.+) \|$/ or next;

    my ($id, $name, $shown) = ($1, $2, $3);
    my @named = $shown =~ /`(t\/[^`]+)`/g;
    my $reason = $shown =~ s/`t\/[^`]+`,? ?//gr;

    push @items, { id => $id, name => $name, files => \@named,
        reason => scalar($reason =~ /\w/) };
}

is(join(' ', map { $_->{id} } @items), join(' ', map({ "L$_" } 1 .. 13),
    map({ "S$_" } 1 .. 20), map({ "P$_" } 1 .. 15), map({ "A$_" } 1 .. 4),
    map({ "W$_" } 1 .. 7, 9, 10, 12, 14)), 'all are listed');

for my $item (@items) {
    ok(@{ $item->{files} } || $item->{reason},
        "$item->{id}: a test or a reason");
}

for my $entry (map { @{ $_->{files} } } @items) {
    my ($file, $word) = split /:/, $entry;

    if (!exists $files{$file}) {
        $files{$file} = -s "$top/$file" ? slurp("$top/$file") : undef;
        ok(defined $files{$file}, "$file is there");
    }

    ok(index($files{$file} // '', $word) >= 0, "$file has $word")
        if defined $word;
}

# and nothing that attacks is left out

for my $file (map { s{^\Q$top/\E}{}r } glob "$top/t/*/*hostile*.t") {
    ok(exists $files{$file} || $file =~ /_index/, "$file is listed");
}

done_testing();


sub slurp {
    my ($path) = @_;

    open my $fh, '<', $path or return undef;
    local $/;

    return <$fh>;
}
