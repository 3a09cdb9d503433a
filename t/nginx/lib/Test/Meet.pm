package Test::Meet;

# Runs nginx with our module, and the media workers if they are built, in a
# directory of its own.  Verbs as in nginx's own tests; every plan contains
# three assertions more: no alert, no sanitizer report, nothing left behind.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use Fcntl qw/ :flock /;
use File::Basename qw/ dirname /;
use File::Path qw/ make_path remove_tree /;
use File::Spec;
use File::Temp qw/ tempdir /;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw/ WNOHANG /;
use Socket qw/ SOCK_DGRAM SOCK_STREAM /;
use Test::More ();
use Time::HiRes qw/ time sleep /;

use Test::Meet::HTTP;
use Test::Meet::WebSocket;

my $top = abs_path(dirname(__FILE__) . '/../../../..');
my $build = $ENV{MEET_BUILD} || "$top/build";
my $module = $ENV{TEST_NGINX_MODULE}
    || "$build/module/ngx_http_meet_module.so";
my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';


# finished by END: objects in closures would live until global destruction
my @all;


sub new {
    my ($class) = @_;

    my $self = bless { ports => {}, locks => [], pids => {} }, $class;

    push @all, $self;

    $self->{dir} = tempdir('meet-XXXXXXXX', TMPDIR => 1);

    Test::More::BAIL_OUT("no module $module") unless -e $module;
    Test::More::BAIL_OUT("no media worker " . media()) unless has_media();

    return $self;
}


sub plan {
    my ($self, $n) = @_;

    Test::More::plan(tests => $n + 3);
    $self->{planned} = 1;

    return $self;
}


sub testdir { return $_[0]->{dir} }
sub media { return $ENV{MEET_MEDIA} || "$build/media/meet-media" }
sub has_media { return -x media() }


# --------------------------------------------------------------- files

sub write_file {
    my ($self, $name, $content) = @_;

    my $path = "$self->{dir}/$name";

    make_path(dirname($path));
    open my $fh, '>:raw', $path or die "$path: $!";
    print $fh $content;
    close $fh or die "$path: $!";

    return $self;
}


sub read_file {
    my ($self, $name) = @_;

    open my $fh, '<:raw', "$self->{dir}/$name" or return '';
    local $/;

    return scalar <$fh>;
}


sub write_file_expand {
    my ($self, $name, $content) = @_;

    $content =~ s/%%TESTDIR%%/$self->{dir}/g;
    $content =~ s/%%PORT_(\d+)%%/$self->port($1)/ge;
    $content =~ s/%%MEDIA_PORTS%%/$self->media_ports()/ge;

    return $self->write_file($name, $content);
}


# One server with the API at its root, running; options as in write_conf.
# Returns its address, without a slash.
sub serve {
    my ($self, %o) = @_;

    $self->write_conf(<<'EOC', %o);
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
        location = /healthz { meet_health; }
        location = /metrics { meet_metrics; }
    }
EOC
    $self->run(ready => { port => 8080, path => '/healthz' });

    return 'http://127.0.0.1:' . $self->port(8080);
}


# Wraps the text for the http block.  Options: media => N media workers; listen
# => their address; also => further directives of ours, or meet => '' leaves all
# of them out or replaces them; main => text at the top; workers => N;
# connections => N of each worker.
sub write_conf {
    my ($self, $http, %o) = @_;

    my $user = $> == 0 ? 'user root root;' : '';
    my $level = $ENV{TEST_NGINX_DEBUG} ? 'debug' : 'info';
    my $workers = $o{workers} || 1;
    my $connections = $o{connections} || 2048;
    my $main = $o{main} || '';
    my $globals = $ENV{TEST_NGINX_GLOBALS} || '';
    my $media = $o{media} || 1;
    my $listen = $o{listen} || '127.0.0.1';
    my $also = $o{also} || '';
    my $meet = defined $o{meet} ? $o{meet} : <<"EOC";
    meet_store          %%TESTDIR%%/store;
    meet_run            %%TESTDIR%%/run;
    meet_key            %%TESTDIR%%/key;
    meet_media_workers  $media;
    meet_media_ports    %%MEDIA_PORTS%%;
    meet_media_listen   $listen;
    $also
EOC

    $self->write_key('key') unless -e "$self->{dir}/key";

    return $self->write_file_expand('nginx.conf', <<EOC);
daemon off;
$user
pid %%TESTDIR%%/nginx.pid;
error_log %%TESTDIR%%/error.log $level;
load_module $module;
worker_processes $workers;
$globals
$main
events {
    worker_connections $connections;
}
http {
    access_log %%TESTDIR%%/access.log;
    client_body_temp_path %%TESTDIR%%/body_temp;
    proxy_temp_path %%TESTDIR%%/proxy_temp;
    fastcgi_temp_path %%TESTDIR%%/fastcgi_temp;
    uwsgi_temp_path %%TESTDIR%%/uwsgi_temp;
    scgi_temp_path %%TESTDIR%%/scgi_temp;
$meet
$http
}
EOC
}


