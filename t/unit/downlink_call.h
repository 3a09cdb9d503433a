/*
 * A call of four who send sound and three layers of a picture each, and one
 * who receives over a bad network; the room between them is the real one.
 */

#ifndef DOWNLINK_CALL_H
#define DOWNLINK_CALL_H

#include "negotiate_fake.h"

#include "downlink_receiver.h"
#include "mw_publish.h"
#include "mw_peer_int.h"
#include "mw_roster.h"
#include "mw_subscribe.h"

#define CALL_SENDERS 4
#define CALL_VIEWER  99
#define CALL_FRAME   (40 * MW_MSEC)
#define CALL_SOUND   (20 * MW_MSEC)
#define CALL_UP      (20 * MW_MSEC) /* of a publisher, one way */
#define CALL_CLOCK   (77 * MW_SEC)
#define CALL_KEY     6 /* times as large as other pictures */

typedef struct {
    uint16_t seq;
    uint16_t picture;
    uint8_t cycle; /* of temporal layers: 0 2 1 2 */
    uint8_t base;
    mw_usec_t key; /* one is sent from then on, MW_NEVER: not asked for */
} call_layer_t;

typedef struct {
    mw_participant_t *who;
    call_layer_t layers[MW_LAYERS];
    uint16_t sound_seq;
    mw_usec_t frame, sound, report;
} call_sender_t;

static const struct {
    unsigned width, height;
    double rate;
} call_sizes[MW_LAYERS] = {
    { 320, 180, 120e3 },
    { 640, 360, 400e3 },
    { 1280, 720, 1300e3 },
};

static call_sender_t senders[CALL_SENDERS];
static mw_participant_t *viewer;
static bool call_reports; /* publishers send sender reports */
static size_t call_large; /* bytes of the first sender's keyframes */


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


mw_rc_t
__wrap_mw_peer_write_rtp(mw_peer_t *peer, const mw_rtp_out_t *out, mw_usec_t at)
{
    uint8_t payload[MW_PKT_MAX];

    assert_true(at == now);
    assert_ptr_equal(peer, viewer->subscribe->connection.peer);
    net_send(out->header, out->header_len, payload,
        mw_rtp_out_payload(out, payload));

    return MW_OK;
}


/* requests to a publisher; reports to the receiver arrive undisturbed */
mw_rc_t
__wrap_mw_peer_write_rtcp(
    mw_peer_t *peer, const uint8_t *data, size_t len, mw_usec_t at)
{
    unsigned i;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    call_layer_t *layer;

    (void) peer;
    (void) at;

    mw_rtcp_iter_init(&it, data, len);

    while (mw_rtcp_next(&it, &item) == MW_OK) {
        if (item.type == MW_RTCP_SR) {
            rcv_sr(&item);
        }

        i = item.ssrc / 10 - 1;

        if (item.type == MW_RTCP_PLI && i < CALL_SENDERS) {
            layer = &senders[i].layers[item.ssrc % 10];
            layer->key = layer->key < now ? layer->key : now + CALL_UP;
        }
    }

    return MW_OK;
}


/* what the receiver says arrives 40 ms later: kept until then */
static struct {
    mw_usec_t at;
    size_t len;
    uint8_t data[MW_RTCP_ROOM];
} call_up[1024];
static unsigned call_up_in, call_up_out;


static inline void
call_rtcp(const uint8_t *data, size_t len)
{
    unsigned i;

    i = call_up_in++ % 1024;
    assert_true(call_up_in - call_up_out < 1024);
    call_up[i].at = now + NET_DELAY;
    call_up[i].len = len;
    memcpy(call_up[i].data, data, len);
}


static inline void
call_deliver(void)
{
    unsigned i;
    mw_pkt_t pkt;
    mw_peer_t *peer;

    for (; call_up_out < call_up_in; call_up_out++) {
        i = call_up_out % 1024;

        if (call_up[i].at > now) {
            return;
        }

        peer = viewer->subscribe->connection.peer;
        memset(&pkt, 0, sizeof(pkt));
        pkt.data = call_up[i].data;
        pkt.len = call_up[i].len;
        peer->handlers->on_rtcp(peer->owner, &pkt, now);
    }
}


static inline void
call_give(call_sender_t *s, unsigned kind, unsigned layer, mw_rtp_t *rtp)
{
    mw_demux_hit_t hit;

    memset(&hit, 0, sizeof(hit));
    hit.codec = kind == MEET_KIND_MIC ? MW_CODEC_OPUS : MW_CODEC_VP8;
    hit.layer = (uint8_t) layer;
    hit.ssrc = (uint32_t) ((s - senders + 1) * 10 + layer);
    rtp->ssrc = hit.ssrc;

    (void) mw_source_input(
        s->who->publish->tracks[kind].source, rtp, &hit, now);
}


