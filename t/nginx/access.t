#!/usr/bin/perl

# Beside other servers, under a prefix, over TLS; creation guarded by
# auth_basic, guessing stopped by limit_req, and nothing else touched by them.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Session;
use Test::More;

my $t = Test::Meet->new()->plan(22)->write_cert()->write_conf(<<'EOC');
    limit_req_zone $binary_remote_addr zone=join:1m rate=6r/m;
    limit_req_status 429;

    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { return 200 "other site"; }
    }

    server {
        listen 127.0.0.1:%%PORT_8443%% ssl;
        listen 127.0.0.1:%%PORT_8081%%;
        server_name localhost;
        ssl_certificate %%TESTDIR%%/cert.pem;
        ssl_certificate_key %%TESTDIR%%/cert.key;

        location = /school/meet/api/v1/rooms {
            auth_basic teachers;
            auth_basic_user_file %%TESTDIR%%/teachers;
            meet_api;
        }

        location ~ ^/school/meet/api/v1/rooms/[^/]+/join$ {
            limit_req zone=join burst=3 nodelay;
            meet_api;
        }

        location /school/meet/api/ { meet_api; }
        location /open/api/ { meet_api; }
        location = /healthz { meet_health; }
        location / { return 200 "same site"; }
    }
EOC

$t->write_file('teachers', "mia:{PLAIN}lamp\n");
$t->run(ready => { port => 8081, path => '/healthz' });

my @guarded = (tls => 1, api => '/school/meet/api/v1');
my %mia = (headers => {
    Authorization => 'Basic ' . MIME::Base64::encode_base64('mia:lamp', '') });

# others

is($t->get(8080, '/')->{body}, 'other site', 'another server');
is($t->get(8080, '/api/v1/rooms/abc')->{body}, 'other site',
    'knows nothing of it');
is($t->get(8443, '/school/', tls => 1)->{body}, 'same site',
    'another location');

# creation

my $r = $t->http(8443, 'POST', '/school/meet/api/v1/rooms', body => '{}',
    tls => 1);
is($r->{status}, 401, 'creation needs a password');

my $room = $t->create_room(8443, @guarded, %mia);
is($room->{answer}{status}, 201, 'with it');
is($room->{answer}{headers}{location},
    "/school/meet/api/v1/rooms/$room->{room}", 'location has the prefix');

# and nothing else

is($t->get(8443, "$room->{api}/rooms/$room->{room}", tls => 1)->{status}, 200,
    'facts need none');
is($t->get(8081, "/open/api/v1/rooms/$room->{room}")->{status}, 200,
    'the same rooms under another prefix');

my $s = Test::Meet::Session->new($t, 8443, $room, 'class', 'Alice',
    tls => 1, token => $t->join_room(8443, $room, 'class', 'Alice',
        tls => 1)->{json}{token});
is($s->{welcome}{type}, 'welcome', 'session over TLS');

# frames over TLS come out one by one

for my $n (1 .. 3) {
    $s->{ws}->send({ type => 'ping', id => $n });
    is($s->{ws}->read('pong')->{re}, $n, "pong $n");
}

$s->{ws}->send_frame(9, 'x' x 100);
is($s->{ws}->read_frame()->{payload}, 'x' x 100, 'control frame');
is($s->{ws}->close(1000), 1000, 'closed');

# guessing: one is spent, the burst is three more

my %guess = (%$room, class => { %{ $room->{class} },
    auth => Test::Meet::b64u('x' x 32) });
my @status = map {
    $t->join_room(8443, \%guess, 'class', 'Eve', tls => 1)->{status}
} 1 .. 6;

is(join(' ', @status), '403 403 403 429 429 429', 'guessing stopped');
is($t->get(8443, "$room->{api}/rooms/$room->{room}", tls => 1)->{status}, 200,
    'facts go on');

# no secret in any log

my $logs = $t->read_file('access.log') . $t->read_file('error.log');

unlike($logs, qr/\Q$room->{class}{auth}\E/, 'no credential in the logs');
unlike($logs, qr/\Q$s->{token}\E/, 'no token');
like($logs, qr/limiting requests/, 'but the guessing');

# origins: the name by which we were called, and only over TLS there

$r = $t->get(8443, "$room->{api}/rooms/$room->{room}", tls => 1,
    headers => { Host => 'Meet.example:444',
        Origin => 'https://meet.example:444' });
is($r->{status}, 200, 'own origin');
$r = $t->get(8443, "$room->{api}/rooms/$room->{room}", tls => 1,
    headers => { Host => 'meet.example', Origin => 'http://meet.example' });
is($r->{type}, '/problems/foreign-origin', 'not the insecure one');
$r = $t->get(8443, "$room->{api}/rooms/$room->{room}", tls => 1,
    headers => { Host => 'meet.example',
        Origin => 'https://meet.example:8443' });
is($r->{type}, '/problems/foreign-origin', 'nor another port');
