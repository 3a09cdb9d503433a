package Test::Meet::Kill;

# Rounds in which everything is killed while rooms are created, chatted in,
# changed and deleted.  What was acknowledged has to hold afterwards; what was
# under way has happened as a whole or not at all.

use warnings;
use strict;

use JSON::PP;
use POSIX qw/ WNOHANG /;
use Time::HiRes qw/ time /;

use Test::Meet::Session;

my $json = JSON::PP->new()->utf8()->canonical();


# clients => processes that write, rooms => of each of them
sub new {
    my ($class, $t, %o) = @_;

    my $self = bless { t => $t, rooms => {}, wrong => [], acks => {},
        halves => 0, slowest => 0, clients => $o{clients} || 2 }, $class;

    for my $client (0 .. $self->{clients} - 1) {
        for my $i (1 .. $o{rooms} || 3) {
            $self->{rooms}{"kill-$client-$i"} = { client => $client };
        }
    }

    return $self;
}


# one round: write, kill after that many acknowledgements, start, look
sub round {
    my ($self, $most) = @_;

    my $t = $self->{t};
    my $left = 1 + int rand $most;
    my @pipes;

    for my $client (0 .. $self->{clients} - 1) {
        pipe my $r, my $w or die "pipe: $!";

        my $pid = fork() // die "fork: $!";

        if ($pid == 0) {
            close $r;
            eval { $self->write_rooms($client, $w) };
            POSIX::_exit(0);
        }

        close $w;
        push @pipes, { pid => $pid, r => $r, buf => '' };
    }

    my $killed = 0;
    my $end = time() + 30;

    while (my @open = grep { $_->{r} } @pipes) {
        if (!$killed && ($left <= 0 || time() > $end)) {
            select undef, undef, undef, rand 0.004;
            $self->kill_all();
            $killed = 1;
            $end = time() + 20;
        }

        last if $killed && time() > $end;

        my $set = '';
        vec($set, fileno $_->{r}, 1) = 1 for @open;
        select $set, undef, undef, 0.05;

        for my $p (@open) {
            next unless vec $set, fileno $p->{r}, 1;

            if (!sysread $p->{r}, $p->{buf}, 65536, length $p->{buf}) {
                delete $p->{r};
            }

            while ($p->{buf} =~ s/^(.*)\n//) {
                $left -= $self->note($json->decode($1));
            }
        }
    }

    for my $p (@pipes) {
        kill 'KILL', $p->{pid} if $p->{r};
        waitpid $p->{pid}, 0;
    }

    $self->kill_all() unless $killed;

    my $since = time();

    $t->run_media();

    if (!$t->ready({ port => 8080, path => '/healthz' })) {
        push @{ $self->{wrong} }, 'does not come back';
        return $self;
    }

    my $took = time() - $since;
    $self->{slowest} = $took if $took > $self->{slowest};

    $self->check($_) for sort keys %{ $self->{rooms} };

    return $self;
}


sub kill_all {
    my ($self) = @_;

    my $t = $self->{t};
    my $media = delete $t->{pids}{media};
    my @family = ($media, $t->children($media), $t->worker_pids());

    kill 'KILL', @family;
    waitpid $media, 0;
    $t->wait_for(sub { !grep { kill 0, $_ } @family });

    return $self;
}


# ------------------------------------------------------------- the clients

sub write_rooms {
    my ($self, $client, $w) = @_;

    my @names = grep { $self->{rooms}{$_}{client} == $client }
        sort keys %{ $self->{rooms} };

    srand($$ ^ int(time() * 1000));

    for my $i (1 .. 500) {
        my $name = $names[rand @names];
        my $room = $self->{rooms}{$name};
        my $what = !$room->{there} ? 'create'
            : (('post') x 6, ('change') x 3, 'delete')[rand 10];
        my $do = { room => $name, do => $what };

        if ($what eq 'create') {
            @$do{qw/ class class_auth /} =
                $self->{t}->invite('password', 'participant');
            @$do{qw/ owner owner_auth /} =
                $self->{t}->invite('owner', 'owner');

        } elsif ($what eq 'post') {
            $do->{body} = Test::Meet::Session::sealed("$$-$i-" . 'x' x rand 900);

        } elsif ($what eq 'change') {
            $do->{locked} = int rand 2;
            $do->{participants} = 100 + int rand 300;
        }

        # a session before the intent: what fails here has changed nothing

        $self->session($name) if $what ne 'create';

        report($w, $do);
        $self->perform($do) or return;
        report($w, { room => $name, ack => $what });
        $self->note($do);
        $self->note({ room => $name, ack => $what });
    }
}


sub report {
    my ($w, $value) = @_;

    syswrite $w, $json->encode($value) . "\n";
}


sub session {
    my ($self, $name) = @_;

    my $room = $self->{rooms}{$name};

    return $room->{session} ||= Test::Meet::Session->new($self->{t}, 8080,
        $room, 'owner', 'Writer');
}


