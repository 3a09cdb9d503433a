/* The publishing half of the native participant. */

#include <openssl/rand.h>
#include <stdlib.h>

#include "mc_publish.h"
#include "mc_rtcp.h"


#define MC_LEVEL_VOICE (0x80 | 20) /* RFC 6464: voice, -20 dBov */
#define MC_LEVEL_QUIET 80

#define MC_MTU     1100 /* of VP8 payload in a packet */
#define MC_TRAILER 160

#define MC_AUDIO_STEP (20 * MW_MSEC)
#define MC_VIDEO_STEP (MW_SEC / MC_FPS)


void
mc_publish_init(mc_publish_t *publish, mc_loop_t *loop, mc_peer_t *peer,
    const mc_media_t *media)
{
    memset(publish, 0, sizeof(*publish));
    publish->loop = loop;
    publish->peer = peer;
    publish->media = media;
}


mc_track_t *
mc_publish_add(mc_publish_t *publish, const char *mid, bool video,
    unsigned layer, bool simulcast)
{
    mc_track_t *track;

    if (publish->count == sizeof(publish->track) / sizeof(publish->track[0])) {
        return NULL;
    }

    track = &publish->track[publish->count++];
    memset(track, 0, sizeof(*track));
    strncpy(track->mid, mid, sizeof(track->mid) - 1);
    track->video = video;
    track->media = &publish->media[layer];
    track->rid = simulcast ? (char) ('0' + layer) : 0;
    track->active = true;
    RAND_bytes((uint8_t *) &track->ssrc, 4);
    RAND_bytes((uint8_t *) &track->rtx_ssrc, 4);
    RAND_bytes((uint8_t *) &track->timestamp, 4);
    RAND_bytes((uint8_t *) &track->picture, 2);
    track->seq = (uint16_t) (track->ssrc & 0x7fff);
    track->want_key = true;

    if (video) {
        track->history = calloc(MC_HISTORY, sizeof(mc_sent_t));
        if (track->history == NULL) {
            publish->count--;
            return NULL;
        }
    }

    return track;
}


/* fixed header and one-byte extensions (RFC 8285): mid, times, level */
size_t
mc_publish_head(const mc_track_t *track, uint8_t *out, uint32_t ssrc,
    uint16_t seq, unsigned pt, bool marker, mw_usec_t now)
{
    uint8_t *p;
    size_t mid;

    out[0] = 0x90;
    out[1] = (uint8_t) (pt | (marker ? 0x80u : 0));
    mw_put16(out + 2, seq);
    mw_put32(out + 4, track->timestamp);
    mw_put32(out + 8, ssrc);
    mw_put16(out + 12, 0xbede);

    mid = strlen(track->mid);
    p = out + 16;
    *p++ = (uint8_t) (MC_EXT_MID << 4 | (mid - 1));
    memcpy(p, track->mid, mid);
    p += mid;
    *p++ = MC_EXT_CAPTURE << 4 | 7;
    mw_put64(p, mc_ntp(now));
    p += 8;

    if (track->rid != 0) {
        *p++ = (uint8_t) ((ssrc == track->rtx_ssrc ? MC_EXT_REPAIR : MC_EXT_RID)
                          << 4);
        *p++ = (uint8_t) track->rid;
    }

    if (track->sent) {
        *p++ = MC_EXT_SENT << 4 | 2;
        mw_put24(p, (uint32_t) (mc_ntp(now) >> 14) & 0xffffff);
        p += 3;
    }

    if (!track->video) {
        *p++ = MC_EXT_LEVEL << 4;
        *p++ = track->quiet ? MC_LEVEL_QUIET : MC_LEVEL_VOICE;
    }

    while ((p - out) % 4 != 0) {
        *p++ = 0;
    }

    mw_put16(out + 14, (uint16_t) ((p - out - 16) / 4));

    return (size_t) (p - out);
}


