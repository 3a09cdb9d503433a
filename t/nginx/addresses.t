#!/usr/bin/perl

# The addresses that answers tell a client to send to: one a family, each with
# a priority of its own, mapped for IPv4 and IPv6 each for itself.

use warnings;
use strict;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";

use Test::Meet;
use Test::Meet::Whip;

plan(skip_all => 'no IPv6') if `ip -6 addr show dev lo` !~ m{ ::1/};

my @cases = (
    [ 'dual stack', '127.0.0.1 [::1]', '', '127.0.0.1 ::1' ],
    [ 'IPv6 only', '[::1]', '', '::1' ],
    [ 'both mapped', '127.0.0.1 [::1]', '203.0.113.10 [2001:db8::10]',
        '203.0.113.10 2001:db8::10' ],
    [ 'IPv4 mapped', '127.0.0.1 [::1]', '203.0.113.10', '203.0.113.10 ::1' ],
    [ 'IPv6 mapped', '127.0.0.1 [::1]', '[2001:db8::10]',
        '2001:db8::10 127.0.0.1' ],
    [ 'two of a family', '127.0.0.1', '203.0.113.10 203.0.113.11',
        '203.0.113.10 203.0.113.11' ],
);

my $t = Test::Meet->new()->plan(4 * @cases);

for my $case (@cases) {
    my ($name, $listen, $advertise, $expected) = @$case;

    $t->write_conf(<<'EOC', meet => <<'EOM' . <<"EOA");
    server {
        listen  127.0.0.1:%%PORT_8080%%;
        location /api/ { meet_api; }
        location /healthz { meet_health; }
    }
EOC
    meet_store          %%TESTDIR%%/store;
    meet_run            %%TESTDIR%%/run;
    meet_key            %%TESTDIR%%/key;
    meet_media_workers  1;
    meet_media_ports    %%MEDIA_PORTS%%;
EOM
    meet_media_listen   $listen;
    @{[ $advertise ? "meet_media_advertise $advertise;" : '' ]}
EOA
    $t->run(ready => { port => 8080, path => '/healthz' });

    my $room = $t->create_room(8080);
    my $owner = $t->join_room(8080, $room, 'owner', 'Boss')->{json}{token};
    my $key = $t->add_key(8080, $room, $owner, 'whip')->{secret};
    my $r = $t->stream(8080, $room, 'whip', $key);
    my @candidates =
        $r->{body} =~ /^a=candidate:\d+ 1 udp (\d+ \S+ \d+) typ host\r$/mg;

    is(join(' ', map { (split)[1] } @candidates), $expected, $name);

    my %priorities = map { (split)[0] => 1 } @candidates;
    my %ports = map { (split)[2] => 1 } @candidates;
    is(keys %priorities, @candidates, "$name: no priority twice");
    is(keys %ports, 1, "$name: one port");

    # and an ICE restart names the same

    my $again = $t->stream_patch(8080, $r->{headers}{location}, $key,
        "a=ice-ufrag:newu\r\na=ice-pwd:zzzzzzzzzzzzzzzzzzzzzzzz\r\n",
        match => '*');
    is(join("\n", $again->{body} =~ /^(a=candidate:.*)/mg),
        join("\n", $r->{body} =~ /^(a=candidate:.*)/mg),
        "$name: after a restart, too");
    $t->stop();
}
