#!/usr/bin/perl

# A disk that fails in the middle of a commit makes LMDB refuse everything from
# then on: the store is opened again by itself, without a restart.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;

plan(skip_all => 'the sanitizer is preloaded already') if $ENV{MEET_SANITIZED};

my $t = Test::Meet->new()->write_conf(<<'EOC');
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

my $dir = $t->testdir();

# fails what is written to the first two pages of data.mdb, once it is told to

$t->write_file('failing.c', <<"EOC");
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
    char name[32], path[256] = "";

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);

    if (at < 8192 && access("$dir/fail", F_OK) == 0
        && readlink(name, path, sizeof(path) - 1) > 0
        && strstr(path, "data.mdb") != NULL)
    {
        errno = EIO;
        return -1;
    }

    return syscall(SYS_pwrite64, fd, data, len, at);
}
EOC

plan(skip_all => 'no compiler') if system(
    "cc -shared -fPIC -o $dir/failing.so $dir/failing.c 2>/dev/null") != 0;

$t->plan(7);

{
    local $ENV{LD_PRELOAD} = "$dir/failing.so";
    $t->run(ready => { port => 8080, path => '/healthz' });
}

ok(eval { $t->create_room(8080, name => 'before') }, 'works');

$t->write_file('fail', '');
ok(!eval { $t->create_room(8080, name => 'lost') }, 'a commit fails');
like($@, qr/create: 50[03]/, 'and is not acknowledged');
unlink "$dir/fail";

ok($t->wait_for(sub {
    $t->get(8080, '/api/v1/rooms/before')->{status} == 200
}), 'opened again');
like($t->read_file('error.log'), qr/has to be opened again/, 'and said so');
is($t->get(8080, '/api/v1/rooms/lost')->{status}, 404, 'what failed is not');
is(eval { $t->create_room(8080, name => 'after')->{room} }, 'after',
    'rooms are created');
