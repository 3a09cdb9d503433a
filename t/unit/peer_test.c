/* A peer from the first check to the end: what it hears, whom it believes. */

#include "peer_fixture.h"


static void
only_checked_paths_are_heard(void **state)
{
    uint8_t buf[100];

    (void) state;

    /* DTLS before ICE, from the very address that will be right */

    client_step(&client);
    assert_int_equal(MW_PEER_NEW, mw_peer_state(peer));
    assert_int_equal(0, nsent);

    assert_true(check(&path_a, (check_t){ 0 }));
    assert_int_equal(MW_PEER_CHECKED, mw_peer_state(peer));
    assert_int_equal(1, nsent);

    header_of(buf, 77, 5);
    assert_true(input(&path_a, buf, 60));
    assert_int_equal(1, mw_peer_stats(peer)->drops[MW_PEER_DROP_STATE]);
    assert_false(input(&path_b, buf, 60));
    assert_int_equal(0, seen.rtp);
}


static void
what_is_forged_is_counted_and_ends_nothing(void **state)
{
    unsigned i;
    size_t len;
    uint8_t buf[200], again[200];
    const mw_peer_stats_t *stats;

    (void) state;

    connect_on(&path_a);
    stats = mw_peer_stats(peer);

    for (i = 0; i < 1000; i++) {
        header_of(buf, 77 + i, 5);
        assert_true(input(&path_a, buf, 100));
    }

    assert_int_equal(1000, stats->drops[MW_PEER_DROP_AUTH]);

    assert_true(input(&path_a, buf, 20));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_SHORT]);
    assert_true(input(&path_a, buf, 1));
    assert_int_equal(2, stats->drops[MW_PEER_DROP_SHORT]);

    header_of(buf, 77, 5);
    len = 62;
    assert_true(srtp_end_protect(&browser, false, buf, &len));
    memcpy(again, buf, len);
    assert_true(input(&path_a, buf, len));
    assert_true(input(&path_a, again, len));
    assert_int_equal(1, seen.rtp);
    assert_int_equal(1, stats->drops[MW_PEER_DROP_REPLAY]);

    assert_true(input(&path_a, (const uint8_t *) "\x16\x00\x00", 3));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_DTLS]);

    assert_false(check(&path_a, (check_t){ .ufrag = "abcdefgh", .pwd = "x" }));
    assert_true(check(
        &path_a, (check_t){ .ufrag = mw_peer_ice(peer)->ufrag, .pwd = "x" }));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_ICE]);

    assert_int_equal(MW_PEER_CONNECTED, mw_peer_state(peer));
}


static void
a_restart_keeps_the_association(void **state)
{
    mw_ice_creds_t old, changed = { "other", "passwordofthebrowser33" };

    (void) state;

    connect_on(&path_a);
    old = *mw_peer_ice(peer);

    assert_int_equal(MW_DROP, mw_peer_restart_ice(peer, &remote, now));
    assert_int_equal(MW_OK, mw_peer_restart_ice(peer, &changed, now));
    assert_string_not_equal(old.ufrag, mw_peer_ice(peer)->ufrag);

    /* both names lead here until the new one was used */

    assert_true(
        check(&path_a, (check_t){ .ufrag = old.ufrag, .pwd = old.pwd }));
    assert_true(check(&path_b, (check_t){ .use_candidate = true }));
    assert_false(
        check(&path_a, (check_t){ .ufrag = old.ufrag, .pwd = old.pwd }));

    assert_int_equal(MW_PEER_CONNECTED, mw_peer_state(peer));
    assert_int_equal(MW_OK, add_stream(1));
    assert_int_equal(MW_OK, write_rtp(1, 1));

    assert_true(mw_peer_same_fingerprint(peer, &client.fingerprint));
    assert_false(
        mw_peer_same_fingerprint(peer, mw_dtls_ctx_fingerprint(env.dtls)));
}


/* minutes without a sign of life: nothing is sent, nothing is forgotten */
static void
a_restart_finds_it_after_a_long_silence(void **state)
{
    uint8_t buf[200];
    size_t len;
    mw_ice_creds_t changed = { "other", "passwordofthebrowser33" };

    (void) state;

    connect_on(&path_a);
    assert_int_equal(MW_OK, add_stream(1));

    now += 5 * 60 * MW_SEC;
    mw_peer_timeout(peer, now);
    assert_int_equal(MW_PEER_CONNECTED, mw_peer_state(peer));
    assert_int_equal(MW_DROP, write_rtp(1, 1));

    assert_int_equal(MW_OK, mw_peer_restart_ice(peer, &changed, now));
    assert_int_equal(MW_DROP, write_rtp(1, 1));
    assert_true(check(&path_b, (check_t){ .use_candidate = true }));
    assert_int_equal(MW_PEER_CONNECTED, mw_peer_state(peer));

    nsent = 0;
    assert_int_equal(MW_OK, write_rtp(1, 2));
    mw_egress_flush(env.egress);
    assert_int_equal(1, nsent);
    assert_true(mw_path_equal(&path_b, &sent[0].path));
    len = sent[0].len;
    assert_true(srtp_end_unprotect(&browser, false, sent[0].data, &len));

    header_of(buf, 77, 5);
    memset(buf + 12, 0x42, 50);
    len = 62;
    assert_true(srtp_end_protect(&browser, false, buf, &len));
    assert_true(input(&path_b, buf, len));
    assert_int_equal(1, seen.rtp);
}


