#!/usr/bin/perl

# /healthz says what is missing, /metrics is what Prometheus reads.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;

my $t = Test::Meet->new();

$t->plan(18)->write_conf(<<'EOC', workers => 2);
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
        location = /healthz { meet_health; }
        location = /metrics { meet_metrics; }
    }
EOC
$t->run(no_media => 1);

# without media workers: rooms can be made, calls cannot

my $r = $t->get(8080, '/healthz');
is($r->{status}, 503, 'not healthy');
like($r->{body}, qr/^[^\n]*media[^\n]*\n$/, 'one line that says why');
is($r->{headers}{'cache-control'}, 'no-store', 'not cached');

my $room = $t->create_room(8080);
ok($room->{room}, 'rooms can be made');
is($t->get(8080, '/metrics')->{status}, 200, 'metrics all the same');

$t->run_media();
ok($t->ready({ port => 8080, path => '/healthz' }), 'healthy again');
$r = $t->get(8080, '/healthz');
is("$r->{status} $r->{body}", "200 ok\n", 'ok');
is($t->http(8080, 'POST', '/healthz', body => '')->{status}, 405, 'POST');

# counters of all workers, whichever answers

my @sessions = map {
    Test::Meet::Session->new($t, 8080, $room, 'class', "Guest $_")
} 1 .. 4;

# media workers write theirs once a second
my %m;
$t->wait_for(sub {
    %m = metrics();
    ($m{meet_media_participants} // 0) == 4;
});
is($m{meet_websockets}, 4, 'websockets');
is($m{meet_rooms}, 1, 'rooms');
is($m{meet_joins_total}, 4, 'joins');
is($m{meet_welcomes_total}, 4, 'welcomes');
cmp_ok($m{meet_bytes_out_total}, '>', 4 * 500, 'bytes out');
is($m{'meet_media_participants'}, 4, 'participants, from the media worker');

my $text = $t->get(8080, '/metrics')->{body};
my @bad = grep { !/^(# (HELP|TYPE) meet_\w+ .+|meet_\w+(\{[^}]+\})? \d+(\.\d+)?)$/ }
    split /\n/, $text;
is(join("\n", @bad), '', 'well-formed');
my %types = map { $_ => 1 } $text =~ /^# TYPE (\w+)/mg;

# a histogram's series share its type
$types{"${_}_bucket"} = $types{"${_}_sum"} = $types{"${_}_count"} = 1
    for $text =~ /^# TYPE (\w+) histogram$/mg;

my @lost = grep { !$types{$_} } $text =~ /^(meet_\w+)/mg;
is("@lost", '', 'each with its type');

# counters survive their worker, gauges do not

my @old = $t->worker_pids();
$t->reload();
$t->wait_exit($_, 5) for @old;
%m = metrics();
is($m{meet_joins_total}, 4, 'counters outlive their workers');
is($m{meet_websockets}, 0, 'gauges end with them');


sub metrics {
    my %found;
    my $body = $t->get(8080, '/metrics')->{body};

    while ($body =~ /^(meet_\w+)(?:\{[^}]+\})? (\d+)$/mg) {
        $found{$1} += $2;
    }

    return %found;
}
