package Test::Meet::Session;

# A participant on a WebSocket: joined by REST, welcomed by `hello`.

use warnings;
use strict;

use Time::HiRes qw/ time /;


# Joins as 'class' or 'owner' and says hello.  Options: token (instead of a
# join), resume, quiet (hello only).  Keeps token, id, number, epoch, sequence.
sub new {
    my ($class, $t, $port, $room, $as, $name, %o) = @_;

    my $self = bless { t => $t, port => $port, api => $room->{api} }, $class;
    my $token = $o{token};

    if (!$token) {
        my $answer = $t->join_room($port, $room, $as, $name);
        die "join: $answer->{status} $answer->{body}"
            unless $answer->{status} == 200;
        $token = $answer->{json}{token};
    }

    $self->{token} = $token;
    $self->connect(%o);

    return $self;
}


# a socket of its own, and hello on it
sub connect {
    my ($self, %o) = @_;

    $self->{ws} = Test::Meet::WebSocket->new($self->{t}, $self->{port},
        "$self->{api}/ws", %o);
    $self->{ws}->send({ type => 'hello', token => $self->{token},
        ($o{resume} ? (resume => $o{resume}) : ()) });
    $self->welcomed() unless $o{quiet};

    return $self;
}


sub welcomed {
    my ($self, $timeout) = @_;

    my $w = $self->{ws}->read('welcome', $timeout) or return;

    $self->{welcome} = $w;
    $self->{token} = $w->{token};
    $self->{id} = $w->{participant};
    $self->{epoch} = $w->{epoch};

    if (!$w->{resumed}) {
        $self->{snapshot} = $self->{ws}->read('snapshot', $timeout);
        $self->{sequence} = $self->{snapshot}{sequence};
    }

    return $self;
}


sub resume {
    my ($self) = @_;

    return { epoch => $self->{epoch}, sequence => $self->{sequence} };
}


# the next message (of that type), counting events
sub read {
    my ($self, $type, $timeout) = @_;

    my $end = time() + ($timeout // 5);

    while ((my $left = $end - time()) > 0) {
        my $m = $self->{ws}->read(undef, $left) or return;

        push @{ $self->{seen} }, $m;
        $self->{sequence} = $m->{sequence}
            if $m->{sequence}
            && $m->{type} =~ /^(joined|changed|left|settings|entry)$/;

        return $m if !$type || $m->{type} eq $type;
    }

    return;
}


# sends with an id and returns the answer to it
sub ask {
    my ($self, $message, $timeout) = @_;

    my $id = ++$self->{asked};
    my $end = time() + ($timeout // 5);

    $self->send({ %$message, id => $id });

    while ((my $left = $end - time()) > 0) {
        my $m = $self->read(undef, $left) or return { type => '' };

        return $m if ($m->{re} // 0) == $id || $m->{type} eq 'close';
    }

    return { type => '' };
}


sub send { my $self = shift; return $self->{ws}->send(@_) }


# a sealed body as a client would make it, of that many bytes
sub sealed {
    my ($text) = @_;

    return Test::Meet::b64u(chr(1) . 'k' x 8 . 'n' x 12 . 't' x 16 . $text);
}


sub post {
    my ($self, $text) = @_;

    return $self->ask(
        { type => 'post', channel => 'chat', body => sealed($text) });
}


# cuts the connection without a word
sub cut { CORE::close($_[0]->{ws}{s}) }


1;
