#!/usr/bin/perl

# The WebSocket handshake: what is accepted, and how everything else is refused.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::More;

my $t = Test::Meet->new()->plan(27)->write_conf(<<'EOC');
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        listen 127.0.0.1:%%PORT_8081%% http2;
        location /meet/api/ {
            meet_api;
            meet_origins https://school.example;
        }
    }
EOC
$t->run();

my $path = '/meet/api/v1/ws';

my $ws = ws();
ok($ws->{accepted}, 'accepted');
my $h = $ws->{answer}{headers};
is($h->{'sec-websocket-protocol'}, 'meet.v1', 'subprotocol');
is(lc $h->{upgrade}, 'websocket', 'upgrade');
is(lc $h->{connection}, 'upgrade', 'connection');
ok(!$h->{'sec-websocket-extensions'}, 'no extension');

# lists and case

ok(ws(Connection => 'keep-alive, uPGRADE', Upgrade => 'h3, WebSocket',
    'Sec-WebSocket-Protocol' => 'chat,  meet.v1')->{accepted}, 'lists');
ok(ws('Sec-WebSocket-Extensions' => 'permessage-deflate')->{accepted},
    'extension not taken');

# origins

ok(ws(Origin => 'http://localhost')->{accepted}, 'own origin');
ok(ws(Origin => 'https://localhost')->{accepted}, 'own origin, TLS in front');
ok(ws(Origin => 'https://school.example')->{accepted}, 'listed origin');
is_refused({ Origin => 'https://evil.example' }, 403, 'foreign-origin');
is_refused({ Origin => 'http://localhost.evil.example' }, 403,
    'foreign-origin');
is_refused({ Origin => 'null' }, 403, 'foreign-origin');

# what is no handshake

is_refused({ Upgrade => undef }, 426, 'upgrade-required');
is_refused({ Upgrade => 'h2c' }, 426, 'upgrade-required');
is_refused({ Connection => 'close' }, 426, 'upgrade-required');
is_refused({ 'Sec-WebSocket-Version' => 8 }, 426, 'upgrade-required');
is_refused({ 'Sec-WebSocket-Key' => undef }, 400, 'bad-request');
is_refused({ 'Sec-WebSocket-Key' => 'c2hvcnQ=' }, 400, 'bad-request');
is_refused({ 'Sec-WebSocket-Protocol' => undef }, 400, 'bad-request');
is_refused({ 'Sec-WebSocket-Protocol' => 'meet.v2' }, 400, 'bad-request');
is_refused({ 'Content-Length' => 4 }, 400, 'bad-request', after => 'body');

$ws = Test::Meet::WebSocket->new($t, 8080, $path, http => '1.0');
is($ws->{answer}{status}, 426, 'HTTP/1.0');
is($ws->{answer}{headers}{'sec-websocket-version'}, '13', 'version told');

is($t->http(8080, 'POST', $path, body => '{}')->{status}, 405, 'POST');

# HTTP/2: prior knowledge, one HEADERS frame; the answer has :status 426

my $s = $t->socket(8081);
my $block = "\x82\x86" . "\x04" . chr(length $path) . $path
    . "\x01\x09localhost";
syswrite $s, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, '')
    . frame(1, 5, 1, $block);
my $answer = $t->read_all($s, 2);
like($answer, qr/426|\x48\x03426|\x08\x03426|upgrade-required/,
    'HTTP/2 refused');

is($t->get(8080, '/meet/api/v1/rooms/none')->{status}, 404, 'alive');


sub ws {
    my (%headers) = @_;

    return Test::Meet::WebSocket->new($t, 8080, $path, headers => \%headers);
}

sub is_refused {
    my ($headers, $status, $name, %o) = @_;

    my $r = Test::Meet::WebSocket->new($t, 8080, $path,
        headers => $headers, %o)->{answer};

    is("$r->{status} $r->{type}", "$status /problems/$name",
        join(' ', $name, map { $_ . '=' . ($headers->{$_} // 'none') }
            keys %$headers));
}

sub frame {
    my ($type, $flags, $stream, $payload) = @_;

    return substr(pack('N', length $payload), 1) . pack('CCN', $type, $flags,
        $stream) . $payload;
}
