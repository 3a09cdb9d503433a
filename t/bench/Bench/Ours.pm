package Bench::Ours;

# nginx and one media worker on processor 0; nginx itself beside the load.

use warnings;
use strict;

use Bench::Net;
use Bench::Proc;
use Test::Meet;


sub new {
    my ($class) = @_;

    my $self = bless {}, $class;
    my $address = $Bench::Net::server_address;

    my $t = $self->{t} = Test::Meet->new()->write_conf(<<"EOC",
    server {
        listen $address:%%PORT_8080%%;
        listen 127.0.0.1:%%PORT_8080%%;
        access_log off;
        location / { meet_api; }
        location /healthz { meet_health; }
        location /metrics { meet_metrics; }
    }
EOC
        connections => 16384, meet => <<"EOM");
    meet_store          %%TESTDIR%%/store;
    meet_run            %%TESTDIR%%/run;
    meet_key            %%TESTDIR%%/key;
    meet_media_workers  1;
    meet_media_ports    %%MEDIA_PORTS%%;
    meet_media_listen   $address;
    meet_participants   5000;
    meet_connections    20000;
EOM
    $t->run(ready => { port => 8080, path => '/healthz' });

    my @media = Bench::Proc::family($t->{pids}{media});

    ($self->{worker}) = grep { $_ != $t->{pids}{media} } @media;
    system("taskset -apc 0 $_ >/dev/null") for @media;
    system("taskset -apc 1 $_ >/dev/null")
        for Bench::Proc::family($t->{pids}{nginx});

    $self->{url} = "http://$address:" . $t->port(8080) . '/';

    return $self;
}


sub name { return 'ngx-meet' }
sub url { return $_[0]{url} }
sub options { return () }
sub pids { return $_[0]{worker} }


# figures of the media worker by their name in /metrics
sub metrics {
    my ($self) = @_;

    my $body = $self->{t}->get(8080, '/metrics')->{body} // '';
    my %all;

    $all{$1} += $2 while $body =~ /^meet_media_(\w+)\{[^}]*\}\s+(\d+)/mg;

    return \%all;
}


sub stop { $_[0]{t}->stop() }


1;
