#!/usr/bin/perl

# nginx is replaced by a new one while it runs (USR2, then QUIT), during a
# call: as discreet as a reload.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Test::Meet;
use Test::Meet::Native;
use Test::More;
use Time::HiRes qw/ time /;

use constant PEOPLE => 4;

my $t = Test::Meet->new()->plan(15)->write_conf(<<'EOC', workers => 2);
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { meet_api; }
        location /healthz { meet_health; }
    }
EOC
$t->run_media();

# nginx refuses an upgrade as long as the process that started it lives: here
# a shell that leaves as soon as nginx runs

my ($module) = $t->read_file('nginx.conf') =~ /^load_module (\S+);/m;
my %env = $t->sanitizer_env($module);
my $dir = $t->testdir();

system('env ' . join(' ', map { "$_='$env{$_}'" } keys %env)
    . " /usr/sbin/nginx -p $dir/ -c $dir/nginx.conf -e $dir/error.log"
    . " >>$dir/nginx.log 2>&1 </dev/null &"
    . " while [ ! -s $dir/nginx.pid ]; do sleep 0.05; done");
ok($t->ready({ port => 8080, path => '/healthz' }), 'nginx runs');

my $old = $t->{pids}{nginx} = pid('nginx.pid');
my $base = 'http://127.0.0.1:' . $t->port(8080);
my $room = Test::Meet::Native->create("$base/");
my $call = Test::Meet::Native->new('--publish', 'mic,cam', '--pairs', PEOPLE,
    '--count', PEOPLE, "$base/$room->{room}#$room->{password}");

is(scalar $call->wait_event('first-packet', PEOPLE, 20), PEOPLE, 'a call');
$call->run_for(1)->tell({ cmd => 'reset' });

my @workers = $t->children($old);

kill 'USR2', $old;
ok($t->wait_for(sub { pid('nginx.pid.oldbin') == $old
    && pid('nginx.pid') && pid('nginx.pid') != $old }, 5), 'a new nginx');

my $new = $t->{pids}{nginx} = pid('nginx.pid');

ok($t->wait_for(sub { (grep { worker($_) } $t->children($new)) == 2 }, 5),
    'and its workers');
$call->run_for(0.5);
kill 'QUIT', $old;

my $start = time();

while (grep { kill 0, $_ } $old, @workers) {
    last if time() - $start > 5;
    $call->run_for(0.05);
}

my $gone = time() - $start;

cmp_ok($gone, '<', 3, 'the old one is gone within three seconds');
$call->run_for(1);

my $report = $call->report();
my $sum = Test::Meet::Native->sums($report);
my ($resume) = sort { $b <=> $a } map { $_->{resume_max_us} }
    @{ $report->{participants} };

is($sum->{missing}, 0, 'no packet missing');
is($sum->{doubled} + $sum->{wrong_source}, 0, 'none out of place');
is($sum->{event_gaps}, 0, 'no event lost');
is($sum->{offers}, 2 * PEOPLE, 'nobody had to offer again');
cmp_ok($resume, '>', 0, 'all moved');
cmp_ok($resume, '<', 1_000_000, 'and were back within a second');

$call->tell({ cmd => 'chat', who => 0, text => 'new?' });
is(scalar $call->wait_event('chat', PEOPLE), PEOPLE, 'chat afterwards');

my $late = Test::Meet::Native->new('--name', 'late', '--pairs', PEOPLE,
    "$base/$room->{room}#$room->{password}");

ok($late->wait_event('first-packet', 1, 10), 'and somebody comes');

diag(sprintf 'upgrade: %d packets, %d missing; slowest session back after'
    . ' %.1f ms; old nginx gone after %.2f s', $sum->{packets},
    $sum->{missing}, $resume / 1000, $gone);

$late->stop();
$call->stop();

kill 'QUIT', $new;
ok($t->wait_exit($new, 10), 'nginx ends');
delete $t->{pids}{nginx};
ok(!-e "$dir/nginx.pid", 'and leaves no trace');


sub pid {
    my ($name) = @_;

    return $t->read_file($name) =~ /(\d+)/ ? $1 : 0;
}


sub worker {
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/cmdline" or return 0;

    return (<$fh> // '') =~ /worker process/;
}
