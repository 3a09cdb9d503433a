/* Publishing. */

#include <errno.h>
#include <netinet/udp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "mc_rtcp.h"
#include "ml_media.h"
#include "ml_send.h"


#define ML_AUDIO_STEP (20 * MW_MSEC)
#define ML_KEY_FACTOR 5 /* a keyframe is so many times as large */
#define ML_SEGMENTS   40
#define ML_ROOM       (ML_SEGMENTS * (MC_HEAD_MAX + ML_PAYLOAD_MAX + 16) + 160)

/* libwebrtc's pacer: times the rate, and how often it sends */
#define ML_PACE_FACTOR 5 / 2
#define ML_PACE_STEP   (5 * MW_MSEC)

#define ML_SCREEN_KBPS 1500
#define ML_SCREEN_FPS  10


static void ml_sender_timer(void *ctx, mw_usec_t now);


/* the packets of one picture, next to each other */
static uint8_t ml_batch[ML_ROOM];


static ml_track_t *
ml_sender_add(ml_sender_t *sender, const char *mid, char rid, bool video)
{
    ml_track_t *track;

    track = &sender->track[sender->count++];
    snprintf(track->rtp.mid, sizeof(track->rtp.mid), "%s", mid);
    track->rtp.rid = rid;
    track->rtp.video = video;
    RAND_bytes((uint8_t *) &track->rtp.ssrc, 4);
    RAND_bytes((uint8_t *) &track->rtp.rtx_ssrc, 4);
    RAND_bytes((uint8_t *) &track->rtp.timestamp, 4);
    track->rtp.seq = (uint16_t) (track->rtp.ssrc & 0x7fff);
    track->rtp.want_key = true;

    if (video) {
        track->ring = calloc(ML_RING, sizeof(ml_sent_t));
    }

    return track;
}


/* whole packets, all of one size, as near to the rate as they come */
static void
ml_track_shape(ml_track_t *track, unsigned kbps, unsigned fps, unsigned size)
{
    unsigned bytes;

    fps = fps == 0 ? 1 : fps;
    bytes = kbps * 125 / fps;
    track->step = MW_SEC / fps;
    track->packets = (bytes + size / 2) / size;
    track->size = size;

    if (track->packets == 0) {
        track->packets = 1;
        track->size = bytes < ML_PAYLOAD_MIN ? ML_PAYLOAD_MIN : bytes;
    }
}


static void
ml_sender_tracks(ml_sender_t *sender)
{
    unsigned i, layers, part;
    ml_track_t *track;
    const ml_conf_t *conf;

    conf = &sender->person->ml->conf;

    if (conf->audio) {
        track = ml_sender_add(sender, "mic", 0, false);
        track->step = ML_AUDIO_STEP;
        track->packets = 1;
        track->size = ML_OPUS;
    }

    layers = !conf->video ? 0 : conf->simulcast ? MC_LAYERS : 1;

    for (i = 0; i < layers; i++) {
        part = 1u << (layers - 1 - i);
        track = ml_sender_add(
            sender, "cam", layers > 1 ? (char) ('0' + i) : 0, true);
        track->source = 1;
        track->width = 1280 / part;
        track->height = 720 / part;
        ml_track_shape(track,
            part == 1 ? conf->kbps : conf->kbps / part / part + conf->kbps / 16,
            conf->fps, conf->size);
    }

    if (conf->share && sender->person->index == 0) {
        track = ml_sender_add(sender, "screen", 0, true);
        track->source = 3;
        track->width = 1920;
        track->height = 1080;
        ml_track_shape(track, ML_SCREEN_KBPS, ML_SCREEN_FPS, conf->size);
    }
}


