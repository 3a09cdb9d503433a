#!/usr/bin/perl

# The static client: what is served, how it is cached, under which policy, and
# that there is no way out of its directory.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::More;

my $t = Test::Meet->new()->plan(48)->write_conf(<<'EOC', meet => '');
    types {
        text/html html;
        application/javascript js;
        image/svg+xml svg;
    }
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_client %%TESTDIR%%/html; }
    }
    server {
        listen 127.0.0.1:%%PORT_8081%%;
        location /meet/ { meet_client %%TESTDIR%%/html/; }
        location / { return 418; }
    }
EOC

$t->write_file('html/index.html', '<!doctype html>');
$t->write_file('html/favicon.svg', '<svg/>');
$t->write_file('html/assets/app-1a2b.js', 'plain');
$t->write_file('html/assets/app-1a2b.js.gz', 'gzipped');
$t->write_file('html/assets/app-1a2b.js.br', 'brotli');
$t->write_file('html/assets/only-3c.js', 'only');
$t->write_file('html/assets/sub/deep.js', 'deep');
$t->write_file('html/.hidden', 'hidden');
$t->write_file('secret', 'secret');
symlink $t->testdir() . '/secret', $t->testdir() . '/html/link';
mkdir $t->testdir() . '/html/directory';
$t->run();

# the page, for the start and for every room

for my $path ('/', '/abcd-efgh-jkmn', '/class-7b?x=1', '/test') {
    my $r = $t->get(8080, $path);
    is("$r->{status} $r->{body}", '200 <!doctype html>', $path);
    is($r->{headers}{'cache-control'}, 'no-cache', 'asked for each time');
}

my $r = $t->get(8080, '/');
my $h = $r->{headers};
is($h->{'content-type'}, 'text/html', 'type');
like($h->{'content-security-policy'}, qr/default-src 'none'; script-src 'self'/,
    'policy');
unlike($h->{'content-security-policy'}, qr/unsafe|\*/, 'nothing unsafe');
like($h->{'content-security-policy'},
    qr/connect-src 'self' wss:\/\/localhost$/, 'connects to us');
is($h->{'x-content-type-options'}, 'nosniff', 'nosniff');
is($h->{'referrer-policy'}, 'no-referrer', 'no referrer');
is($h->{'cross-origin-opener-policy'}, 'same-origin', 'opener');
like($h->{'permissions-policy'}, qr/camera=\(self\), microphone=\(self\)/,
    'permissions');

$r = $t->get(8080, '/', headers => { Host => "a;script-src *" });
unlike($r->{headers}{'content-security-policy'} // '', qr/\*/,
    'no policy from a stranger');

is($t->get(8080, '/', headers => { 'If-None-Match' => $h->{etag} })->{status},
    304, 'not modified');

# assets never change

$r = $t->get(8080, '/assets/app-1a2b.js');
is("$r->{status} $r->{body}", '200 plain', 'asset');
is($r->{headers}{'cache-control'}, 'public, max-age=31536000, immutable',
    'kept for long');
is($r->{headers}{'content-type'}, 'application/javascript', 'type');
is($r->{headers}{vary}, 'Accept-Encoding', 'vary');

is(coding('gzip, deflate, br'), 'br brotli', 'brotli first');
is(coding('gzip'), 'gzip gzipped', 'gzip');
is(coding('br;q=0, gzip;q=0.5'), 'gzip gzipped', 'brotli refused');
is(coding('gzip;q=0'), ' plain', 'gzip refused');
is(coding('x-gzip, brr'), ' plain', 'others');
is(coding('gzip, br', '/assets/only-3c.js'), ' only', 'no compressed one');

$r = $t->get(8080, '/assets/app-1a2b.js', headers => {
    'Accept-Encoding' => 'br' });
is($r->{headers}{'content-type'}, 'application/javascript',
    'type of the original');

is($t->get(8080, '/favicon.svg')->{body}, '<svg/>', 'file at the top');
is($t->http(8080, 'HEAD', '/assets/only-3c.js')->{headers}{'content-length'},
    4, 'HEAD');
is($t->http(8080, 'POST', '/', body => '{}')->{status}, 405, 'POST');

# what is not served

for my $path ('/.hidden', '/assets/.x', '/../secret', '/assets/../../secret',
    '/%2e%2e/secret', '/..%2fsecret', '/assets/sub/deep.js', '/Room',
    '/assets/', '/nothing.js', '/abc/def')
{
    my $r = $t->get(8080, $path);
    ok($r->{status} >= 400 && $r->{body} !~ /secret|hidden|deep/,
        "$path: $r->{status}");
}

is($t->get(8080, '/directory')->{body}, '<!doctype html>',
    'a directory is a room name like any other');

# under a prefix

is($t->get(8081, '/meet/')->{body}, '<!doctype html>', 'prefix');
is($t->get(8081, '/meet/class-7b')->{body}, '<!doctype html>', 'a room');
is($t->get(8081, '/meet/assets/only-3c.js')->{body}, 'only', 'an asset');

$r = $t->get(8081, '/meet');
like("$r->{status} $r->{headers}{location}", qr{^301 .*/meet/$},
    'slash added');


sub coding {
    my ($accept, $path) = @_;

    my $answer = $t->get(8080, $path // '/assets/app-1a2b.js',
        headers => { 'Accept-Encoding' => $accept });

    return ($answer->{headers}{'content-encoding'} // '') . ' '
        . $answer->{body};
}
