#!/usr/bin/perl

# A call over IPv6 on paths of 1280 bytes, in a network of its own where the
# machine lets us make one.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::More;

use Test::Meet::Net;

Test::Meet::Net->enter();

require Test::Meet;
require Test::Meet::Native;

my $t = Test::Meet->new()->plan(8)->write_conf(<<'EOC', meet => <<'EOM');
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
        location /healthz { meet_health; }
    }
EOC
    meet_store          %%TESTDIR%%/store;
    meet_run            %%TESTDIR%%/run;
    meet_key            %%TESTDIR%%/key;
    meet_media_workers  1;
    meet_media_ports    %%MEDIA_PORTS%%;
    meet_media_listen   ::1;
EOM

is(Test::Meet::Net->mtu(1280), 1280, 'an MTU of 1280 bytes');

$t->run(ready => { port => 8080, path => '/healthz' });

my $base = 'http://127.0.0.1:' . $t->port(8080);
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', 3,
    '--count', 3, "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', 3, 15), 3, 'a call');
$call->run_for(1)->tell({ cmd => 'reset' })->run_for(2);

my $sum = Test::Meet::Native->sums($call->report());

is($sum->{halves}, 12, 'everybody receives both of both others');
cmp_ok($sum->{packets}, '>', 3 * 2 * 2 * 60 * 0.7, 'all the time');
is($sum->{$_}, 0, "$_: none") for qw/ missing doubled wrong_source bad /;

$call->stop();
