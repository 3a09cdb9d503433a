#!/usr/bin/perl

# meet_anonymize: no full address in access or error log, whatever realip,
# keepalive or malformed requests do; limits still see the full address, and
# servers without it log as ever.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;

my $t = Test::Meet->new()->plan(23)->write_cert()->write_conf(<<'EOC', meet => '');
    log_format short '$server_name $remote_addr $uri';
    access_log %%TESTDIR%%/short.log short;

    limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m;

    server {
        listen 127.0.0.1:%%PORT_8080%%;
        server_name anonymous;
        meet_anonymize on;

        location /limited {
            limit_req zone=one;
            limit_req_status 429;
            empty_gif;
        }

        location /missing {
            root %%TESTDIR%%/not-there;
            open_file_cache_errors on;
        }

        location /show {
            return 200 "$remote_addr";
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8080%%;
        server_name ordinary;

        location /missing {
            root %%TESTDIR%%/not-there;
        }
        location /show {
            return 200 "$remote_addr";
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8081%%;
        server_name behind;
        meet_anonymize on;
        set_real_ip_from 127.0.0.0/8;
        real_ip_header X-Real-IP;

        location /missing {
            root %%TESTDIR%%/not-there;
        }
        location /show {
            return 200 "$remote_addr";
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8082%%;
        server_name late;
        meet_anonymize on;

        location /show {
            set_real_ip_from 127.0.0.0/8;
            real_ip_header X-Real-IP;
            proxy_pass http://127.0.0.1:%%PORT_8083%%;
            proxy_set_header X-Seen $remote_addr;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8084%% http2;
        server_name h2;
        meet_anonymize on;

        location /show {
            return 200 "$remote_addr";
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8084%%;
        server_name h2ordinary;

        location /show {
            return 200 "$remote_addr";
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8085%% ssl;
        server_name tls;
        meet_anonymize on;
        ssl_certificate %%TESTDIR%%/cert.pem;
        ssl_certificate_key %%TESTDIR%%/cert.key;
    }

    server {
        listen 127.0.0.1:%%PORT_8083%%;
        server_name upstream;
        location / {
            return 200 $http_x_seen;
        }
    }
EOC

$t->run();

my %from = (from => '127.11.12.13');

is(get(8080, 'anonymous', '/show', %from), '127.11.0.0', 'two blocks');
is(get(8080, 'ordinary', '/show', %from), '127.11.12.13',
    'another server on the same socket');
get(8080, 'anonymous', '/missing/a', %from);
get(8080, 'ordinary', '/missing/o', %from);

# limits count by the full address

is(status('/limited', '127.11.12.14'), 200, 'first request');
is(status('/limited', '127.11.12.14'), 429, 'second one of the same address');
is(status('/limited', '127.11.12.15'), 200, 'neighbour');

# realip: the header decides, request by request, on one connection

my $s = $t->socket(8081, %from);

is(ask($s, '203.0.113.77'), '203.0.0.0', 'realip IPv4');
is(ask($s, '2001:db8:1:2:3:4:5:6'), '2001:db8:1::', 'realip IPv6');
is(ask($s, '::ffff:198.51.100.9'), '::ffff:198.51.0.0', 'realip mapped');
is(ask($s, '::1'), '::', 'realip loopback');
is(ask($s, undef), '127.11.0.0', 'without the header');
is(ask($s, '192.0.2.200'), '192.0.0.0', 'and with it again');
get(8081, 'behind', '/missing/b', %from, real => '203.0.113.78');

is(get(8082, 'late', '/show', %from, real => '203.0.113.79'), '203.0.0.0',
    'realip of a location');

# HTTP/2: streams of several servers in one connection

my $h2 = $t->socket(8084, %from);
syswrite $h2, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . h2_frame(4, 0, 0, '');

is(h2_get($h2, 1, 'h2'), '127.11.0.0', 'HTTP/2');
is(h2_get($h2, 3, 'h2ordinary'), '127.11.12.13', 'HTTP/2, other server');
is(h2_get($h2, 5, 'h2'), '127.11.0.0', 'HTTP/2 again');

# no request yet: garbage, and a client that goes away

for my $bytes ("\x16\x03\x01\x02\n", "GET / HTTP/1.1\r\n:broken\r\n\r\n",
    "FOO\r\n\r\n")
{
    my $x = $t->socket(8080, %from);
    syswrite $x, $bytes;
    $t->read_all($x);
}

my $x = $t->socket(8085, %from);
syswrite $x, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00";
$t->read_all($x);

close $s;
close $h2;
$t->stop('nginx');

my $access = $t->read_file('short.log');
my $error = $t->read_file('error.log');

like($access, qr{^ordinary 127\.11\.12\.13 /missing/o$}m,
    'ordinary access log');
like($access, qr{^anonymous 127\.11\.0\.0 }m, 'anonymous access log');
like($error, qr{/missing/o" failed .* client: 127\.11\.12\.13,}m,
    'ordinary error log');
like($error, qr{/missing/a" failed .* client: 127\.11\.0\.0,}m,
    'anonymous error log');
like($error, qr{client sent invalid .* client: 127\.11\.0\.0,}m,
    'malformed request in the error log');
like($error, qr{SSL handshaking, client: 127\.11\.0\.0,},
    'failed TLS handshake in the error log');

my $full = qr/203\.0\.113|127\.11\.12|198\.51\.100|192\.0\.2\.|8:1:2/;

is(join("\n", grep { /$full/ && !/ordinary/ } split /\n/, $access), '',
    'no full address in the access log');
is(join("\n", grep { /$full/ && !/ordinary/ } split /\n/, $error), '',
    'no full address in the error log');


sub get {
    my ($port, $host, $path, %o) = @_;

    return $t->get($port, $path, from => $o{from}, headers => { Host => $host,
        ($o{real} ? ('X-Real-IP' => $o{real}) : ()) })->{body};
}


sub status {
    my ($path, $from) = @_;

    return $t->get(8080, $path, from => $from,
        headers => { Host => 'anonymous' })->{status};
}


# one request on a connection that is kept
sub ask {
    my ($socket, $real) = @_;

    syswrite $socket, "GET /show HTTP/1.1\r\nHost: behind\r\n"
        . ($real ? "X-Real-IP: $real\r\n" : '') . "\r\n";

    my $buf = '';

    while (sysread $socket, $buf, 4096, length $buf) {
        my ($len, $body) =
            $buf =~ /Content-Length: (\d+).*?\r\n\r\n(.*)/s or next;
        return $body if length $body == $len;
    }
}


sub h2_frame {
    my ($type, $flags, $stream, $payload) = @_;

    my $len = length $payload;

    return pack('CnCCN', $len >> 16, $len & 0xffff, $type, $flags, $stream)
        . $payload;
}


# GET /show of that host; the first DATA frame that has data
sub h2_get {
    my ($socket, $stream, $host) = @_;

    syswrite $socket, h2_frame(1, 5, $stream, "\x82\x86\x04\x05/show\x01"
        . chr(length $host) . $host);

    my $buf = '';

    while (1) {
        while (length $buf < 9
            || length $buf < 9 + unpack 'N', "\0" . substr $buf, 0, 3)
        {
            sysread $socket, $buf, 4096, length $buf or return;
        }

        my $len = unpack 'N', "\0" . substr $buf, 0, 3;
        my $type = ord substr $buf, 3, 1;
        my $data = substr $buf, 9, $len;
        substr $buf, 0, 9 + $len, '';

        return $data if $type == 0 && $len;
    }
}