static void
mc_track_send(
    mc_publish_t *publish, mc_track_t *track, uint8_t *data, size_t len)
{
    mc_sent_t *sent;

    if (track->history != NULL && len <= MC_RTP_MAX) {
        sent = &track->history[track->seq & (MC_HISTORY - 1)];
        sent->seq = track->seq;
        sent->len = (uint16_t) len;
        memcpy(sent->data, data, len);
    }

    track->seq++;
    track->packets++;
    track->octets += len;
    mc_peer_send_rtp(publish->peer, data, len);
}


static void
mc_publish_audio(mc_publish_t *publish, mc_track_t *track, mw_usec_t now)
{
    size_t len;
    const mc_frame_t *frame;
    uint8_t out[MC_HEAD_MAX + MC_RTP_MAX + MC_TRAILER];

    frame = track->quiet ? track->media->quiet : track->media->audio;
    frame += track->frame % MC_AUDIO_FRAMES;
    len = mc_publish_head(
        track, out, track->ssrc, track->seq, MC_PT_OPUS, false, now);
    memcpy(out + len, frame->data, frame->len);
    mc_track_send(publish, track, out, len + frame->len);

    track->frame++;
    track->timestamp += 960;
}


/* RFC 7741: X, I with 15 bits, L, T where there are temporal layers; one partition is enough for us */
static void
mc_publish_video(mc_publish_t *publish, mc_track_t *track, mw_usec_t now)
{
    size_t at, part, len;
    const mc_frame_t *frame;
    uint8_t out[MC_HEAD_MAX + MC_RTP_MAX + MC_TRAILER];

    if (track->want_key) {
        track->frame = 0;
        track->want_key = false;
    }

    frame = &track->media->video[track->frame % track->media->frames];
    track->keyframes += frame->key;
    track->tl0 = (uint8_t) (track->tl0 + (frame->layer == 0));

    for (at = 0; at < frame->len; at += part) {
        part = frame->len - at > MC_MTU ? MC_MTU : frame->len - at;
        len = mc_publish_head(track, out, track->ssrc, track->seq, MC_PT_VP8,
            at + part == frame->len, now);

        out[len++] = (uint8_t) (0x80 | (frame->layer == 2 ? 0x20 : 0)
                                | (at == 0 ? 0x10 : 0));
        out[len++] = track->media->temporal ? 0xe0 : 0xc0;
        mw_put16(out + len, (uint16_t) (track->picture | 0x8000));
        len += 2;
        out[len++] = track->tl0;

        if (track->media->temporal) {
            out[len++] =
                (uint8_t) (frame->layer << 6 | (frame->sync ? 0x20 : 0));
        }

        memcpy(out + len, frame->data + at, part);
        mc_track_send(publish, track, out, len + part);
    }

    track->frame++;
    track->picture = (uint16_t) ((track->picture + 1) & 0x7fff);
    track->timestamp += 90000 / MC_FPS;
}


static void
mc_publish_sr(mc_publish_t *publish, mw_usec_t now)
{
    unsigned i;
    size_t len;
    mc_track_t *track;
    uint8_t out[28 + MC_TRAILER];

    for (i = 0; i < publish->count; i++) {
        track = &publish->track[i];

        if (track->packets != 0) {
            len = mc_rtcp_sr(out, track->ssrc, now, track->timestamp,
                (uint32_t) track->packets, (uint32_t) track->octets);
            mc_peer_send_rtcp(publish->peer, out, len);
        }
    }
}


