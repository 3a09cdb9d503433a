/*
 * DTLS against an OpenSSL client over a pipe that loses, reorders and doubles
 * datagrams.  OpenSSL keeps its own clock here, so time is real.
 */

#include "dtls_fixture.h"

#define PIPE_MAX 256
#define PATIENCE (20 * MW_SEC)


typedef struct {
    uint8_t data[2048];
    size_t len;
} datagram_t;


/* one direction; percentages */
typedef struct {
    datagram_t *queue;
    unsigned n;
    unsigned lost;
    unsigned doubled;
    unsigned reordered;
    unsigned first_lost; /* that many at the start */
    unsigned sent;
    size_t largest;
} pipe_t;


static mw_dtls_ctx_t *ctx;
static pipe_t up, down;
static client_t client;
static mw_dtls_t *server;


static void
pipe_send(void *p, const uint8_t *data, size_t len)
{
    unsigned i, at, copies;
    pipe_t *pipe = p;

    assert_true(len <= sizeof(pipe->queue[0].data));
    pipe->sent++;
    pipe->largest = len > pipe->largest ? len : pipe->largest;

    if (pipe->sent <= pipe->first_lost || (unsigned) rand() % 100 < pipe->lost)
    {
        return;
    }

    copies = (unsigned) rand() % 100 < pipe->doubled ? 2 : 1;

    for (i = 0; i < copies && pipe->n < PIPE_MAX; i++) {
        at = pipe->n++;

        if (at > 0 && (unsigned) rand() % 100 < pipe->reordered) {
            pipe->queue[at] = pipe->queue[at - 1];
            at--;
        }

        memcpy(pipe->queue[at].data, data, len);
        pipe->queue[at].len = len;
    }
}


/* exact copies on the heap, so that a read behind the end is found */
static void
deliver_up(void)
{
    unsigned i;
    uint8_t *copy;

    for (i = 0; i < up.n; i++) {
        copy = malloc(up.queue[i].len);
        assert_non_null(copy);
        memcpy(copy, up.queue[i].data, up.queue[i].len);
        (void) mw_dtls_input(server, copy, up.queue[i].len, real_now());
        free(copy);
    }

    up.n = 0;
}


static void
deliver_down(void)
{
    unsigned i;

    for (i = 0; i < down.n; i++) {
        client_input(&client, down.queue[i].data, down.queue[i].len);
    }

    down.n = 0;
}


static void
turn(void)
{
    struct timeval left;

    deliver_up();
    deliver_down();

    if (real_now() >= mw_dtls_deadline(server)) {
        mw_dtls_timeout(server, real_now());
    }

    if (!client.connected && DTLSv1_get_timeout(client.ssl, &left) == 1
        && left.tv_sec == 0 && left.tv_usec == 0)
    {
        (void) DTLSv1_handle_timeout(client.ssl);
    }

    if (up.n == 0 && down.n == 0) {
        (void) poll(NULL, 0, 1);
    }
}


static void
run_until(mw_dtls_state_t state)
{
    mw_usec_t end;

    client_step(&client);

    for (end = real_now() + PATIENCE; real_now() < end;) {
        if (mw_dtls_state(server) == state
            && (client.connected || state != MW_DTLS_CONNECTED))
        {
            return;
        }

        turn();
    }

    fail_msg("%s", mw_dtls_state_name(mw_dtls_state(server)));
}


static void
run_until_connected(void)
{
    run_until(MW_DTLS_CONNECTED);
}


static void
start(const char *profiles, bool padded, long mtu)
{
    client_create(&client, profiles, padded, mtu, pipe_send, &up);
    server = mw_dtls_create(ctx, &client.fingerprint, pipe_send, &down);
    assert_non_null(server);
    assert_int_equal(MW_DTLS_IDLE, mw_dtls_state(server));
    assert_true(mw_dtls_deadline(server) == MW_NEVER);
}


static void
compare_keys(mw_srtp_profile_t profile)
{
    mw_srtp_keys_t ours, theirs;

    memset(&ours, 0, sizeof(ours));
    assert_int_equal(MW_OK, mw_dtls_keys(server, &ours));
    client_keys(&client, &theirs);

    assert_int_equal(profile, ours.profile);
    assert_int_equal(profile, theirs.profile);
    assert_int_equal(ours.salt_len, theirs.salt_len);
    assert_memory_equal(ours.in_key, theirs.out_key, MW_SRTP_KEY);
    assert_memory_equal(ours.out_key, theirs.in_key, MW_SRTP_KEY);
    assert_memory_equal(ours.in_salt, theirs.out_salt, ours.salt_len);
    assert_memory_equal(ours.out_salt, theirs.in_salt, ours.salt_len);
    assert_memory_not_equal(ours.in_key, ours.out_key, MW_SRTP_KEY);
}


static int
setup(void **state)
{
    (void) state;

    srand(7);
    memset(&up, 0, sizeof(up));
    memset(&down, 0, sizeof(down));
    up.queue = calloc(PIPE_MAX, sizeof(datagram_t));
    down.queue = calloc(PIPE_MAX, sizeof(datagram_t));
    server = NULL;

    return up.queue == NULL || down.queue == NULL;
}


static int
teardown(void **state)
{
    (void) state;

    mw_dtls_destroy(server);
    client_destroy(&client);
    free(up.queue);
    free(down.queue);

    return 0;
}


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
no_common_profile_fails_closed(void **state)
{
    mw_srtp_keys_t keys;

    (void) state;

    start("SRTP_AES128_CM_SHA1_32", false, 1200);
    run_until(MW_DTLS_FAILED);
    assert_int_equal(MW_ERROR, mw_dtls_keys(server, &keys));
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


static int
group_setup(void **state)
{
    (void) state;

    ctx = mw_dtls_ctx_create();

    return ctx == NULL;
}


static int
group_teardown(void **state)
{
    (void) state;

    mw_dtls_ctx_destroy(ctx);

    return 0;
}


#define dtls_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        dtls_test(prefers_gcm_whatever_the_order),
        dtls_test(speaks_cm_with_those_who_know_nothing_else),
        dtls_test(no_common_profile_fails_closed),
        dtls_test(a_hello_of_several_datagrams_is_put_together),
        dtls_test(the_first_fragment_may_come_last),
        dtls_test(losses_are_repaired),
        dtls_test(our_flight_is_sent_again_soon),
        dtls_test(another_certificate_is_refused),
        dtls_test(every_hash_we_read_can_be_checked),
        dtls_test(after_a_bad_hello_comes_a_good_one),
        dtls_test(an_attempt_is_given_up),
        dtls_test(close_notify_works_both_ways),
        dtls_test(forged_records_do_not_close),
        dtls_test(fingerprints_are_compared_whole),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
