/*
 * One room on three media workers in one process: the home of room_fake.h and
 * two branches, each pair with real rings between them.  What peers would be
 * sent is taken from the media workers before it is encrypted.
 */

#ifndef RELAY_FAKE_H
#define RELAY_FAKE_H

#include "negotiate_fake.h"

#include "mw_publish.h"
#include "mw_relay.h"
#include "mw_roster.h"
#include "mw_subscribe.h"

#define BRANCHES 2
#define STREAMS  64

typedef struct {
    mw_timers_t timers;
    mw_context_t *context;
    mw_rooms_t rooms;
    mw_link_t *home_link; /* home's end; NULL: gone */
    mw_link_t *link;
    mw_relay_t *home_relay;
    mw_relay_t *relay;
    bool deaf; /* takes nothing out of its ring */
} branch_t;

/* what one peer was sent on one SSRC, or asked for */
typedef struct {
    const mw_peer_t *peer;
    uint32_t ssrc;
    uint32_t csrc;
    uint16_t seq;
    unsigned packets;
    unsigned gaps;
    unsigned plis;
} stream_t;

static branch_t branches[BRANCHES];
static stream_t streams[STREAMS];

mw_peer_state_t __wrap_mw_peer_state(const mw_peer_t *peer);
mw_rc_t __wrap_mw_peer_write_rtp(
    mw_peer_t *peer, const mw_rtp_out_t *out, mw_usec_t at);
mw_rc_t __wrap_mw_peer_write_rtcp(
    mw_peer_t *peer, const uint8_t *data, size_t len, mw_usec_t at);


mw_peer_state_t
__wrap_mw_peer_state(const mw_peer_t *peer)
{
    (void) peer;

    return MW_PEER_CONNECTED;
}


static inline stream_t *
stream(const mw_peer_t *peer, uint32_t ssrc)
{
    unsigned i;

    for (i = 0; i < STREAMS && streams[i].peer != NULL; i++) {
        if (streams[i].peer == peer && streams[i].ssrc == ssrc) {
            return &streams[i];
        }
    }

    assert_int_not_equal(i, STREAMS);
    streams[i].peer = peer;
    streams[i].ssrc = ssrc;

    return &streams[i];
}


mw_rc_t
__wrap_mw_peer_write_rtp(mw_peer_t *peer, const mw_rtp_out_t *out, mw_usec_t at)
{
    uint16_t seq;
    stream_t *s;

    assert_true(at == now);

    s = stream(peer, mw_get32(out->header + 8));
    seq = mw_get16(out->header + 2);

    if (s->packets != 0 && seq != (uint16_t) (s->seq + 1)) {
        s->gaps++;
    }

    s->seq = seq;
    s->csrc = mw_get32(out->header + 12);
    s->packets++;

    return MW_OK;
}


mw_rc_t
__wrap_mw_peer_write_rtcp(
    mw_peer_t *peer, const uint8_t *data, size_t len, mw_usec_t at)
{
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;

    (void) at;

    mw_rtcp_iter_init(&it, data, len);

    while (mw_rtcp_next(&it, &item) == MW_OK) {
        if (item.type == MW_RTCP_PLI) {
            stream(peer, item.ssrc)->plis++;
        }
    }

    return MW_OK;
}


static inline void
branch_open(branch_t *b, uint32_t number)
{
    int fd;
    meet_region_t *a, *c;

    memset(b, 0, sizeof(*b));
    b->context = calloc(1, sizeof(mw_context_t));
    *b->context = *context;
    mw_timers_init(&b->timers, now, MW_MSEC);
    b->context->timers = &b->timers;
    b->context->packets = mw_pool_create(1024);
    b->context->relays = NULL;
    assert_int_equal(mw_rooms_init(&b->rooms, b->context), MW_OK);

    fd = meet_region_create(number, MEET_IPC_MINOR);
    a = meet_region_map(fd, MEET_REGION_SIZE, number);
    c = meet_region_map(fd, MEET_REGION_SIZE, number);
    assert_non_null(a);
    assert_non_null(c);
    close(fd);

    b->home_link = mw_link_create_relay(
        number, a, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), true);
    b->link = mw_link_create_relay(
        number, c, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), false);
    b->home_relay = mw_relay_create(&rooms, b->home_link, now);
    b->relay = mw_relay_create(&b->rooms, b->link, now);
    assert_non_null(b->home_relay);
    assert_non_null(b->relay);
}


