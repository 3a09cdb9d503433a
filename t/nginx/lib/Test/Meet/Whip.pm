package Test::Meet::Whip;

# Stream keys, offers and requests as encoders and players make them; methods
# of Test::Meet.

use warnings;
use strict;

use Test::Meet::HTTP;

package Test::Meet;


# an invite of kind whip or whep, and the secret that opens it
sub stream_key {
    my ($self, $kind) = @_;

    my $secret = b64u(random_bytes(32));

    return ({ kind => $kind, auth => $secret, kdf => undef,
        role => $kind eq 'whip' ? 'participant' : 'viewer' }, $secret);
}


# adds a stream key to a room that has a token of its owner; the whole answer
sub add_key {
    my ($self, $n, $room, $token, $kind) = @_;

    my ($invite, $secret) = $self->stream_key($kind);
    my $r = $self->http($n, 'PATCH', "$room->{api}/rooms/$room->{room}",
        token => $token, body => { invites_add => [ $invite ] });

    return { %$r, secret => $secret, id => $r->{json}{added}[0] };
}


# direction => 'sendonly', audio => 1, video => 1, ufrag => '...'
sub stream_offer {
    my ($self, %o) = @_;

    my @kinds = grep { $o{$_} // 1 } qw/ audio video /;
    my $direction = $o{direction} || 'sendonly';
    my $ufrag = $o{ufrag} || 'abcd';
    my $print = join ':', ('AB') x 32;

    return join "\r\n", 'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0',
        "a=group:BUNDLE @kinds", (map {
            my ($pt, $map) = $_ eq 'audio' ? (111, 'opus/48000/2')
                : (96, 'VP8/90000');

            ("m=$_ 9 UDP/TLS/RTP/SAVPF $pt", 'c=IN IP4 0.0.0.0',
            "a=ice-ufrag:$ufrag", 'a=ice-pwd:abcdefghijklmnopqrstuvwx',
            "a=fingerprint:sha-256 $print", 'a=setup:actpass', "a=mid:$_",
            "a=$direction", 'a=rtcp-mux', "a=rtpmap:$pt $map")
        } @kinds), '';
}


# POST of an offer; headers => {}, query => '?name=x', sdp => text
sub stream {
    my ($self, $n, $room, $kind, $secret, %o) = @_;

    my $sdp = $o{sdp} // $self->stream_offer(
        direction => $kind eq 'whip' ? 'sendonly' : 'recvonly');

    return $self->http($n, 'POST',
        "$room->{api}/$kind/$room->{room}" . ($o{query} // ''), %o,
        token => $secret, body => $sdp, headers => {
            'Content-Type' => 'application/sdp', %{ $o{headers} || {} } });
}


# PATCH with a fragment; match => value of If-Match
sub stream_patch {
    my ($self, $n, $path, $secret, $fragment, %o) = @_;

    return $self->http($n, 'PATCH', $path, token => $secret, body => $fragment,
        headers => { 'Content-Type' => 'application/trickle-ice-sdpfrag',
            (defined $o{match} ? ('If-Match' => $o{match}) : ()),
            %{ $o{headers} || {} } });
}


1;