/* two restarts before any check: the first and the last credentials live */
static void
restarts_may_overtake_each_other(void **state)
{
    mw_ice_creds_t first, second;
    mw_ice_creds_t b = { "bbbb", "passwordofthebrowser33" };
    mw_ice_creds_t c = { "cccc", "passwordofthebrowser44" };

    (void) state;

    first = *mw_peer_ice(peer);
    assert_int_equal(MW_OK, mw_peer_restart_ice(peer, &b, now));
    second = *mw_peer_ice(peer);
    assert_int_equal(MW_OK, mw_peer_restart_ice(peer, &c, now));

    assert_true(
        check(&path_a, (check_t){ .ufrag = first.ufrag, .pwd = first.pwd }));
    assert_false(
        check(&path_a, (check_t){ .ufrag = second.ufrag, .pwd = second.pwd }));
    assert_true(check(&path_a, (check_t){ 0 }));
    assert_false(
        check(&path_a, (check_t){ .ufrag = first.ufrag, .pwd = first.pwd }));
}


/* another peer checks from there at once: true when it gets the path */
static bool
is_taken(mw_path_t *path)
{
    bool taken;
    mw_peer_t *first = peer;

    peer = mw_peer_create(
        &env, &remote, &client.fingerprint, &handlers, &seen, now);
    assert_non_null(peer);

    taken = check(path, (check_t){ 0 })
            && mw_udp_table_by_path(env.table, path) == peer;

    mw_peer_destroy(peer);
    peer = first;

    return taken;
}


/* keys that came to one path and were used from another prove neither */
static void
a_path_is_proven_by_all_of_a_handshake(void **state)
{
    unsigned i;

    (void) state;

    assert_true(check(&path_a, (check_t){ 0 }));
    assert_true(check(&path_b, (check_t){ 0 }));

    client_step(&client);
    client.send_ctx = &path_b;

    for (i = 0; i < 10 && !client.connected; i++) {
        drain_to_client();
    }

    assert_int_equal(MW_PEER_CONNECTED, mw_peer_state(peer));
    assert_true(is_taken(&path_a));
    assert_true(is_taken(&path_b));
}


/* clients with few source ports use one again for another connection */
static void
a_valid_check_takes_the_path_over(void **state)
{
    size_t len;
    uint8_t buf[200];
    mw_peer_t *second, *first = peer;

    (void) state;

    connect_on(&path_a);
    assert_int_equal(MW_OK, add_stream(1));

    second = mw_peer_create(
        &env, &remote, &client.fingerprint, &handlers, &seen, now);
    assert_non_null(second);

    /* as long as the first one checks it, it is the first one's: forged? */

    peer = second;
    now += MW_ICE_HELD - 1;
    nsent = 0;
    (void) check(&path_a, (check_t){ 0 });
    assert_int_equal(0, nsent);
    assert_int_equal(1, mw_peer_stats(second)->drops[MW_PEER_DROP_ICE]);
    assert_ptr_equal(first, mw_udp_table_by_path(env.table, &path_a));

    /* it has left, and its port is given to another */

    now++;
    assert_true(check(&path_a, (check_t){ 0 }));
    assert_ptr_equal(second, mw_udp_table_by_path(env.table, &path_a));

    /* the first one has no path any more, and sends nothing there */

    peer = first;
    assert_int_equal(MW_DROP, write_rtp(1, 1));

    header_of(buf, 77, 5);
    len = 62;
    assert_true(srtp_end_protect(&browser, false, buf, &len));
    assert_true(input(&path_a, buf, len));
    assert_int_equal(0, seen.rtp);
    assert_int_equal(1, mw_peer_stats(second)->drops[MW_PEER_DROP_STATE]);

    /* until it passes a check itself */

    assert_true(check(&path_a, (check_t){ 0 }));
    assert_ptr_equal(first, mw_udp_table_by_path(env.table, &path_a));
    assert_int_equal(MW_OK, write_rtp(1, 1));

    mw_peer_destroy(second);
    assert_ptr_equal(first, mw_udp_table_by_path(env.table, &path_a));
}


