#!/usr/bin/perl

# The systemd unit as shipped: valid, and as closed as README says.

use warnings;
use strict;

use File::Temp qw/ tempdir /;
use FindBin;
use Test::More tests => 11;

my $dir = tempdir(CLEANUP => 1);

open my $in, '<', "$FindBin::Bin/../../conf/meet-media.service" or die $!;
my $unit = do { local $/; <$in> };

# any program will do
$unit =~ s{\@PREFIX\@/sbin/meet-media}{/bin/true}g;

open my $out, '>', "$dir/meet-media.service" or die $!;
print $out $unit;
close $out;

like($unit, qr/^$_$/m, $_) for qw/ DynamicUser=yes NoNewPrivileges=yes
    PrivateTmp=yes ProtectSystem=strict CapabilityBoundingSet=
    MemoryDenyWriteExecute=yes LimitCORE=0 /, 'SystemCallFilter=@system-service';
unlike($unit, qr/^ReadWritePaths=/m, 'nothing to write to but its own');

my $said = `systemd-analyze verify $dir/meet-media.service 2>&1`;
unlike($said, qr/meet-media\.service:/, 'valid') or diag($said);

# of 10: 1.3 is what it has
$said = `systemd-analyze security --offline=true --threshold=15 \\
    $dir/meet-media.service 2>&1`;
is($?, 0, 'exposed to 1.5 of 10 at most') or diag($said);
