/* Whom DTLS believes, and who may end an association. */

#include "dtls_pipe_fixture.h"


static void
another_certificate_is_refused(void **state)
{
    mw_srtp_keys_t keys;
    mw_fingerprint_t wrong;

    (void) state;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);
    mw_dtls_destroy(server);

    wrong = client.fingerprint;
    wrong.digest[31] ^= 1;
    server = mw_dtls_create(ctx, &wrong, pipe_send, &down);

    run_until(MW_DTLS_REFUSED);
    assert_int_equal(MW_ERROR, mw_dtls_keys(server, &keys));
}


static void
every_hash_we_read_can_be_checked(void **state)
{
    unsigned i, len;
    X509 *cert;
    const EVP_MD *md[] = { EVP_sha384(), EVP_sha512() };
    const mw_hash_t hash[] = { MW_HASH_SHA384, MW_HASH_SHA512 };
    mw_fingerprint_t print;

    (void) state;

    for (i = 0; i < 2; i++) {
        client_create(
            &client, "SRTP_AEAD_AES_128_GCM", false, 1200, pipe_send, &up);
        cert = SSL_get_certificate(client.ssl);

        memset(&print, 0, sizeof(print));
        print.hash = hash[i];
        assert_int_equal(1, X509_digest(cert, md[i], print.digest, &len));
        print.len = len;

        server = mw_dtls_create(ctx, &print, pipe_send, &down);
        run_until_connected();

        if (i == 0) {
            mw_dtls_destroy(server);
            client_destroy(&client);
            up.n = down.n = 0;
        }
    }
}


static void
fingerprints_are_compared_whole(void **state)
{
    mw_fingerprint_t a, b;

    (void) state;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);

    a = *mw_dtls_ctx_fingerprint(ctx);
    b = a;
    assert_true(mw_fingerprint_equal(&a, &b));

    b.digest[0] ^= 0x80;
    assert_false(mw_fingerprint_equal(&a, &b));

    b = a;
    b.hash = MW_HASH_SHA384;
    assert_false(mw_fingerprint_equal(&a, &b));

    memset(&a, 0, sizeof(a));
    assert_false(mw_fingerprint_equal(&a, &a));
}


static void
no_common_profile_fails_closed(void **state)
{
    mw_srtp_keys_t keys;

    (void) state;

    start("SRTP_AES128_CM_SHA1_32", false, 1200);
    run_until(MW_DTLS_FAILED);
    assert_int_equal(MW_ERROR, mw_dtls_keys(server, &keys));
}


static void
close_notify_works_both_ways(void **state)
{
    (void) state;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);
    run_until_connected();

    (void) SSL_shutdown(client.ssl);
    deliver_up();
    assert_int_equal(MW_DTLS_CLOSED, mw_dtls_state(server));

    client_destroy(&client);
    mw_dtls_destroy(server);
    up.n = down.n = 0;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);
    run_until_connected();
    mw_dtls_destroy(server);
    server = NULL;
    deliver_down();
    assert_true(client.closed);
}


/* each attempt costs us a signature */
static void
attempts_are_spaced_out(void **state)
{
    unsigned i;
    mw_usec_t now;
    datagram_t hello;

    (void) state;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);
    client_step(&client);
    assert_int_equal(1, up.n);

    hello = up.queue[0];
    hello.data[59] = 0xff; /* a session id longer than the message */
    now = real_now();

    for (i = 0; i < MW_DTLS_TRIES; i++) {
        assert_int_equal(
            MW_OK, mw_dtls_input(server, hello.data, hello.len, now));
        assert_int_equal(MW_DTLS_IDLE, mw_dtls_state(server));
    }

    assert_int_equal(MW_DTLS_TRIES, down.sent); /* an alert each */
    assert_int_equal(
        MW_DROP, mw_dtls_input(server, hello.data, hello.len, now));

    now += MW_DTLS_PAUSE;
    assert_int_equal(MW_OK, mw_dtls_input(server, hello.data, hello.len, now));
    assert_int_equal(
        MW_DROP, mw_dtls_input(server, hello.data, hello.len, now));
    assert_int_equal(MW_DTLS_TRIES + 1, down.sent);

    /* a good one is taken again when its time has come */

    now += MW_DTLS_PAUSE;
    assert_int_equal(
        MW_OK, mw_dtls_input(server, up.queue[0].data, up.queue[0].len, now));
    assert_int_equal(MW_DTLS_SHAKING, mw_dtls_state(server));
}


/* nobody who lacks the keys ends an association */
static void
forged_records_do_not_close(void **state)
{
    unsigned i, j;
    uint8_t forged[64];

    (void) state;

    start("SRTP_AEAD_AES_128_GCM", false, 1200);
    run_until_connected();

    for (i = 0; i < 2000; i++) {
        for (j = 0; j < sizeof(forged); j++) {
            forged[j] = (uint8_t) rand();
        }

        forged[0] = (uint8_t) (20 + rand() % 4);
        forged[1] = 0xfe;
        forged[2] = 0xfd;
        mw_put16(forged + 3, (uint16_t) (rand() % 3));
        mw_put16(forged + 11, (uint16_t) (rand() % 64));

        (void) mw_dtls_input(
            server, forged, 13 + (size_t) rand() % 51, real_now());
        assert_int_equal(MW_DTLS_CONNECTED, mw_dtls_state(server));
    }

    /* an alert in the clear: fatal, handshake failure */

    memcpy(forged,
        "\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x63\x00\x02\x02\x28", 15);
    (void) mw_dtls_input(server, forged, 15, real_now());
    assert_int_equal(MW_DTLS_CONNECTED, mw_dtls_state(server));

    (void) SSL_shutdown(client.ssl);
    deliver_up();
    assert_int_equal(MW_DTLS_CLOSED, mw_dtls_state(server));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        dtls_test(another_certificate_is_refused),
        dtls_test(every_hash_we_read_can_be_checked),
        dtls_test(fingerprints_are_compared_whole),
        dtls_test(no_common_profile_fails_closed),
        dtls_test(close_notify_works_both_ways),
        dtls_test(attempts_are_spaced_out),
        dtls_test(forged_records_do_not_close),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