static void
an_unconnected_peer_is_given_up(void **state)
{
    mw_usec_t created = now;

    (void) state;

    assert_true(seen.timer == created + MW_PEER_CONNECT);
    mw_peer_timeout(peer, seen.timer - 1);
    assert_int_equal(0, seen.closed);

    now = created + MW_PEER_CONNECT;
    assert_true(seen.timer == now);
    mw_peer_timeout(peer, now);
    assert_int_equal(1, seen.closed);
    assert_int_equal(MW_PEER_CLOSE_TIMEOUT, seen.reason);
    assert_string_equal("timeout", mw_peer_reason_name(seen.reason));

    /* it is deaf from then on, and says it once */

    mw_peer_timeout(peer, now + 1);
    assert_int_equal(1, seen.closed);
    nsent = 0;
    assert_true(check(&path_a, (check_t){ 0 }));
    assert_int_equal(0, nsent);
}


static void
close_notify_closes(void **state)
{
    (void) state;

    connect_on(&path_a);
    (void) SSL_shutdown(client.ssl);
    assert_int_equal(MW_PEER_CLOSED, mw_peer_state(peer));

    /* told from the timer, where the owner may destroy */

    assert_int_equal(0, seen.closed);
    assert_true(seen.timer <= now);
    mw_peer_timeout(peer, now);
    assert_int_equal(1, seen.closed);
    assert_int_equal(MW_PEER_CLOSE_NOTIFY, seen.reason);
}


static void
destroying_says_goodbye(void **state)
{
    (void) state;

    connect_on(&path_a);
    assert_int_equal(MW_OK, add_stream(1));
    assert_int_equal(MW_OK, write_rtp(1, 1));
    mw_peer_destroy(peer);
    peer = NULL;

    /* what was waiting goes first */

    assert_int_equal(2, nsent);
    assert_int_equal(0x80, sent[0].data[0]);
    drain_to_client();
    assert_true(client.closed);
    assert_null(mw_udp_table_by_path(env.table, &path_a));
}


static void
a_wrong_certificate_closes(void **state)
{
    unsigned i;
    mw_fingerprint_t wrong;

    (void) state;

    mw_peer_destroy(peer);
    wrong = client.fingerprint;
    wrong.digest[0] ^= 1;
    peer = mw_peer_create(&env, &remote, &wrong, &handlers, &seen, now);

    assert_true(check(&path_a, (check_t){ 0 }));
    client_step(&client);

    for (i = 0; i < 10; i++) {
        drain_to_client();
    }

    assert_int_equal(MW_PEER_CLOSED, mw_peer_state(peer));
    assert_int_equal(0, seen.connected);
    mw_peer_timeout(peer, now);
    assert_int_equal(MW_PEER_CLOSE_FINGERPRINT, seen.reason);
}


/* DTLS is answered where it came from, whatever is selected */
static void
a_handshake_answers_its_own_path(void **state)
{
    unsigned i;

    (void) state;

    assert_true(check(&path_b, (check_t){ .use_candidate = true }));
    assert_true(check(&path_a, (check_t){ 0 }));
    nsent = 0;

    client_step(&client);
    assert_true(nsent > 0);
    assert_int_equal(MW_PEER_HANDSHAKE, mw_peer_state(peer));

    for (i = 0; i < nsent; i++) {
        assert_true(mw_path_equal(&path_a, &sent[i].path));
    }

    /* and a nomination meanwhile waits */

    assert_true(check(&path_a, (check_t){ .use_candidate = true }));
    assert_int_equal(MW_OK, add_stream(1));

    for (i = 0; i < 10 && !client.connected; i++) {
        drain_to_client();
    }

    nsent = 0;
    assert_int_equal(MW_OK, write_rtp(1, 1));
    mw_egress_flush(env.egress);
    assert_true(mw_path_equal(&path_b, &sent[0].path));
}


static void
names_are_complete(void **state)
{
    int i;

    (void) state;

    for (i = 0; i <= MW_PEER_CLOSED; i++) {
        assert_non_null(mw_peer_state_name((mw_peer_state_t) i));
    }

    for (i = 0; i <= MW_PEER_CLOSE_ERROR; i++) {
        assert_non_null(mw_peer_reason_name((mw_peer_reason_t) i));
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        peer_test(only_checked_paths_are_heard),
        peer_test(what_is_forged_is_counted_and_ends_nothing),
        peer_test(a_restart_keeps_the_association),
        peer_test(a_restart_finds_it_after_a_long_silence),
        peer_test(restarts_may_overtake_each_other),
        peer_test(a_path_is_proven_by_all_of_a_handshake),
        peer_test(a_valid_check_takes_the_path_over),
        peer_test(an_unconnected_peer_is_given_up),
        peer_test(close_notify_closes),
        peer_test(destroying_says_goodbye),
        peer_test(a_wrong_certificate_closes),
        peer_test(a_handshake_answers_its_own_path),
        peer_test(names_are_complete),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
