package Bench::Ours;

# Media workers on processor 0; nginx itself beside the load.

use warnings;
use strict;

use Bench::Net;
use Bench::Proc;
use Test::Meet;


# `workers`: media workers, all on that processor; `spread`: as meet_media_spread
sub new {
    my ($class, %o) = @_;

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
        connections => 16384, media => $o{workers}, listen => $address,
        also => <<"EOM");
    meet_media_spread   @{[ $o{spread} || 0 ]};
    meet_participants   5000;
    meet_connections    20000;
EOM
    $t->run(ready => { port => 8080, path => '/healthz' });

    my @media = Bench::Proc::family($t->{pids}{media});

    $self->{workers} = [ grep { $_ != $t->{pids}{media} } @media ];
    system("taskset -apc 0 $_ >/dev/null") for @media;
    system("taskset -apc 1 $_ >/dev/null")
        for Bench::Proc::family($t->{pids}{nginx});

    $self->{url} = "http://$address:" . $t->port(8080) . '/';

    return $self;
}


sub name { return 'ngx-meet' }
sub url { return $_[0]{url} }
sub options { return () }
sub pids { return @{ $_[0]{workers} } }


# figures of the media workers by their name in /metrics, together
sub metrics {
    my ($self) = @_;

    my $body = $self->{t}->get(8080, '/metrics')->{body} // '';
    my %all;

    $all{$1} += $2 while $body =~ /^meet_media_(\w+)\{[^}]*\}\s+(\d+)/mg;

    return \%all;
}


sub stop { $_[0]{t}->stop() }


1;
