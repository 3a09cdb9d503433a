#!/usr/bin/perl

# Two instances of nginx with media workers of their own must not share a
# store: the second one says so and serves no rooms, the first is untouched.
# When the first has gone, the second takes over without a restart.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;

my $http = <<'EOC';
    server {
        listen 127.0.0.1:%%PORT_8080%%;

        location /api/ {
            meet_api;
        }
        location = /healthz {
            meet_health;
        }
    }
EOC

my $ready = { port => 8080, path => '/healthz' };
my $t = Test::Meet->new()->plan(8)->write_conf($http, workers => 3);
my $first = Test::Meet->new();
my $dir = $first->testdir();

$first->write_conf($http, workers => 3)->run(ready => $ready);
ok(eval { $first->create_room(8080, name => 'here') }, 'the first works');

$t->write_file('key', $first->read_file('key'));
chmod 0600, $t->testdir() . '/key';
$t->write_conf($http, workers => 3, meet => <<"EOC");
    meet_store          $dir/store;
    meet_run            %%TESTDIR%%/run;
    meet_key            %%TESTDIR%%/key;
    meet_media_workers  1;
    meet_media_ports    %%MEDIA_PORTS%%;
    meet_media_listen   127.0.0.1;
EOC
$t->run();

ok($t->wait_log(qr/\[emerg\] .*another nginx uses it \(meet_run "$dir\/run"\)/),
    'the second says why not');
is($t->get(8080, '/healthz')->{status}, 503, 'is not healthy');
is($t->get(8080, '/api/v1/rooms/here')->{status}, 503, 'serves no room');
is($first->get(8080, '/api/v1/rooms/here')->{status}, 200,
    'the first goes on');

# all workers of one nginx, also of two generations, share it

$first->reload();
ok($first->wait_for(sub {
    $first->get(8080, '/healthz')->{status} == 200
}), 'a reload is no second nginx');
unlike($first->read_file('error.log'), qr/another nginx/, 'nor said to be one');

$first->stop();
ok($t->wait_for(sub {
    $t->get(8080, '/api/v1/rooms/here')->{status} == 200
}, 20), 'taken over');