/* `n` datagrams of `len` bytes each */
static void
ml_sender_flush(ml_sender_t *sender, uint8_t *data, unsigned n, size_t len)
{
    ssize_t rc;
    uint16_t segment;
    struct iovec iov;
    struct msghdr msg;
    struct cmsghdr *cmsg;
    ml_stats_t *stats;
    union {
        struct cmsghdr align;
        uint8_t data[CMSG_SPACE(sizeof(uint16_t))];
    } control;

    if (n == 0) {
        return;
    }

    memset(&msg, 0, sizeof(msg));
    iov.iov_base = data;
    iov.iov_len = n * len;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;

    if (n > 1) {
        memset(&control, 0, sizeof(control));
        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control);
        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_UDP;
        cmsg->cmsg_type = UDP_SEGMENT;
        cmsg->cmsg_len = CMSG_LEN(sizeof(segment));
        segment = (uint16_t) len;
        memcpy(CMSG_DATA(cmsg), &segment, sizeof(segment));
    }

    stats = &sender->person->ml->stats;
    rc = sendmsg(sender->peer.io.fd, &msg, 0);

    if (rc < 0 && n > 1) {
        /* not on this path: one by one */
        for (; n != 0; n--, data += len) {
            ml_sender_flush(sender, data, 1, len);
        }

    } else if (rc < 0) {
        stats->send_failed++;

    } else {
        stats->sent += n;
        stats->sent_bytes += n * len;
    }
}


static size_t
ml_track_packet(
    ml_track_t *track, const ml_sent_t *sent, uint8_t *out, mw_usec_t now)
{
    size_t len;
    ml_vp8_t vp8;
    ml_stamp_t stamp;

    stamp.source = track->source;
    stamp.number = sent->number;
    stamp.sent_ns = ml_media_clock();

    len = mc_publish_head(&track->rtp, out, track->rtp.ssrc, sent->seq,
        track->rtp.video ? MC_PT_VP8 : MC_PT_OPUS,
        track->rtp.video && sent->last, now);

    if (!track->rtp.video) {
        ml_media_opus(out + len, track->size, &stamp);
        return len + track->size;
    }

    vp8.picture = sent->picture;
    vp8.tl0 = sent->tl0;
    vp8.key = sent->key;
    vp8.first = sent->first;
    vp8.width = track->width;
    vp8.height = track->height;
    ml_media_vp8(out + len, track->size, &vp8, &stamp);

    return len + track->size;
}


/* the next picture begins, the one before has left as a whole */
static void
ml_track_frame(ml_sender_t *sender, ml_track_t *track)
{
    bool key;
    ml_t *ml;
    mw_usec_t step;
    ml_sent_t *sent;

    ml = sender->person->ml;
    key = track->rtp.want_key && track->rtp.video;
    track->left = track->packets * (key ? ML_KEY_FACTOR : 1);
    track->burst = track->left;
    track->rtp.want_key = false;
    track->rtp.keyframes += key;
    ml->stats.keyframes += key;

    if (ml->conf.pace) {
        step = track->step * 100 / ml->rate;
        track->burst =
            (unsigned) (track->packets * ML_PACE_STEP * ML_PACE_FACTOR / step
                        + 1);
    }

    sent = &track->frame;
    memset(sent, 0, sizeof(*sent));
    sent->used = true;
    sent->key = key;
    sent->first = true;
    sent->timestamp = track->rtp.timestamp;
    sent->picture = track->rtp.picture;
    sent->tl0 = track->rtp.tl0;

    track->rtp.picture = (uint16_t) ((track->rtp.picture + 1) & 0x7fff);
    track->rtp.tl0++;
    track->rtp.timestamp +=
        (uint32_t) (track->step * (track->rtp.video ? 90 : 48) / 1000);
}


/* so many packets of the picture leave, or what is left of it */
static void
ml_track_go(
    ml_sender_t *sender, ml_track_t *track, unsigned count, mw_usec_t now)
{
    int len;
    size_t each;
    unsigned i, n;
    ml_sent_t *sent;

    sent = &track->frame;
    count = count < track->left ? count : track->left;
    track->more = now + ML_PACE_STEP;
    each = 0;

    for (i = n = 0; i < count; i++, sent->first = false) {
        sent->number = track->number++;
        sent->seq = track->rtp.seq++;
        sent->last = --track->left == 0;

        if (track->ring != NULL) {
            track->ring[sent->seq & (ML_RING - 1)] = *sent;
        }

        len = (int) ml_track_packet(track, sent, ml_batch + n * each, now);
        track->rtp.packets++;
        track->rtp.octets += (uint64_t) len;

        if (srtp_protect(sender->peer.dtls.tx, ml_batch + n * each, &len)
            != srtp_err_status_ok)
        {
            sender->person->ml->stats.send_failed++;
            continue;
        }

        each = (size_t) len;

        if (++n == ML_SEGMENTS || i + 1 == count) {
            ml_sender_flush(sender, ml_batch, n, each);
            n = 0;
        }
    }
}


