#!/usr/bin/perl

# A store that cannot be used is named in the log with file and reason, answers
# 503, takes nothing else down, and is taken into use once it is repaired.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;

plan(skip_all => 'needs root') if $> != 0;

my $t = Test::Meet->new()->plan(13)->write_conf(<<'EOC');
    server {
        listen 127.0.0.1:%%PORT_8080%%;

        location /api/ {
            meet_api;
        }
        location = /healthz {
            meet_health;
        }
        location /ordinary {
            return 204;
        }
    }
EOC

my $dir = $t->testdir();

# nginx -t and the start as root make the directory, and nothing in it

is(($t->test_conf())[0], 0, 'configuration');
is(join(' ', glob "$dir/store/*"), '', 'nothing opened by a test');
is((stat "$dir/store")[2] & 07777, 0700, 'for its owner only');

chown 33, 33, "$dir/store";
$t->run();

ok($t->wait_log(qr/\[emerg\] .*store" belongs to uid 33, workers run as uid 0/),
    'wrong owner');
is($t->get(8080, '/healthz')->{status}, 503, 'not healthy');
is($t->get(8080, '/api/v1/rooms/none')->{status}, 503, 'not served');
is(eval { $t->create_room(8080) } // ($@ =~ /create: (\d+)/)[0], 503,
    'nor created');
is($t->get(8080, '/ordinary')->{status}, 204, 'other sites go on');

chown 0, 0, "$dir/store";
ok($t->wait_for(sub { $t->get(8080, '/api/v1/rooms/none')->{status} == 404 },
    15), 'repaired: taken into use');
is(eval { $t->create_room(8080, name => 'here')->{room} }, 'here', 'works');

# another key is another instance

rename "$dir/key", "$dir/key.right";
$t->write_key('key');
$t->reload();
ok($t->wait_log(qr/the store was made with another instance key/),
    'wrong key');

rename "$dir/key.right", "$dir/key";
rename "$dir/store/secrets", "$dir/aside";
$t->reload();
ok($t->wait_log(qr/secrets does not belong to data.mdb, or is missing/),
    'missing secrets');

rename "$dir/aside", "$dir/store/secrets";
$t->reload();
ok($t->wait_for(sub { $t->get(8080, '/api/v1/rooms/here')->{status} == 200 }),
    'all as before');