static inline void
call_picture(call_sender_t *s, unsigned layer)
{
    bool key;
    unsigned tid;
    size_t left, len;
    mw_rtp_t rtp;
    call_layer_t *l;
    uint8_t payload[1200];

    l = &s->layers[layer];
    key = l->picture == 0 || l->key <= now;
    l->key = key ? MW_NEVER : l->key;
    l->cycle = key ? 0 : (l->cycle + 1) % 4;
    tid = l->cycle == 0 ? 0 : l->cycle == 2 ? 1 : 2;
    l->base = (uint8_t) (l->base + (tid == 0));
    left = (size_t) (call_sizes[layer].rate / 8 * CALL_FRAME / MW_SEC
                     * (key ? CALL_KEY
                            : (tid == 0 ? 1.6 : 0.8)
                                  * (0.7 + 0.5 * net_random())));
    left = key && s == senders && call_large != 0 ? call_large : left;

    memset(payload, 0, sizeof(payload));
    payload[0] = 0x90;
    payload[1] = 0xf0;
    mw_put16(payload + 2, 0x8000 | l->picture++);
    payload[4] = l->base;
    payload[5] = (uint8_t) (tid << 6 | (tid != 0 && l->cycle != 3) << 5);
    payload[6] = key ? 0 : 1;
    payload[9] = 0x9d;
    payload[10] = 0x01;
    payload[11] = 0x2a;
    payload[12] = (uint8_t) call_sizes[layer].width;
    payload[13] = (uint8_t) (call_sizes[layer].width >> 8);
    payload[14] = (uint8_t) call_sizes[layer].height;
    payload[15] = (uint8_t) (call_sizes[layer].height >> 8);
    memcpy(payload + RCV_CAPTURED, &now, sizeof(now));

    memset(&rtp, 0, sizeof(rtp));
    rtp.payload = payload;
    rtp.ts = (uint32_t) (now * 9 / 100);

    while (left > 0) {
        len = left > 1150 ? 1150 : left;
        left -= len;
        rtp.payload_len = len < 20 ? 20 : len;
        rtp.seq = l->seq++;
        rtp.marker = left == 0;
        call_give(s, MEET_KIND_CAM, layer, &rtp);
        payload[0] = 0x80;
        payload[6] = 1;
    }
}


static inline void
call_sound(call_sender_t *s)
{
    mw_rtp_t rtp;
    uint8_t payload[90], level;

    memset(payload, 0, sizeof(payload));
    memset(&rtp, 0, sizeof(rtp));
    level =
        s == senders || (now / MW_SEC) % 10 == s - senders ? 0x80 | 30 : 127;
    memcpy(payload + RCV_CAPTURED, &now, sizeof(now));
    rtp.payload = payload;
    rtp.payload_len = sizeof(payload);
    rtp.ts = (uint32_t) (now * 48 / 1000);
    rtp.seq = s->sound_seq++;
    rtp.ext[MW_EXT_AUDIO_LEVEL] = &level;
    rtp.ext_len[MW_EXT_AUDIO_LEVEL] = 1;
    call_give(s, MEET_KIND_MIC, 0, &rtp);
}


/* of a publisher whose clock is another one; the way here trembles */
static inline void
call_report(call_sender_t *s)
{
    unsigned kind, layer;
    mw_usec_t sent;
    mw_rtcp_item_t item;

    sent = now - (mw_usec_t) (net_random() * 15 * MW_MSEC);
    memset(&item, 0, sizeof(item));
    item.type = MW_RTCP_SR;
    item.u.sr.ntp = mw_ntp(sent + CALL_CLOCK * (s - senders + 1));

    for (kind = MEET_KIND_MIC; kind <= MEET_KIND_CAM; kind++) {
        for (layer = 0; layer < (kind == MEET_KIND_CAM ? MW_LAYERS : 1);
             layer++) {
            item.u.sr.ts = kind == MEET_KIND_CAM
                               ? (uint32_t) (sent * 9 / 100)
                               : (uint32_t) (sent * 48 / 1000);
            mw_source_sr(s->who->publish->tracks[kind].source, (uint8_t) layer,
                &item, now);
        }
    }
}