static void
ml_sender_reports(ml_sender_t *sender, mw_usec_t now)
{
    unsigned i;
    size_t len;
    const mc_track_t *rtp;
    uint8_t out[28 + 160];

    for (i = 0; i < sender->count; i++) {
        rtp = &sender->track[i].rtp;

        if (rtp->packets != 0) {
            len = mc_rtcp_sr(out, rtp->ssrc, now, rtp->timestamp,
                (uint32_t) rtp->packets, (uint32_t) rtp->octets);
            mc_peer_send_rtcp(&sender->peer, out, len);
        }
    }
}


static void
ml_sender_timer(void *ctx, mw_usec_t now)
{
    ml_t *ml;
    unsigned i;
    mw_usec_t next;
    ml_track_t *track;
    ml_sender_t *sender = ctx;

    ml = sender->person->ml;
    next = now + MW_SEC;

    for (i = 0; i < sender->count; i++) {
        track = &sender->track[i];

        if (ml->rate == 0) {
            track->rtp.due = now + 20 * MW_MSEC;
        }

        while (track->rtp.due <= now) {
            ml_hist_add(&ml->stats.late, now - track->rtp.due);
            ml_track_go(sender, track, track->left, now);
            ml_track_frame(sender, track);
            ml_track_go(sender, track, track->burst, now);
            track->rtp.due += track->step * 100 / ml->rate;

            /* after a pause go on from here instead of catching up */
            if (track->rtp.due < now - MW_SEC) {
                track->rtp.due = now + 1;
            }
        }

        if (track->left > 0 && track->more <= now) {
            ml_track_go(sender, track, track->burst, now);
        }

        if (track->left > 0 && track->more < next) {
            next = track->more;
        }

        if (track->rtp.due < next) {
            next = track->rtp.due;
        }
    }

    if (now >= sender->next_sr) {
        ml_sender_reports(sender, now);
        sender->next_sr = now + MW_SEC;
    }

    mw_timer_set(&ml->loop.timers, &sender->timer, next);
}


static ml_track_t *
ml_sender_find(ml_sender_t *sender, uint32_t ssrc)
{
    unsigned i;

    for (i = 0; i < sender->count; i++) {
        if (sender->track[i].rtp.ssrc == ssrc) {
            return &sender->track[i];
        }
    }

    return NULL;
}


static void
ml_sender_key(void *ctx, uint32_t media, mw_usec_t now)
{
    ml_track_t *track;
    ml_sender_t *sender = ctx;

    (void) now;
    track = ml_sender_find(sender, media);

    if (track != NULL) {
        track->rtp.want_key = true;
        sender->person->ml->stats.key_requests++;
    }
}


static void
ml_sender_nack(void *ctx, uint32_t media, uint16_t seq, mw_usec_t now)
{
    size_t head, len;
    ml_track_t *track;
    const ml_sent_t *sent;
    ml_sender_t *sender = ctx;
    uint8_t plain[MC_HEAD_MAX + ML_PAYLOAD_MAX];
    uint8_t out[MC_HEAD_MAX + ML_PAYLOAD_MAX + 160];

    track = ml_sender_find(sender, media);

    if (track == NULL || track->ring == NULL) {
        return;
    }

    sent = &track->ring[seq & (ML_RING - 1)];

    if (!sent->used || sent->seq != seq) {
        return;
    }

    len = ml_track_packet(track, sent, plain, now);
    head = 16 + (size_t) mw_get16(plain + 14) * 4;
    len -= head;

    /* RFC 4588: the original sequence number in front of the payload */
    head = mc_publish_head(&track->rtp, out, track->rtp.rtx_ssrc,
        track->rtp.rtx_seq++, MC_PT_RTX, sent->last, now);
    mw_put32(out + 4, sent->timestamp);
    mw_put16(out + head, seq);
    memcpy(out + head + 2, plain + 16 + (size_t) mw_get16(plain + 14) * 4, len);
    mc_peer_send_rtp(&sender->peer, out, head + 2 + len);
    sender->person->ml->stats.resent++;
}