# true if it was acknowledged
sub perform {
    my ($self, $do) = @_;

    my ($t, $room) = ($self->{t}, $self->{rooms}{$do->{room}});
    my $path = "/api/v1/rooms/$do->{room}";

    if ($do->{do} eq 'create') {
        return $t->http(8080, 'POST', '/api/v1/rooms', body => {
            name => $do->{room}, key_id => Test::Meet::b64u('k' x 8),
            invites => [ $do->{class}, $do->{owner} ] })->{status} == 201
            && $self->complete($do->{room}, $do);
    }

    if ($do->{do} eq 'post') {
        return $room->{session}->ask({ type => 'post', channel => 'chat',
            body => $do->{body} })->{type} eq 'posted';
    }

    if ($do->{do} eq 'change') {
        return $t->http(8080, 'PATCH', $path,
            token => $room->{session}{token}, body => {
                locked => $do->{locked} ? JSON::PP::true() : JSON::PP::false(),
                participants => $do->{participants} })->{status} == 200;
    }

    return $t->http(8080, 'DELETE', $path,
        token => $room->{session}{token})->{status} == 204;
}


# ids of the invites, for who has only the secrets
sub complete {
    my ($self, $name, $do) = @_;

    my $room = $self->{rooms}{$name};
    my $answer = $self->{t}->get(8080, "/api/v1/rooms/$name");

    return 0 unless $answer->{status} == 200;

    my %id = map { $_->{kind} => $_->{invite} } @{ $answer->{json}{invites} };

    @$room{qw/ room api /} = ($name, '/api/v1');
    $room->{class} = { invite => $id{password}, auth => $do->{class_auth} };
    $room->{owner} = { invite => $id{owner}, auth => $do->{owner_auth} };

    return 1;
}


# ------------------------------------------------------------- the model

# takes an intent or an acknowledgement; 1 for the latter
sub note {
    my ($self, $m) = @_;

    my $room = $self->{rooms}{$m->{room}};

    if ($m->{do}) {
        $room->{pending} = $m;
        return 0;
    }

    $self->happened($m->{room});
    $self->{acks}{$m->{ack}}++;

    return 1;
}


sub happened {
    my ($self, $name) = @_;

    my $room = $self->{rooms}{$name};
    my $do = delete $room->{pending};

    if ($do->{do} eq 'create') {
        @$room{qw/ there made log locked participants /} =
            (1, $do, [], 0, undef);

    } elsif ($do->{do} eq 'post') {
        push @{ $room->{log} }, $do->{body};

    } elsif ($do->{do} eq 'change') {
        @$room{qw/ locked participants /} = @$do{qw/ locked participants /};

    } else {
        %$room = (client => $room->{client});
    }
}


# ------------------------------------------------------------- the look

sub check {
    my ($self, $name) = @_;

    my $room = $self->{rooms}{$name};
    my $do = $room->{pending};
    my $found = $self->look($name);

    # what was under way may have happened: then all of it has

    if ($do) {
        my $before = $self->differs($name, $found);

        if ($before) {
            $self->happened($name);
            $self->{halves}++;
            my $after = $self->differs($name, $found);
            push @{ $self->{wrong} }, "$name $do->{do}: $before, $after"
                if $after;
        }

        delete $room->{pending};

    } elsif (my $wrong = $self->differs($name, $found)) {
        push @{ $self->{wrong} }, "$name: $wrong";
    }

    # go on from what is there

    if (!$found->{there}) {
        %$room = (client => $room->{client});
    }

    return $self;
}


# the room as it is, seen by its owner
sub look {
    my ($self, $name) = @_;

    my ($t, $room) = ($self->{t}, $self->{rooms}{$name});
    my $do = $room->{made} || $room->{pending};
    my $status = $t->get(8080, "/api/v1/rooms/$name")->{status};

    return { there => 0 } if $status == 404;
    return { there => 1, bad => "status $status" } unless $status == 200;
    return { there => 1, bad => 'nobody made it' } unless $do && $do->{class};

    $self->complete($name, $do);

    return { there => 1, bad => 'class link' }
        unless $t->join_room(8080, $room, 'class', 'Pupil')->{status}
            =~ /^(200|403)$/;

    my $s = eval {
        Test::Meet::Session->new($t, 8080, $room, 'owner', 'Checker');
    } or return { there => 1, bad => "owner link: $@" };

    my (@log, $page);

    do {
        $page = $s->ask({ type => 'log', channel => 'chat',
            after => scalar @log, limit => 200 });

        for my $e (@{ $page->{entries} || [] }) {
            return { there => 1, bad => 'gap in the log' }
                if $e->{sequence} != @log + 1;
            push @log, $e->{body};
        }
    } while (@{ $page->{entries} || [] });

    my $settings = $s->{snapshot}{room};

    $s->ask({ type => 'leave' });

    return { there => 1, log => \@log, locked => $settings->{locked} ? 1 : 0,
        participants => $settings->{participants} };
}


# nothing, or how what was found is not what is known
sub differs {
    my ($self, $name, $found) = @_;

    my $room = $self->{rooms}{$name};

    return $room->{there} ? 'it is gone' : 'it is there'
        if $found->{there} != ($room->{there} || 0);
    return '' unless $found->{there};
    return $found->{bad} if $found->{bad};

    return sprintf 'log of %d for %d', scalar @{ $found->{log} },
        scalar @{ $room->{log} }
        if join(' ', @{ $found->{log} }) ne join ' ', @{ $room->{log} };
    return "locked $found->{locked}" if $found->{locked} != $room->{locked};
    return "participants $found->{participants}" if $room->{participants}
        && $found->{participants} != $room->{participants};

    return '';
}


1;