static void
mc_publish_timer(void *ctx, mw_usec_t now)
{
    unsigned i;
    mw_usec_t next;
    mc_track_t *track;
    mc_publish_t *publish = ctx;

    next = now + MW_SEC;

    for (i = 0; i < publish->count; i++) {
        track = &publish->track[i];

        while (track->active && track->due <= now) {
            if (track->video) {
                mc_publish_video(publish, track, now);
                track->due += MC_VIDEO_STEP;
            } else {
                mc_publish_audio(publish, track, now);
                track->due += MC_AUDIO_STEP;
            }

            /* after a pause go on from here instead of catching up */
            if (track->due < now - MW_SEC) {
                track->due = now;
            }
        }

        if (track->active && track->due < next) {
            next = track->due;
        }
    }

    if (now >= publish->next_sr) {
        mc_publish_sr(publish, now);
        publish->next_sr = now + MW_SEC;
    }

    mw_timer_set(&publish->loop->timers, &publish->timer, next);
}


void
mc_publish_start(mc_publish_t *publish, mw_usec_t now)
{
    unsigned i;

    for (i = 0; i < publish->count; i++) {
        publish->track[i].due = now;
        publish->track[i].want_key = true;
    }

    publish->next_sr = now + 100 * MW_MSEC;
    mw_timer_init(&publish->timer, mc_publish_timer, publish);
    mc_publish_timer(publish, now);
}


static mc_track_t *
mc_publish_find(mc_publish_t *publish, uint32_t ssrc)
{
    unsigned i;

    for (i = 0; i < publish->count; i++) {
        if (publish->track[i].ssrc == ssrc) {
            return &publish->track[i];
        }
    }

    return NULL;
}


static void
mc_publish_nack(void *ctx, uint32_t media, uint16_t seq, mw_usec_t now)
{
    size_t head, len;
    mc_track_t *track;
    const mc_sent_t *sent;
    mc_publish_t *publish = ctx;
    uint8_t out[MC_HEAD_MAX + MC_RTP_MAX + MC_TRAILER];

    track = mc_publish_find(publish, media);

    if (track == NULL || track->history == NULL) {
        return;
    }

    sent = &track->history[seq & (MC_HISTORY - 1)];

    if (sent->len == 0 || sent->seq != seq) {
        return;
    }

    /* RFC 4588: the original sequence number in front of the payload */
    head = 16 + (size_t) mw_get16(sent->data + 14) * 4;
    len = mc_publish_head(track, out, track->rtx_ssrc, track->rtx_seq++,
        MC_PT_RTX, (sent->data[1] & 0x80) != 0, now);
    memcpy(out + 4, sent->data + 4, 4);
    mw_put16(out + len, seq);
    memcpy(out + len + 2, sent->data + head, sent->len - head);
    mc_peer_send_rtp(publish->peer, out, len + 2 + sent->len - head);
    track->retransmitted++;
}


static void
mc_publish_key(void *ctx, uint32_t media, mw_usec_t now)
{
    mc_track_t *track;

    (void) now;
    track = mc_publish_find(ctx, media);

    if (track != NULL) {
        track->want_key = true;
        track->key_requests++;
    }
}


static void
mc_publish_told(void *ctx, uint32_t media, double rate)
{
    mc_track_t *track;

    track = mc_publish_find(ctx, media);

    if (track != NULL) {
        track->told = rate;
    }
}


static const mc_rtcp_asked_t mc_publish_asked = { mc_publish_key,
    mc_publish_nack, mc_publish_told };


void
mc_publish_rtcp(
    mc_publish_t *publish, const uint8_t *data, size_t len, mw_usec_t now)
{
    mc_rtcp_feedback(data, len, &mc_publish_asked, publish, now);
}


void
mc_publish_quiet(mc_publish_t *publish, bool on)
{
    unsigned i;

    for (i = 0; i < publish->count; i++) {
        publish->track[i].quiet = on;
    }
}


void
mc_publish_close(mc_publish_t *publish)
{
    unsigned i;

    if (publish->loop == NULL) {
        return;
    }

    mw_timer_cancel(&publish->loop->timers, &publish->timer);

    for (i = 0; i < publish->count; i++) {
        free(publish->track[i].history);
    }

    publish->count = 0;
    publish->loop = NULL;
}