/* home hears of the death of a branch */
static inline void
home_loses(branch_t *b)
{
    if (b->home_link != NULL) {
        mw_relay_destroy(b->home_relay, now);
        mw_rooms_link_gone(&rooms, b->home_link, now);
        mw_link_destroy(b->home_link);
        b->home_link = NULL;
    }
}


/* and a branch of that of home */
static inline void
branch_loses(branch_t *b)
{
    if (b->link != NULL) {
        mw_relay_destroy(b->relay, now);
        mw_rooms_link_gone(&b->rooms, b->link, now);
        mw_link_destroy(b->link);
        b->link = NULL;
    }
}


static inline void
relay_input(mw_link_t *link, mw_relay_t *relay)
{
    mw_rc_t rc;

    if (link == NULL) {
        return;
    }

    do {
        mw_link_flush(link);
        mw_room_link_pump_all(link);
        rc = mw_link_input(link, input, mw_relay_record, relay, now);
        assert_int_not_equal(rc, MW_ERROR);
    } while (rc == MW_AGAIN);

    mw_link_flush(link);
}


/* all three workers, until what was said has arrived */
static inline void
relay_turn(void)
{
    unsigned i, n;

    for (n = 0; n < 4; n++) {
        turn();

        for (i = 0; i < BRANCHES; i++) {
            mw_timers_run(&branches[i].timers, now);

            if (!branches[i].deaf) {
                relay_input(branches[i].link, branches[i].relay);
            }

            relay_input(branches[i].home_link, branches[i].home_relay);
        }
    }
}


static inline void
relay_advance(mw_usec_t time)
{
    mw_usec_t end;

    for (end = now + time; now < end; now += MS(10)) {
        relay_turn();
    }
}


static inline int
setup_relay(void **state)
{
    unsigned i;

    assert_int_equal(setup_media(state), 0);

    mw_pool_destroy(context->packets);
    context->packets = mw_pool_create(1024);
    context->conf.spread = 2;
    memset(streams, 0, sizeof(streams));
    modern = false;

    for (i = 0; i < BRANCHES; i++) {
        branch_open(&branches[i], i + 1);
    }

    return 0;
}


static inline int
teardown_relay(void **state)
{
    unsigned i;
    mw_pool_t *packets;

    for (i = 0; i < BRANCHES; i++) {
        branch_loses(&branches[i]);
        home_loses(&branches[i]);
        assert_int_equal(branches[i].context->branches, 0);
        assert_int_equal(branches[i].context->held, 0);

        packets = branches[i].context->packets;
        mw_rooms_clear(&branches[i].rooms, now);
        mw_pool_destroy(packets);
        free(branches[i].context);
    }

    return teardown_media(state);
}


/* the room as a worker sees it; NULL: not there */
static inline mw_room_t *
room_at(branch_t *b)
{
    if (b == NULL) {
        return rooms.buckets[(unsigned) ((ROOM * 0x9e3779b97f4a7c15u) >> 32)
                             % MW_ROOMS_HASH];
    }

    return (b->link == NULL || b->relay->legs == NULL) ? NULL
                                                       : b->relay->legs->room;
}


static inline mw_participant_t *
at(branch_t *b, uint64_t who)
{
    return mw_roster_by_id(room_at(b), who);
}


