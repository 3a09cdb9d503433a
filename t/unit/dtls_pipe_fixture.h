/*
 * A DTLS server and a client over a pipe that loses, reorders and doubles
 * datagrams.  OpenSSL keeps its own clock here, so time is real.
 */

#ifndef DTLS_PIPE_FIXTURE_H
#define DTLS_PIPE_FIXTURE_H

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


static inline void
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
static inline void
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


static inline void
deliver_down(void)
{
    unsigned i;

    for (i = 0; i < down.n; i++) {
        client_input(&client, down.queue[i].data, down.queue[i].len);
    }

    down.n = 0;
}


static inline void
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


static inline void
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


static inline void
run_until_connected(void)
{
    run_until(MW_DTLS_CONNECTED);
}


static inline void
start(const char *profiles, bool padded, long mtu)
{
    client_create(&client, profiles, padded, mtu, pipe_send, &up);
    server = mw_dtls_create(ctx, &client.fingerprint, pipe_send, &down);
    assert_non_null(server);
    assert_int_equal(MW_DTLS_IDLE, mw_dtls_state(server));
    assert_true(mw_dtls_deadline(server) == MW_NEVER);
}


static inline void
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


static inline int
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


static inline int
teardown(void **state)
{
    (void) state;

    mw_dtls_destroy(server);
    client_destroy(&client);
    free(up.queue);
    free(down.queue);

    return 0;
}


static inline int
group_setup(void **state)
{
    (void) state;

    ctx = mw_dtls_ctx_create();

    return ctx == NULL;
}


static inline int
group_teardown(void **state)
{
    (void) state;

    mw_dtls_ctx_destroy(ctx);

    return 0;
}


#define dtls_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)


#endif /* DTLS_PIPE_FIXTURE_H */
