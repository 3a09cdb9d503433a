package Bench::Janus;

# Janus with its videoroom, as Debian ships it, on processor 0.  Its settings
# are its own but for what it takes to run beside us: addresses, ports, only
# the plugins needed, ICE-lite.

use warnings;
use strict;

use Bench::Net;
use File::Path qw/ remove_tree /;
use File::Temp qw/ tempdir /;
use IO::Socket::INET;
use POSIX qw/ WNOHANG /;
use Time::HiRes qw/ sleep /;

my $janus = '/usr/bin/janus';
my $port = 8188;


sub there { return -x $janus }


# `event_loops`: its threads for media, 0: one a connection, as shipped
sub new {
    my ($class, %o) = @_;

    my $self = bless { dir => tempdir('meet-bench-XXXXXXXX', TMPDIR => 1),
        loops => $o{event_loops} || 0 }, $class;
    my $address = $Bench::Net::server_address;
    my $loops = $self->{loops} ? "event_loops = $self->{loops}" : '';

    $self->write('janus.jcfg', <<"EOF");
general: {
    debug_level = 2
    $loops
}
media: {
    rtp_port_range = "30000-60000"
}
nat: {
    ice_enforce_list = "$address"
}
plugins: {
    disable = "libjanus_audiobridge.so,libjanus_echotest.so,libjanus_lua.so,libjanus_duktape.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so"
}
transports: {
    disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so"
}
EOF
    $self->write('janus.transport.websockets.jcfg', <<"EOF");
general: {
    ws = true
    ws_port = $port
    ws_ip = "$address"
    wss = false
}
EOF
    $self->write('janus.plugin.videoroom.jcfg', "general: {\n}\n");

    my $pid = $self->{pid} = fork();
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;
        exec qw/ taskset -c 0 /, $janus, "--configs-folder=$self->{dir}"
            or POSIX::_exit(127);
    }

    for (1 .. 100) {
        return $self if IO::Socket::INET->new("$address:$port");
        sleep 0.1;
    }

    warn $self->log();
    $self->stop();
    die "bench: janus does not start\n";
}


sub write {
    my ($self, $name, $text) = @_;

    open my $fh, '>', "$self->{dir}/$name" or die "$name: $!";
    print $fh $text;
    close $fh;
}


sub log {
    my ($self) = @_;

    open my $fh, '<', "$self->{dir}/log" or return '';
    local $/;

    return scalar <$fh>;
}


sub name { return $_[0]{loops} ? 'Janus, one event loop' : 'Janus' }
sub url { return "http://$Bench::Net::server_address:$port/" }
sub options { return '--janus' }
sub pids { return $_[0]{pid} }
sub metrics { return {} }


sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    kill 'TERM', $pid;

    for (1 .. 50) {
        last if waitpid($pid, WNOHANG) == $pid;
        sleep 0.1;
        kill 'KILL', $pid if $_ == 49;
    }

    remove_tree($self->{dir});
}


1;
