#!/usr/bin/perl

# Known weaknesses of systems like ours, and pitfalls that others fell into:
# where each is tested, or why there is nothing to test.  A name behind the
# colon of a file is one that must occur in it.
#
# S1 ClientHello from elsewhere gets in first
#   t/client/hostile_dtls.t t/client/hostile_hello.t
#   t/unit/peer_test.c t/unit/udp_test.c
# S2 RTP of strangers is taken, or addresses are learnt from it
#   t/client/hostile_srtp.t t/client/roam.t t/unit/udp_test.c
# S3 a number of bad packets ends a call
#   t/client/hostile_srtp.t:forged t/unit/srtp_test.c:forgeries_cost_nothing
# S4 replay ends a call
#   t/client/hostile_srtp.t:replay
#   t/unit/srtp_test.c:nothing_is_accepted_twice
# S5 parsers read or write too far
#   t/client/hostile_publisher.t:malformed t/client/hostile_stun.t:broken
#   t/fuzz/fuzz_sdp.c t/fuzz/fuzz_stun.c t/fuzz/fuzz_rtp.c t/fuzz/fuzz_rtcp.c
#   t/fuzz/fuzz_srtp.c t/fuzz/fuzz_dtls.c t/fuzz/fuzz_vp8.c t/fuzz/fuzz_vp9.c
#   t/fuzz/fuzz_h264.c t/fuzz/fuzz_av1.c t/fuzz/fuzz_media.c t/fuzz/replay.sh
#   t/unit/picture_test.c t/unit/rtp_test.c:every_truncation_is_safe
#   t/unit/sdp_offer_test.c:survives_every_truncation
# S6 SCTP
#   reason: there is none; m=application is refused
#   t/unit/sdp_answer_test.c:webrtc-datachannel
# S7 TURN relays into the inside
#   reason: there is no TURN server in it, and candidates are never connected to
# S8 a TURN server is overrun
#   reason: there is no TURN server in it
# S9 addresses in another notation slip through a list
#   reason: there is no list; all addresses are kept in one form, IPv4 mapped
#   t/unit/ice_test.c:answers_with_the_mapped_address t/client/ipv6.t
# S10 a token's algorithm is the attacker's choice
#   t/unit/token_test.c:test_forgery t/fuzz/fuzz_token.c t/nginx/tokens.t
# S11 identity taken from a message, keys given twice
#   t/nginx/session_messages.t t/nginx/problems.t:duplicate
# S12 secrets or addresses told to others, foreign content in the page
#   t/nginx/client.t t/nginx/session_lobby.t t/browser/secret.mjs
# S13 passwords guessed
#   t/nginx/access.t:guessing t/nginx/conf.t:limits
# S14 a wrong secret is let in
#   t/nginx/session_join.t t/client/call.t:wrong
# S15 nginx keeps requests open or counts them wrong
#   reason: fixes of nginx itself come with Debian
#   t/nginx/ws_drain.t t/nginx/session_reload.t
# S16 a port is open that the firewall does not know
#   reason: nothing opens ports but nginx and the configured range of UDP
#   t/nginx/conf.t
# S17 line ends and paths in names
#   t/nginx/problems.t t/nginx/rest.t t/nginx/client.t
# S18 WebSocket modules of nginx
#   t/fuzz/fuzz_ws_input.c t/nginx/ws_frames.t t/nginx/ws_limits.t
#   t/nginx/ws_upgrade.t t/nginx/ws_time.t t/unit/ws_input_test.c
# S19 fields of signaling that are empty, missing or too many
#   t/nginx/session_messages.t t/unit/sdp_offer_test.c:keeps_its_limits
#   t/unit/negotiate_test.c t/unit/message_read_test.c
# S20 nonces used twice
#   t/unit/aead_test.c:an_index_is_used_once
#   t/unit/slot_property_test.c:the_stream_keeps_its_promises
#
# P1 ClientHello of several datagrams
#   t/client/hostile_hello.t:reversed t/unit/dtls_test.c
# P2 GCM nonces used twice
#   t/unit/aead_test.c:an_index_is_used_once t/unit/srtp_test.c
# P3 peers without GCM, and who is the DTLS client
#   t/client/rooms.t:--cm t/unit/aead_test.c t/unit/sdp_answer_test.c:passive
# P4 STUN found by its path instead of its ufrag
#   t/client/hostile_paths.t:stun-swap t/unit/peer_test.c t/unit/udp_test.c
# P5 every nomination followed, or none
#   t/client/hostile_paths.t:stun-storm t/client/roam.t
#   t/unit/ice_test.c:equal_nominations_do_not_flap
#   t/unit/ice_test.c:a_silent_path_is_left
# P6 DTLS and RTP of paths that were never checked
#   t/client/hostile_dtls.t t/client/hostile_srtp.t t/unit/udp_test.c
# P7 sessions ended by errors an outsider can cause
#   t/client/hostile_srtp.t:forged t/client/hostile_dtls.t:checked
#   t/unit/dtls_trust_test.c
# P8 packets left out of transport-wide feedback
#   t/unit/twcc_test.c t/fuzz/fuzz_twcc.c
# P9 signalled SSRCs and the order of rids trusted
#   t/unit/rtp_test.c:demux_rids t/unit/rtp_test.c:demux_announced_ssrcs
# P10 padding
#   t/unit/slot_test.c:padding_leaves_no_gap
#   t/client/hostile_publisher.t:malformed t/unit/slot_property_test.c:padding
# P11 picture ids
#   t/unit/picture_test.c t/client/call.t:jumps
# P12 an SSRC put into a section a second time
#   reason: a slot keeps its SSRC for life
#   t/unit/negotiate_slots_test.c t/unit/slot_property_test.c
# P13 TURN's lists
#   reason: there is no TURN server in it
# P14 nginx's reload, and LMDB over a fork
#   t/client/reload.t t/nginx/ws_drain.t t/nginx/store_reload.t
# P15 addresses and tokens in logs
#   t/nginx/anonymize.t
#
# A1 more is sent than was received before a check passed
#   t/nginx/lib/Test/Meet/Attack.pm:amplified t/client/hostile_dtls.t
# A2 requests for keyframes and packets
#   t/client/hostile_subscriber.t
# A3 loss, narrow paths, changes of address
#   t/client/loss.t t/client/ipv6.t t/client/roam.t

use warnings;
use strict;

use FindBin;
use Test::More;

my $top = "$FindBin::Bin/../..";
my (@items, %files);

open my $self, '<', $0 or die "$0: $!";

while (my $line = <$self>) {
    last if $line =~ /^use /;

    if ($line =~ /^# ([SPA]\d+) (.+)$/) {
        push @items, { id => $1, name => $2, files => [], reason => 0 };

    } elsif (@items && $line =~ /^#   reason: \S/) {
        $items[-1]{reason} = 1;

    } elsif (@items && $line =~ /^#   (.+)$/) {
        push @{ $items[-1]{files} }, split ' ', $1;
    }
}

is(join(' ', map { $_->{id} } @items),
    join(' ', map({ "S$_" } 1 .. 20), map({ "P$_" } 1 .. 15),
        map({ "A$_" } 1 .. 3)),
    'all weaknesses and pitfalls are listed');

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

for my $file (map { s{^\Q$top/\E}{}r } glob "$top/t/client/hostile_*.t") {
    ok(exists $files{$file} || $file =~ /_index/, "$file is listed");
}

done_testing();


sub slurp {
    my ($path) = @_;

    open my $fh, '<', $path or return undef;
    local $/;

    return <$fh>;
}
