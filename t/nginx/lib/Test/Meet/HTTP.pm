package Test::Meet::HTTP;

# Requests over plain sockets or TLS, exactly as told; methods of Test::Meet.

use warnings;
use strict;

use Digest::SHA qw/ sha256 /;
use IO::Socket::INET;
use IO::Socket::SSL qw/ SSL_VERIFY_NONE /;
use JSON::PP;
use MIME::Base64 qw/ encode_base64 /;
use Time::HiRes qw/ time /;

package Test::Meet;

my $json = JSON::PP->new()->utf8()->canonical();


sub b64u {
    my ($bytes) = @_;

    my $text = MIME::Base64::encode_base64($bytes, '');
    $text =~ tr{+/}{-_};
    $text =~ s/=+$//;

    return $text;
}


sub random_bytes {
    my ($n) = @_;

    return join '', map { chr int rand 256 } 1 .. $n;
}


# connects to the port of that number; tls => 1
sub socket {
    my ($self, $n, %o) = @_;

    my $s = IO::Socket::INET->new(
        Proto => 'tcp', PeerAddr => '127.0.0.1', PeerPort => $self->port($n),
        ($o{from} ? (LocalAddr => $o{from}) : ()))
        or die "connect: $!";

    $s->setsockopt(6, 1, 1);    # TCP_NODELAY
    $s->autoflush(1);

    if ($o{tls}) {
        IO::Socket::SSL->start_SSL($s,
            SSL_verify_mode => IO::Socket::SSL::SSL_VERIFY_NONE())
            or die "TLS: $IO::Socket::SSL::SSL_ERROR";
    }

    return $s;
}


# reads until the peer closes, or for `timeout` seconds
sub read_all {
    my ($self, $s, $timeout) = @_;

    my $end = Time::HiRes::time() + ($timeout || 10);
    my $all = '';

    while ((my $left = $end - Time::HiRes::time()) > 0) {
        if (!($s->can('pending') && $s->pending())) {
            my $set = '';
            vec($set, fileno $s, 1) = 1;
            select($set, undef, undef, $left) or last;
        }

        my $n = sysread $s, my $buf, 65536;
        last unless $n;
        $all .= $buf;
    }

    return $all;
}


sub parse_answer {
    my ($self, $raw) = @_;

    my ($head, $body) = split /\r\n\r\n/, $raw, 2;
    my ($line, @lines) = split /\r\n/, $head // '';
    my ($status) = ($line // '') =~ m{^HTTP/1\.[01] (\d+)};
    my %headers;

    for (@lines) {
        my ($name, $value) = split /:\s*/, $_, 2;
        $name = lc $name;
        $headers{$name} =
            exists $headers{$name} ? "$headers{$name}, $value" : $value;
    }

    if (($headers{'transfer-encoding'} // '') eq 'chunked') {
        my $rest = $body;
        $body = '';

        while ($rest =~ s/^([0-9a-f]+)\r\n//i && hex $1) {
            $body .= substr $rest, 0, hex $1, '';
            $rest =~ s/^\r\n//;
        }
    }

    my $value = ($headers{'content-type'} // '') =~ /json/
        ? eval { $json->decode($body) } : undef;

    return { status => $status || 0, headers => \%headers,
        body => $body // '', json => $value, raw => $raw,
        type => ref $value eq 'HASH' ? $value->{type} // '' : '' };
}


# http($port, METHOD, PATH, body => text or value, headers => {}, tls => 1)
sub http {
    my ($self, $n, $method, $path, %o) = @_;

    my $body = $o{body};
    my %h = (Host => 'localhost', Connection => 'close');

    if (ref $body) {
        $body = $json->encode($body);
    }

    if (defined $body) {
        $h{'Content-Type'} = 'application/json';
        $h{'Content-Length'} = length $body;
    }

    %h = (%h, %{ $o{headers} || {} });
    $h{Authorization} = "Bearer $o{token}" if $o{token};

    my $s = $self->socket($n, %o);

    syswrite $s, join("\r\n", "$method $path HTTP/1.1",
        (map { defined $h{$_} ? "$_: $h{$_}" : () } sort keys %h), '', '')
        . ($body // '');

    return $self->parse_answer($self->read_all($s, $o{timeout}));
}


sub get {
    my ($self, $n, $path, %o) = @_;

    my $answer = eval { $self->http($n, 'GET', $path, %o) };

    return $answer || { status => 0, headers => {}, body => '' };
}


# an invite as a client makes it, and the `auth` that opens it
sub invite {
    my ($self, $kind, $role) = @_;

    my $auth = random_bytes(32);

    return ({ kind => $kind, role => $role, auth => b64u($auth),
        kdf => $kind eq 'owner' ? undef : { name => 'PBKDF2-SHA-256',
            rounds => 300000, salt => b64u(random_bytes(16)) },
        wrapped_key => b64u(random_bytes(60)) }, b64u($auth));
}


# {room, incarnation, owner => {invite, auth}, class => {invite, auth}}
sub create_room {
    my ($self, $n, %o) = @_;

    my ($class, $class_auth) = $self->invite('password', 'participant');
    my ($owner, $owner_auth) = $self->invite('owner', 'owner');
    my $api = $o{api} || '/api/v1';

    my $r = $self->http($n, 'POST', "$api/rooms", %o, body => {
        key_id => b64u(random_bytes(8)), invites => [ $class, $owner ],
        ($o{name} ? (name => $o{name}) : ()),
        ($o{expires} ? (expires => $o{expires}) : ()) });

    die "create: $r->{status} $r->{body}" unless $r->{status} == 201;

    my ($class_id, $owner_id) = map { $_->{invite} } @{ $r->{json}{invites} };

    return { room => $r->{json}{room}, incarnation => $r->{json}{incarnation},
        answer => $r, api => $api,
        class => { invite => $class_id, auth => $class_auth },
        owner => { invite => $owner_id, auth => $owner_auth } };
}


# as whom: 'class' or 'owner'; returns the whole answer
sub join_room {
    my ($self, $n, $room, $as, $name, %o) = @_;

    return $self->http($n, 'POST', "$room->{api}/rooms/$room->{room}/join",
        %o, body => { %{ $room->{$as} }, name => $name });
}


1;