sub write_key {
    my ($self, $name) = @_;

    $self->write_file($name, join '', map { chr int rand 256 } 1 .. 32);
    chmod 0600, "$self->{dir}/$name";

    return $self;
}


# a self-signed certificate: cert.pem, cert.key
sub write_cert {
    my ($self) = @_;

    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        . " -nodes -days 2 -subj /CN=localhost -keyout $self->{dir}/cert.key"
        . " -out $self->{dir}/cert.pem 2>$self->{dir}/openssl.log") == 0
        or die "openssl failed";

    return $self;
}


# --------------------------------------------------------------- ports

sub lock_port {
    my ($self, $port) = @_;

    my $name = File::Spec->tmpdir() . "/meet-test-port-$port";

    open my $fh, '>', $name or return 0;

    if (!flock($fh, LOCK_EX | LOCK_NB)) {
        return 0;
    }

    for my $type (SOCK_STREAM, SOCK_DGRAM) {
        my $s = IO::Socket::INET->new(
            Proto => $type == SOCK_STREAM ? 'tcp' : 'udp', Type => $type,
            LocalAddr => '0.0.0.0', LocalPort => $port,
            ($type == SOCK_STREAM ? (Listen => 1, ReuseAddr => 1) : ()));

        if (!$s) {
            unlink $name;
            return 0;
        }
    }

    push @{ $self->{locks} }, [ $fh, $name ];

    return 1;
}


sub port {
    my ($self, $n) = @_;

    for (1 .. 1000) {
        last if $self->{ports}{$n};

        my $port = 20000 + int rand 10000;
        $self->{ports}{$n} = $port if $self->lock_port($port);
    }

    return $self->{ports}{$n} || die "no free port";
}


# a range of eight UDP ports, FIRST-LAST
sub media_ports {
    my ($self) = @_;

    TRY: for (1 .. 1000) {
        last if $self->{media_ports};

        my $first = 30000 + 8 * int rand 1000;

        for my $port ($first .. $first + 7) {
            next TRY unless $self->lock_port($port);
        }

        $self->{media_ports} = "$first-" . ($first + 7);
    }

    return $self->{media_ports} || die "no free ports";
}


# ----------------------------------------------------------- processes

# waits until the code returns something true, and returns that
sub wait_for {
    my ($self, $code, $timeout) = @_;

    my $end = time() + ($timeout || 10);

    while (1) {
        my $value = $code->();
        return $value if $value || time() > $end;
        sleep 0.02;
    }
}


# The module may be built with ASan while nginx is not: its runtime has to come
# first then, in nginx alone.
sub sanitizer_env {
    my ($self, $file) = @_;

    my $content = do {
        open my $fh, '<:raw', $file or return;
        local $/;
        <$fh>;
    };

    my ($lib) = $content =~ /(libasan\.so)\.\d+/ or return;

    chomp(my $path = `cc -print-file-name=$lib`);

    return (LD_PRELOAD => $path,
        ASAN_OPTIONS => join(':', $ENV{ASAN_OPTIONS} || (),
            'detect_leaks=0'),    # those of nginx itself are not ours
        UBSAN_OPTIONS => $ENV{UBSAN_OPTIONS} || 'print_stacktrace=1');
}


sub spawn {
    my ($self, $name, $env, @command) = @_;

    my $pid = fork();
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/$name.log";
        open STDERR, '>>', "$self->{dir}/$name.log";
        %ENV = (%ENV, %$env);
        exec @command or POSIX::_exit(127);
    }

    $self->{pids}{$name} = $pid;

    return $pid;
}


sub run_media {
    my ($self) = @_;

    make_path("$self->{dir}/run", { mode => 0700 });

    $self->spawn('media', {}, media(), '--run-dir', "$self->{dir}/run",
        '--key', "$self->{dir}/key");
    $self->wait_for(sub { -S "$self->{dir}/run/control.sock" })
        or $self->give_up('meet-media does not start', 'media.log');

    return $self;
}


sub run {
    my ($self, %o) = @_;

    my $uses = $self->read_file('nginx.conf') =~ /^\s*meet_run/m;

    $self->run_media() if $uses && has_media() && !$o{no_media};

    $self->spawn('nginx', { $self->sanitizer_env($module) }, $nginx,
        '-p', "$self->{dir}/", '-c', "$self->{dir}/nginx.conf",
        '-e', "$self->{dir}/error.log");

    $self->wait_for(sub {
        -s "$self->{dir}/nginx.pid" && $self->worker_pids()
            || waitpid($self->{pids}{nginx}, WNOHANG) == $self->{pids}{nginx};
    });

    $self->give_up('nginx does not start', 'error.log')
        unless -s "$self->{dir}/nginx.pid";

    if ($uses && $self->{pids}{media} && $o{ready} && !$self->ready($o{ready}))
    {
        $self->give_up('nginx and meet-media do not meet', 'error.log');
    }

    return $self;
}