/* who joins by nginx[0] as `who`, offers what it sends and what it receives */
static inline void
enter(uint64_t who, const line_t *lines, unsigned n)
{
    (void) join(
        &nginx[0], who, 1, who == 11 ? MEET_ROLE_OWNER : MEET_ROLE_PARTICIPANT);
    relay_turn();

    if (lines != NULL) {
        write_offer(lines, n);
        put_offer(&nginx[0], who, 1, MEET_CONNECTION_PUBLISH, 1, lines, n);
        relay_turn();
        expect_answer(&nginx[0], MEET_OK);
    }

    write_offer(two_pairs, 5);
    put_offer(&nginx[0], who, 1, MEET_CONNECTION_SUBSCRIBE, 1, two_pairs, 5);
    relay_turn();
    expect_answer(&nginx[0], MEET_OK);
}


/* a packet of a source as it is published at a worker; of `len` bytes */
static inline void
publish(branch_t *b, uint64_t who, unsigned kind, unsigned layer, uint16_t seq,
    bool key, size_t len)
{
    mw_rtp_t rtp;
    mw_demux_hit_t hit;
    static uint8_t payload[MW_PKT_MAX];
    static const uint8_t loud = 20;
    static const uint8_t vp8[] = { 0x10, 0x10, 2, 0, 0x9d, 1, 0x2a };

    memset(&rtp, 0, sizeof(rtp));
    memset(&hit, 0, sizeof(hit));
    memset(payload, 0x55, sizeof(payload));

    rtp.seq = seq;
    rtp.ts = (uint32_t) seq * (kind == MEET_KIND_MIC ? 960 : 3000);
    rtp.ssrc = (uint32_t) (who * 100 + kind * 10 + layer);
    rtp.payload = payload;
    rtp.payload_len = len;
    rtp.marker = true;
    hit.ssrc = rtp.ssrc;
    hit.layer = (uint8_t) layer;
    hit.codec = MW_CODEC_VP8;

    if (kind == MEET_KIND_MIC) {
        hit.codec = MW_CODEC_OPUS;
        rtp.ext[MW_EXT_AUDIO_LEVEL] = &loud;
        rtp.ext_len[MW_EXT_AUDIO_LEVEL] = 1;

    } else {
        memcpy(payload, vp8, sizeof(vp8));
        payload[1] = key ? 0x10 : 0x11;
        payload[7] = (uint8_t) (160u << layer);
        payload[8] = (uint8_t) ((160u << layer) >> 8);
        payload[9] = (uint8_t) (90u << layer);
        payload[10] = (uint8_t) ((90u << layer) >> 8);
    }

    (void) mw_source_input(
        mw_publish_source(at(b, who)->publish, kind), &rtp, &hit, now);
}


/* what somebody at a worker has been sent of a source; NULL: nothing */
static inline stream_t *
seen(branch_t *b, uint64_t who, uint32_t source)
{
    unsigned i;
    const mw_peer_t *peer;

    peer = at(b, who)->subscribe->connection.peer;

    for (i = 0; i < STREAMS; i++) {
        if (streams[i].peer == peer && streams[i].csrc == source) {
            return &streams[i];
        }
    }

    return NULL;
}


static inline unsigned
packets_of(branch_t *b, uint64_t who, unsigned kind)
{
    mw_source_stats_t stats;

    mw_source_stats(mw_participant_publishes(at(b, who), kind), &stats);

    return (unsigned) stats.packets;
}


/* 11 and 22 at home, 33 and 44 at one branch each */
static inline void
enter_four(void)
{
    enter(11, mic_cam, 2);
    enter(22, NULL, 0);
    enter(33, mic_cam, 2);
    enter(44, NULL, 0);
    assert_ptr_not_equal(at(NULL, 33)->leg, at(NULL, 44)->leg);
}


/* the branch where somebody's connections are */
static inline branch_t *
of(uint64_t who)
{
    return at(NULL, who)->leg->relay == branches[0].home_relay ? &branches[0]
                                                               : &branches[1];
}


static inline void
look(uint64_t who, uint32_t source)
{
    view(&nginx[0], who, 1, source);
    relay_advance(MS(40));
    drain(&nginx[0]);
}


#endif /* RELAY_FAKE_H */
