#!/usr/bin/perl

# Changing a room: what each role may change, what a new password does to the
# tokens of before, and that a live room hears of it.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use Test::Meet;
use Test::Meet::Session;
use Test::More;

my ($true, $false) = (JSON::PP::true(), JSON::PP::false());

my $t = Test::Meet->new()->plan(49);

$t->serve(also => 'meet_participants 40;');

my $room = $t->create_room(8080);
my $path = "/api/v1/rooms/$room->{room}";

my $alice = Test::Meet::Session->new($t, 8080, $room, 'class', 'Alice');
my $mod = Test::Meet::Session->new($t, 8080, $room, 'class', 'Mod');
my $boss = Test::Meet::Session->new($t, 8080, $room, 'owner', 'Boss');
my $owner = $boss->{token};

# what an owner sets comes back, and arrives

my $r = patch({ locked => $true, participants => 30 });
is($r->{status}, 200, 'patch');
ok($r->{json}{locked} && !$r->{json}{lobby} && !$r->{json}{hide_cams},
    'one flag does not move another');
is($r->{json}{codec}, 'auto', 'codec by default');
is($r->{json}{participants}, 30, 'participants');
is(join(' ', @{ $r->{json}{rights}{participant} }),
    'mic cam screen chat tell', 'rights by default');
is(join(' ', @{ $r->{json}{rights}{viewer} }), '', 'viewers have none');
is(scalar @{ $r->{json}{invites} }, 2, 'invites');

my $m = $alice->read('settings');
ok($m->{room}{locked}, 'the room hears of it');
is($m->{room}{participants}, 30, 'all of it');

is_problem($t->join_room(8080, $room, 'class', 'Late'), 403, 'room-locked');
is($t->join_room(8080, $room, 'owner', 'Late')->{status}, 200,
    'owners come in');

$r = patch({ locked => $false, lobby => $true, hide_cams => $true,
    rights => { participant => [qw/ mic chat /], viewer => ['chat'] } });
ok(!$r->{json}{locked} && $r->{json}{lobby} && $r->{json}{hide_cams},
    'flags');
is(join(' ', @{ $r->{json}{rights}{participant} }), 'mic chat', 'rights');
is(join(' ', @{ $r->{json}{rights}{viewer} }), 'chat', 'of viewers');
$r = patch({ rights => { viewer => [] }, lobby => $false });
is(join(' ', @{ $r->{json}{rights}{participant} }), 'mic chat',
    'others stay');
is(join(' ', @{ $r->{json}{rights}{viewer} }), '', 'none');

is(patch({ codec => 'vp9' })->{json}{codec}, 'vp9', 'codec');
$m = $alice->read('settings') while $m->{room}{codec} ne 'vp9';
is(patch({ codec => 'h264', locked => $false })->{json}{codec}, 'h264',
    'another codec');
$r = patch({ lobby => $false });
is($r->{json}{codec}, 'h264', 'flags do not move it');
ok($r->{json}{hide_cams}, 'nor it them');
is(patch({ codec => 'auto' })->{json}{codec}, 'auto', 'no codec');

my $end = time() + 500;
$r = patch({ expires => $end });
is($r->{json}{expires}, $end, 'end');
cmp_ok(patch({ expires => undef })->{json}{expires}, '>', time() + 86400,
    'no end');

# what is refused

for my $bad ({ participants => 41 }, { participants => 0 }, { locked => 1 },
    { lobby => 'yes' }, { rights => [] }, { rights => { owner => [] } },
    { rights => { viewer => ['moderate'] } }, { rights => { viewer => 'mic' } },
    { key_id => Test::Meet::b64u('12345678') }, { expires => 5 },
    { invites => [] }, { name => 'x' }, { codec => 'h265' }, {})
{
    my $answer = patch($bad);
    is("$answer->{status} $answer->{type}", '400 /problems/bad-request',
        JSON::PP->new()->canonical()->encode($bad));
}

is_problem(patch({ locked => $true }, $alice->{token}), 403, 'forbidden');
is_problem(patch({ locked => $true }, "x$owner"), 401, 'not-authorized');

# moderators: appointed, not invited

is($boss->ask({ type => 'appoint', target => $mod->{id},
    role => 'moderator' })->{type}, 'done', 'appointed');
is(patch({ locked => $true, hide_cams => $false }, $mod->{token})->{status},
    200, 'a moderator locks');
is_problem(patch({ locked => $false, expires => undef }, $mod->{token}), 403,
    'forbidden');
is_problem($t->http(8080, 'DELETE', $path, token => $mod->{token}), 403,
    'forbidden');

# a new password: the old links are dead, old tokens shrink, a new one comes

my ($class, $class_auth) = $t->invite('password', 'participant');
my ($teacher, $teacher_auth) = $t->invite('owner', 'owner');
$r = patch({ key_id => Test::Meet::b64u('12345678'), locked => $false,
    invites => [ $class, $teacher ] });
my $new = $r->{json}{token};

is_problem($t->join_room(8080, $room, 'class', 'Old'), 403, 'wrong-secret');
is(patch({ locked => $true })->{status}, 200, 'old token of an owner locks');
is_problem(patch({ expires => undef }), 401, 'not-authorized');
is(patch({ expires => undef }, $new)->{status}, 200,
    'the token that came with it does all');

# who was in goes on, on the same socket and on a new one

is($alice->ask({ type => 'ping' })->{type}, 'pong', 'who was in is in');
$alice->cut();
$alice->connect(resume => $alice->resume());
is($alice->{welcome}{type}, 'welcome', 'and comes back');


sub patch {
    my ($body, $as) = @_;

    return $t->http(8080, 'PATCH', $path, body => $body,
        token => $as || $owner);
}

sub is_problem {
    my ($answer, $status, $name) = @_;

    is("$answer->{status} $answer->{type}", "$status /problems/$name", $name);
}