# waits until the meet_health location at that port and path says ok
sub ready {
    my ($self, $url) = @_;

    return $self->wait_for(sub {
        $self->get($url->{port}, $url->{path})->{status} == 200;
    });
}


# exit status and output of `nginx -t`
sub test_conf {
    my ($self) = @_;

    my %env = $self->sanitizer_env($module);
    my $set = join ' ', map { "$_='$env{$_}'" } keys %env;
    my $out = `$set $nginx -t -p $self->{dir}/ -c $self->{dir}/nginx.conf -e $self->{dir}/test.log 2>&1`;

    return ($? >> 8, $out);
}


sub give_up {
    my ($self, $what, $log) = @_;

    Test::More::diag($what . "\n" . $self->read_file($log));
    $self->{failed} = 1;
    die "$what\n";
}


sub children {
    my ($self, $pid) = @_;

    my @found;

    for my $dir (glob '/proc/[0-9]*') {
        open my $fh, '<', "$dir/stat" or next;
        my $stat = <$fh> // next;
        my ($id, $parent) = $stat =~ /^(\d+) \(.*\) \S (\d+)/s or next;
        push @found, $id if $parent == $pid;
    }

    return @found;
}


# workers that take new connections
sub worker_pids {
    my ($self) = @_;

    return grep {
        my $fh;
        my $line = open($fh, '<', "/proc/$_/cmdline") ? <$fh> // '' : '';
        $line =~ /worker process/ && $line !~ /shutting down/;
    } $self->children($self->{pids}{nginx});
}


# { port => value } of one metric of media workers; 8080 has to serve them
sub media_metric {
    my ($self, $name) = @_;

    my $text = $self->get(8080, '/metrics')->{body};

    return { $text =~ /^meet_media_$name\{worker="\d+",port="(\d+)"\} (\d+)$/mg };
}


# of the media worker that has that port; undef: none took it so far
sub media_pid {
    my ($self, $port) = @_;

    my @all = $self->read_file('media.log')
        =~ /\(pid (\d+)\) takes UDP port $port$/mg;

    return $all[-1];
}


# new workers run when it returns; the old ones may still be on their way out
sub reload {
    my ($self) = @_;

    my %old = map { $_ => 1 } $self->worker_pids();

    kill 'HUP', $self->{pids}{nginx};

    $self->wait_for(sub {
        my @now = $self->worker_pids();
        @now && !grep { $old{$_} } @now;
    }) or Test::More::diag('no new workers after reload');

    return $self;
}


# true once that process is gone
sub wait_exit {
    my ($self, $pid, $timeout) = @_;

    return $self->wait_for(sub { !kill 0, $pid }, $timeout);
}


sub stop {
    my ($self, $name, $signal) = @_;

    for my $n ($name || ('nginx', 'media')) {
        my $pid = delete $self->{pids}{$n} or next;
        my @family = ($pid, $self->children($pid));

        kill $signal || ($n eq 'nginx' ? 'QUIT' : 'TERM'), $pid;

        if (!$self->wait_for(sub { waitpid($pid, WNOHANG) != 0 }, 10)) {
            push @{ $self->{left} }, "$n does not stop";
            kill 'KILL', @family;
            waitpid $pid, 0;
        }

        if (!$self->wait_for(sub { !grep { kill 0, $_ } @family }, 5)) {
            push @{ $self->{left} }, "children of $n";
            kill 'KILL', @family;
        }
    }

    return $self;
}


sub wait_log {
    my ($self, $re, $timeout) = @_;

    return $self->wait_for(
        sub { $self->read_file('error.log') =~ $re }, $timeout);
}


END {
    my $status = $?;

    $_->finish() for @all;
    $? = $status;
}


sub finish {
    my ($self) = @_;

    $self->stop();

    if ($self->{planned} && !$self->{failed}) {
        my $log = $self->read_file('error.log');
        my $all = join '', map { $self->read_file($_) }
            qw/ error.log nginx.log media.log /;
        my @alerts = grep { !$self->{alert_ok} || !/$self->{alert_ok}/ }
            $log =~ /^.*\[alert\].*$/mg;

        push @{ $self->{left} }, 'control.sock'
            if -e "$self->{dir}/run/control.sock";

        Test::More::is(join("\n", @alerts), '', 'no alerts');
        Test::More::unlike($all, qr/(Sanitizer|runtime error)/,
            'no sanitizer reports');
        Test::More::is(join(', ', @{ $self->{left} || [] }), '',
            'nothing left behind');
    }

    unlink $_->[1] for @{ $self->{locks} };

    if ($ENV{TEST_NGINX_LEAVE}) {
        Test::More::diag("left: $self->{dir}");
    } else {
        remove_tree($self->{dir});
    }
}


1;