static inline void
call_step(void)
{
    unsigned i, layer;
    call_sender_t *s;

    for (i = 0; i < CALL_SENDERS; i++) {
        s = &senders[i];

        if (call_reports && now >= s->report) {
            s->report = now + MW_SEC;
            call_report(s);
        }

        for (; s->sound <= now; s->sound += CALL_SOUND) {
            call_sound(s);
        }

        for (; s->frame <= now; s->frame += CALL_FRAME) {
            for (layer = 0; layer < MW_LAYERS; layer++) {
                call_picture(s, layer);
            }
        }
    }

    call_deliver();
    turn();
    rcv_step();
    now += MW_MSEC;

    if (now % (100 * MW_MSEC) == 0) {
        drain(&nginx[0]);
    }
}


static inline void
call_run(mw_usec_t duration)
{
    mw_usec_t end;

    for (end = now + duration; now < end;) {
        call_step();
    }
}


/* the first picture is large, the others are small */
static inline void
call_view(void)
{
    unsigned i;
    meet_view_t v;
    meet_view_entry_t entry;
    uint8_t body[sizeof(v) + CALL_SENDERS * sizeof(entry)];

    memset(&v, 0, sizeof(v));
    memset(&entry, 0, sizeof(entry));
    v.entries = CALL_SENDERS;
    memcpy(body, &v, sizeof(v));

    for (i = 0; i < CALL_SENDERS; i++) {
        entry.source = MEET_SOURCE(senders[i].who->number, MEET_KIND_CAM);
        entry.height = i == 0 ? 720 : 360;
        entry.priority = (uint8_t) i;
        memcpy(body + sizeof(v) + i * sizeof(entry), &entry, sizeof(entry));
    }

    put(&nginx[0], MEET_VIEW, CALL_VIEWER, CALL_VIEWER, body, sizeof(body));
}


static inline int
call_open(void **state)
{
    unsigned i, j;
    char mids[8][4];
    line_t lines[8];
    mw_room_t *room;
    mw_participant_t *p;

    assert_int_equal(0, setup_media(state));
    modern = true;
    settings.participants = CALL_SENDERS + 1;
    context->conf.loudest = CALL_SENDERS;
    mw_pool_destroy(context->packets);
    context->packets = mw_pool_create(16384);
    context->paced = mw_pacer_pool_create(1024);
    memset(&net, 0, sizeof(net));
    memset(senders, 0, sizeof(senders));
    net.rate = 8e6;
    net.rnd = 0x9e3779b97f4a7c15;
    net.busy = now;
    call_up_in = call_up_out = 0;
    rcv.send = call_rtcp;
    rcv_init();

    for (i = 0; i < CALL_SENDERS; i++) {
        join(&nginx[0], i + 11, i + 11, MEET_ROLE_PARTICIPANT);
        offer(&nginx[0], i + 11, i + 11, MEET_CONNECTION_PUBLISH, 1, mic_cam, 2,
            MEET_OK);
        drain(&nginx[0]);
    }

    join(&nginx[0], CALL_VIEWER, CALL_VIEWER, MEET_ROLE_PARTICIPANT);
    room = nginx[0].link->rooms->room;
    viewer = mw_roster_by_id(room, CALL_VIEWER);

    for (i = 0; i < 8; i++) {
        (void) snprintf(mids[i], sizeof(mids[i]), "%u", i);
        lines[i].mid = mids[i];
        lines[i].direction = "recvonly";
        lines[i].kind = i % 2 == 0 ? MEET_KIND_MIC : MEET_KIND_CAM;
        lines[i].slot = (uint8_t) (i / 2);
    }

    offer(&nginx[0], CALL_VIEWER, CALL_VIEWER, MEET_CONNECTION_SUBSCRIBE, 1,
        lines, 8, MEET_OK);

    for (p = room->head; p != NULL; p = p->next) {
        if (p->publish != NULL) {
            mw_timer_cancel(&timers, &p->publish->connection.timer);
        }
    }

    mw_timer_cancel(&timers, &viewer->subscribe->connection.timer);

    for (i = 0; i < CALL_SENDERS; i++) {
        senders[i].who = mw_roster_by_id(room, i + 11);
        senders[i].frame = now + (mw_usec_t) i * 7 * MW_MSEC;
        senders[i].sound = now + (mw_usec_t) i * 3 * MW_MSEC;

        for (j = 0; j < MW_LAYERS; j++) {
            senders[i].layers[j].key = MW_NEVER;
        }
    }

    call_view();
    turn();

    return 0;
}


static inline int
call_close(void **state)
{
    int rc;
    mw_pacer_pool_t *paced;

    modern = false;
    call_reports = false;
    call_large = 0;
    paced = context->paced;
    rc = teardown_media(state);
    assert_int_equal(mw_pacer_pool_used(paced), 0);
    mw_pacer_pool_destroy(paced);

    return rc;
}


#endif /* DOWNLINK_CALL_H */
