package Test::Meet::WebSocket;

# A WebSocket client that sends what it is told, right or wrong.

use warnings;
use strict;

use Digest::SHA qw/ sha1_base64 /;
use JSON::PP;
use MIME::Base64 qw/ encode_base64 /;
use Time::HiRes qw/ time /;

my $json = JSON::PP->new()->utf8()->canonical();


# One frame: fin, opcode, rsv, mask and len may lie.
sub frame {
    my ($opcode, $payload, %o) = @_;

    my $len = $o{len} // length $payload;
    my $fin = $o{fin} // 1;
    my $masked = $o{mask} // 1;
    my $form = $o{form} // ($len < 126 ? 0 : $len < 65536 ? 2 : 8);
    my $key = pack 'N', int rand 2**32;

    my $head = pack 'C', $fin << 7 | ($o{rsv} // 0) << 4 | $opcode;

    $head .= $form == 0 ? pack 'C', $masked << 7 | $len
        : $form == 2 ? pack 'Cn', $masked << 7 | 126, $len
        : pack 'CQ>', $masked << 7 | 127, $len;

    if ($masked) {
        my $mask = $key x (length($payload) / 4 + 1);
        $payload ^= substr $mask, 0, length $payload;
        $head .= $key;
    }

    return $head . $payload;
}


# new($test, PORT, PATH, headers => {}, after => bytes sent with the request)
sub new {
    my ($class, $t, $port, $path, %o) = @_;

    my $key = MIME::Base64::encode_base64(Test::Meet::random_bytes(16), '');
    my %h = (Host => 'localhost', Upgrade => 'websocket',
        Connection => 'Upgrade', 'Sec-WebSocket-Version' => 13,
        'Sec-WebSocket-Key' => $key, 'Sec-WebSocket-Protocol' => 'meet.v1',
        %{ $o{headers} || {} });
    my $http = $o{http} || '1.1';

    my $s = $t->socket($port, %o);

    syswrite $s, join("\r\n", "GET $path HTTP/$http",
        (map { defined $h{$_} ? "$_: $h{$_}" : () } sort keys %h), '', '')
        . ($o{after} // '');

    my $self = bless { s => $s, buf => '' }, $class;

    while ($self->{buf} !~ /\r\n\r\n/ && $self->fill(10)) {}
    $self->{buf} =~ s/^(.*?\r\n\r\n)//s;

    my $head = $1 // '';

    $self->{answer} = $t->parse_answer($head);

    if ($self->{answer}{status} != 101) {
        my $len = $self->{answer}{headers}{'content-length'} // 0;

        while (length $self->{buf} < $len && $self->fill(5)) {}
        $self->{answer} = $t->parse_answer($head . $self->{buf});
    }

    $self->{accepted} = $self->{answer}{status} == 101
        && ($self->{answer}{headers}{'sec-websocket-accept'} // '') eq
        sha1_base64($key . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11') . '=';

    return $self;
}


sub fill {
    my ($self, $timeout) = @_;

    my $s = $self->{s};

    if (!($s->can('pending') && $s->pending())) {
        my $set = '';
        vec($set, fileno $s, 1) = 1;
        return 0 unless select $set, undef, undef, $timeout;
    }

    my $n = sysread $s, my $buf, 65536;

    if (!$n) {
        $self->{eof} = 1;
        return 0;
    }

    $self->{buf} .= $buf;

    return $n;
}


# raw bytes; slow => 1: one at a time
sub write {
    my ($self, $bytes, %o) = @_;

    local $SIG{PIPE} = 'IGNORE';

    for my $part ($o{slow} ? split //, $bytes : $bytes) {
        my $off = 0;

        while ($off < length $part) {
            my $n = syswrite $self->{s}, $part, length($part) - $off, $off;
            return 0 unless $n;
            $off += $n;
        }
    }

    return 1;
}


sub send_frame {
    my ($self, $opcode, $payload, %o) = @_;

    return $self->write(frame($opcode, $payload, %o), %o);
}


sub send {
    my ($self, $value, %o) = @_;

    return $self->send_frame(1, ref $value ? $json->encode($value) : $value,
        %o);
}


# {opcode, fin, masked, payload, code}, or undef: time is up, or end of file
sub read_frame {
    my ($self, $timeout) = @_;

    my $end = time() + ($timeout // 5);

    while (1) {
        if ($self->{buf} =~ /^(.)(.)/s) {
            my ($one, $two) = (ord $1, ord $2);
            my $len = $two & 0x7f;
            my $at = $len == 126 ? 4 : $len == 127 ? 10 : 2;

            if (length $self->{buf} >= $at) {
                $len = unpack 'n', substr $self->{buf}, 2, 2 if $at == 4;
                $len = unpack 'Q>', substr $self->{buf}, 2, 8 if $at == 10;

                if (length $self->{buf} >= $at + $len) {
                    my $payload = substr $self->{buf}, $at, $len;
                    substr $self->{buf}, 0, $at + $len, '';

                    return { fin => $one >> 7, opcode => $one & 15,
                        masked => $two >> 7, payload => $payload,
                        code => ($one & 15) == 8 && $len >= 2
                            ? unpack('n', $payload) : 0 };
                }
            }
        }

        my $left = $end - time();
        return undef if $self->{eof} || $left <= 0;
        $self->fill($left);
    }
}


# The next message as a value; skips others if a type is named.  A close frame
# comes back as {type => 'close', code}.
sub read {
    my ($self, $type, $timeout) = @_;

    my $end = time() + ($timeout // 5);

    while ((my $left = $end - time()) > 0) {
        my $f = $self->read_frame($left) or return undef;

        if ($f->{opcode} == 8) {
            return { type => 'close', code => $f->{code} };
        }

        next if $f->{opcode} != 1;

        my $value = $json->decode($f->{payload});
        return $value if !$type || $value->{type} eq $type;
    }

    return undef;
}


# the code of the close frame that comes, 0 without one, -1 if none comes
sub read_close {
    my ($self, $timeout) = @_;

    my $end = time() + ($timeout // 5);

    while ((my $left = $end - time()) > 0) {
        my $f = $self->read_frame($left) or return -1;
        return $f->{code} if $f->{opcode} == 8;
    }

    return -1;
}


# true once the server has closed the connection
sub read_eof {
    my ($self, $timeout) = @_;

    my $end = time() + ($timeout // 5);

    while (!$self->{eof} && (my $left = $end - time()) > 0) {
        $self->fill($left);
    }

    return $self->{eof};
}


sub close {
    my ($self, $code) = @_;

    $self->send_frame(8, $code ? pack 'n', $code : '');
    my $got = $self->read_close();
    CORE::close($self->{s});

    return $got;
}


1;