static const mc_rtcp_asked_t ml_sender_asked = { ml_sender_key, ml_sender_nack,
    NULL };


static void
ml_sender_rtp(void *ctx, uint8_t *data, size_t len, mw_usec_t now)
{
    (void) ctx;
    (void) data;
    (void) len;
    (void) now;
}


static void
ml_sender_rtcp(void *ctx, const uint8_t *data, size_t len, mw_usec_t now)
{
    mc_rtcp_feedback(data, len, &ml_sender_asked, ctx, now);
}


static void
ml_sender_state(void *ctx, mc_peer_state_t state, mw_usec_t now)
{
    unsigned i;
    uint16_t phase;
    ml_track_t *track;
    ml_sender_t *sender = ctx;

    if (state == MC_PEER_FAILED) {
        ml_failed(sender->person->ml, "connection to publish", "");
        return;
    }

    if (state != MC_PEER_UP) {
        return;
    }

    mc_peer_connect(&sender->peer);

    /* cameras do not run in step */
    RAND_bytes((uint8_t *) &phase, sizeof(phase));

    for (i = 0; i < sender->count; i++) {
        track = &sender->track[i];
        track->source |= sender->person->source;
        track->rtp.due = now + track->step * phase / 65536;
        track->rtp.want_key = true;
    }

    sender->next_sr = now + 100 * MW_MSEC;
    ml_sender_timer(sender, now);
    ml_person_up(sender->person, now);
}


static const mc_peer_handlers_t ml_sender_handlers = { ml_sender_rtp,
    ml_sender_rtcp, ml_sender_state };


ml_sender_t *
ml_sender_create(ml_person_t *person)
{
    ml_sender_t *sender;

    sender = calloc(1, sizeof(*sender));

    if (sender == NULL) {
        return NULL;
    }

    sender->person = person;
    mw_timer_init(&sender->timer, ml_sender_timer, sender);

    if (mc_peer_init(
            &sender->peer, &person->ml->loop, &ml_sender_handlers, sender)
            != 0
        || (person->ml->conf.local != NULL
            && mc_peer_bind(&sender->peer, person->ml->conf.local) != 0))
    {
        free(sender);
        return NULL;
    }

    ml_sender_tracks(sender);

    return sender;
}


void
ml_sender_destroy(ml_sender_t *sender)
{
    unsigned i;

    if (sender == NULL) {
        return;
    }

    mw_timer_cancel(&sender->person->ml->loop.timers, &sender->timer);
    mc_peer_close(&sender->peer);

    for (i = 0; i < sender->count; i++) {
        free(sender->track[i].ring);
    }

    free(sender);
}


void
ml_sender_offer(ml_sender_t *sender, mc_offer_t *offer)
{
    unsigned i;
    const ml_track_t *track;
    mc_section_t *section;

    memset(offer, 0, sizeof(*offer));
    offer->send = true;
    mc_peer_offer(&sender->peer, offer);

    for (i = 0; i < sender->count; i++) {
        track = &sender->track[i];

        /* layers above the first share its section */
        if (track->rtp.rid > '0') {
            continue;
        }

        section = mc_offer_add(offer, track->rtp.mid, track->rtp.video);

        if (section != NULL) {
            section->ssrc = track->rtp.ssrc;
            section->rtx_ssrc = track->rtp.rtx_ssrc;
            section->simulcast = track->rtp.rid != 0;
        }
    }
}
