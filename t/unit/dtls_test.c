/* DTLS handshakes over a bad network. */

#include "dtls_pipe_fixture.h"


static void
prefers_gcm_whatever_the_order(void **state)
{
    X509 *cert;
    unsigned len;
    uint8_t digest[64];

    (void) state;

    start("SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM", false, 1200);
    run_until_connected();
    compare_keys(MW_SRTP_GCM_128);
    assert_true(down.largest <= MW_DTLS_MTU);

    /* the fingerprint we announce is that of the certificate we show */

    cert = SSL_get1_peer_certificate(client.ssl);
    assert_int_equal(1, X509_digest(cert, EVP_sha256(), digest, &len));
    assert_int_equal(32, mw_dtls_ctx_fingerprint(ctx)->len);
    assert_memory_equal(digest, mw_dtls_ctx_fingerprint(ctx)->digest, 32);
    X509_free(cert);
}


static void
speaks_cm_with_those_who_know_nothing_else(void **state)
{
    (void) state;

    start("SRTP_AES128_CM_SHA1_80", false, 1200);
    run_until_connected();
    compare_keys(MW_SRTP_CM_SHA1_80);
}


static void
a_hello_of_several_datagrams_is_put_together(void **state)
{
    (void) state;

    start("SRTP_AEAD_AES_128_GCM", true, 600);
    client_step(&client);
    assert_true(up.n >= 3);
    run_until_connected();
    compare_keys(MW_SRTP_GCM_128);
}


static void
the_first_fragment_may_come_last(void **state)
{
    datagram_t swap;

    (void) state;

    start("SRTP_AEAD_AES_128_GCM", true, 800);
    client_step(&client);
    assert_true(up.n >= 2);

    swap = up.queue[0];
    up.queue[0] = up.queue[up.n - 1];
    up.queue[up.n - 1] = swap;

    run_until_connected();
    compare_keys(MW_SRTP_GCM_128);
}


static void
losses_are_repaired(void **state)
{
    (void) state;

    up.lost = down.lost = 30;
    up.doubled = down.doubled = 20;
    up.reordered = down.reordered = 30;

    start("SRTP_AEAD_AES_128_GCM", true, 700);
    run_until_connected();
    compare_keys(MW_SRTP_GCM_128);
}


/* we are the ones who repeat: the whole first flight to the client is lost */
static void
our_flight_is_sent_again_soon(void **state)
{
    mw_usec_t began;

    (void) state;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);
    down.lost = 100;
    client_step(&client);
    deliver_up();
    down.lost = 0;

    began = real_now();
    assert_int_equal(MW_DTLS_SHAKING, mw_dtls_state(server));
    assert_true(mw_dtls_deadline(server) <= began + MW_DTLS_FIRST);

    while (down.n == 0 && real_now() < began + MW_SEC) {
        (void) poll(NULL, 0, 1);

        if (real_now() >= mw_dtls_deadline(server)) {
            mw_dtls_timeout(server, real_now());
        }
    }

    assert_true(down.n != 0);
    run_until_connected();
}


/* for us all is done when the client has not heard our last words */
static void
the_last_flight_is_repeated(void **state)
{
    unsigned i;

    (void) state;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);
    client_step(&client);

    for (i = 0; i < 10 && mw_dtls_state(server) != MW_DTLS_CONNECTED; i++) {
        deliver_down();
        deliver_up();
    }

    assert_int_equal(MW_DTLS_CONNECTED, mw_dtls_state(server));
    assert_false(client.connected);
    down.n = 0;

    run_until_connected();
}


/* a hello that cannot succeed ends an attempt, not the peer */
static void
after_a_bad_hello_comes_a_good_one(void **state)
{
    unsigned i;
    client_t bad;

    (void) state;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);

    client_create(&bad, "SRTP_AEAD_AES_128_GCM", false, 1200, pipe_send, &up);
    assert_int_equal(1, SSL_set_cipher_list(bad.ssl, "AES256-SHA256"));
    client_step(&bad);
    assert_true(up.n > 0);

    deliver_up();
    assert_int_equal(MW_DTLS_IDLE, mw_dtls_state(server));

    /* it is told */

    assert_true(down.n > 0);
    client_input(&bad, down.queue[0].data, down.queue[0].len);
    assert_true(bad.failed);
    client_destroy(&bad);
    down.n = 0;

    /* garbage does not even open an attempt */

    for (i = 0; i < 1000; i++) {
        size_t j;
        uint8_t junk[100];

        for (j = 0; j < sizeof(junk); j++) {
            junk[j] = (uint8_t) rand();
        }

        junk[0] = (uint8_t) (20 + rand() % 44);
        assert_int_equal(
            MW_DROP, mw_dtls_input(server, junk, (size_t) rand() % sizeof(junk),
                         real_now()));
        assert_int_equal(MW_DTLS_IDLE, mw_dtls_state(server));
    }

    up.n = down.n = 0;
    run_until_connected();
}


static void
an_attempt_is_given_up(void **state)
{
    mw_usec_t now;

    (void) state;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);
    client_step(&client);
    deliver_up();

    now = real_now();
    assert_int_equal(MW_DTLS_SHAKING, mw_dtls_state(server));

    mw_dtls_timeout(server, now + MW_DTLS_HANDSHAKE - MW_SEC);
    assert_int_equal(MW_DTLS_SHAKING, mw_dtls_state(server));
    mw_dtls_timeout(server, now + MW_DTLS_HANDSHAKE);
    assert_int_equal(MW_DTLS_IDLE, mw_dtls_state(server));
    assert_true(mw_dtls_deadline(server) == MW_NEVER);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        dtls_test(prefers_gcm_whatever_the_order),
        dtls_test(speaks_cm_with_those_who_know_nothing_else),
        dtls_test(a_hello_of_several_datagrams_is_put_together),
        dtls_test(the_first_fragment_may_come_last),
        dtls_test(losses_are_repaired),
        dtls_test(our_flight_is_sent_again_soon),
        dtls_test(the_last_flight_is_repeated),
        dtls_test(after_a_bad_hello_comes_a_good_one),
        dtls_test(an_attempt_is_given_up),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
