/* Sources of a room at several media workers: what is given to others. */

#include "mw_relay.h"

#include "mw_roster.h"
#include "mw_tap.h"

#include <stdlib.h>

/* rates are told so often, everything else when it changes */
#define MW_RELAY_RATES MW_SEC


/* to another worker: a source that is published or relayed here */
struct mw_relay_tap_s {
    mw_tap_t tap; /* first: a pointer to one is a pointer to the other */
    mw_relay_tap_t *next;
    mw_participant_t *p;
    mw_leg_t *leg;
    unsigned kind;
    mw_usec_t told_at;
    meet_relay_source_t told;
};


static void mw_relay_tap(
    mw_participant_t *p, unsigned kind, mw_leg_t *leg, mw_usec_t now);
static void mw_relay_tell(mw_relay_tap_t *t, mw_usec_t now);
static void mw_relay_packet_out(
    mw_tap_t *tap, const mw_rtp_t *rtp, const mw_demux_hit_t *hit, bool quiet);
static uint8_t mw_relay_ext(
    uint8_t *body, size_t *len, const mw_rtp_t *rtp, unsigned ext, uint8_t max);
static void mw_relay_report_out(
    mw_tap_t *tap, uint8_t layer, uint64_t ntp, uint32_t ts);


void
mw_relay_opened(mw_participant_t *p, unsigned kind, mw_usec_t now)
{
    mw_leg_t *leg;

    for (leg = p->room->legs; leg != NULL; leg = leg->next) {
        if (leg != p->leg) {
            mw_relay_tap(p, kind, leg, now);
        }
    }
}


void
mw_relay_closed(mw_participant_t *p, unsigned kind)
{
    mw_relay_tap_t *t, **link;

    link = &p->taps;

    while ((t = *link) != NULL) {
        if (t->kind != kind) {
            link = &t->next;
            continue;
        }

        memset(&t->told, 0, sizeof(t->told));
        t->told.source = MEET_SOURCE(p->number, kind);
        mw_relay_send(
            t->leg, NULL, MEET_RELAY_SOURCE, &t->told, sizeof(t->told));

        *link = t->next;
        mw_source_detach_tap(mw_participant_publishes(p, kind), &t->tap);
        free(t);
    }
}


void
mw_relay_sources(mw_leg_t *leg, mw_usec_t now)
{
    unsigned kind;
    mw_participant_t *p;

    for (p = leg->room->head; p != NULL; p = p->next) {
        for (kind = 0; kind < MW_KINDS && p->leg != leg; kind++) {
            if (mw_participant_publishes(p, kind) != NULL) {
                mw_relay_tap(p, kind, leg, now);
            }
        }
    }
}


void
mw_relay_tick_taps(mw_participant_t *p, mw_usec_t now)
{
    mw_relay_tap_t *t;

    for (t = p->taps; t != NULL; t = t->next) {
        mw_relay_tell(t, now);
    }
}


void
mw_relay_untap(mw_leg_t *leg)
{
    mw_participant_t *p;
    mw_relay_tap_t *t, **link;

    for (p = leg->room->head; p != NULL; p = p->next) {
        link = &p->taps;

        while ((t = *link) != NULL) {
            if (t->leg != leg) {
                link = &t->next;
                continue;
            }

            *link = t->next;
            mw_source_detach_tap(mw_participant_publishes(p, t->kind), &t->tap);
            free(t);
        }
    }
}


/* without memory the others miss this source */
static void
mw_relay_tap(mw_participant_t *p, unsigned kind, mw_leg_t *leg, mw_usec_t now)
{
    mw_relay_tap_t *t;

    t = calloc(1, sizeof(mw_relay_tap_t));
    if (t == NULL) {
        return;
    }

    t->tap.packet = mw_relay_packet_out;
    t->tap.report = mw_relay_report_out;
    t->p = p;
    t->leg = leg;
    t->kind = kind;
    t->next = p->taps;
    p->taps = t;

    mw_source_attach_tap(mw_participant_publishes(p, kind), &t->tap);
    mw_relay_tell(t, now);
}


static void
mw_relay_tell(mw_relay_tap_t *t, mw_usec_t now)
{
    unsigned i;
    uint8_t possible;
    bool changed;
    meet_relay_layer_t *l;
    meet_relay_source_t say;
    mw_layer_info_t infos[MW_LAYERS];

    memset(&say, 0, sizeof(say));
    say.source = MEET_SOURCE(t->p->number, t->kind);
    say.layers = (uint8_t) mw_source_tell(
        mw_participant_publishes(t->p, t->kind), infos, &possible, now);

    changed = say.layers != t->told.layers;

    for (i = 0; i < say.layers; i++) {
        l = &say.layer[i];
        l->width = infos[i].width;
        l->height = infos[i].height;
        l->temporal = infos[i].temporal;
        l->flags = (infos[i].alive ? MEET_RELAY_ALIVE : 0)
                   | (possible & 1u << i ? MEET_RELAY_POSSIBLE : 0);
        memcpy(l->upto, infos[i].upto, sizeof(l->upto));

        changed =
            changed
            || memcmp(l, &t->told.layer[i], offsetof(meet_relay_layer_t, upto))
                   != 0;
    }

    if (!changed
        && (now - t->told_at < MW_RELAY_RATES
            || memcmp(&say, &t->told, sizeof(say)) == 0))
    {
        return;
    }

    t->told = say;
    t->told_at = now;
    mw_relay_send(t->leg, NULL, MEET_RELAY_SOURCE, &say, sizeof(say));
}


static void
mw_relay_packet_out(
    mw_tap_t *tap, const mw_rtp_t *rtp, const mw_demux_hit_t *hit, bool quiet)
{
    size_t len;
    meet_relay_packet_t packet;
    mw_relay_tap_t *t = (mw_relay_tap_t *) tap;
    uint8_t body[sizeof(packet) + 1 + 1 + 16 + MW_DD_MAX + MEET_RELAY_PAYLOAD];

    /* whether a microphone is to be heard is home's to say */

    quiet = quiet && !t->leg->room->branch;

    memset(&packet, 0, sizeof(packet));
    len = sizeof(packet);

    packet.source = MEET_SOURCE(t->p->number, t->kind);
    packet.ssrc = hit->ssrc;
    packet.ts = rtp->ts;
    packet.seq = rtp->seq;
    packet.layer = hit->layer;
    packet.codec = (uint8_t) hit->codec;
    packet.flags = (rtp->marker ? MEET_RELAY_MARKER : 0)
                   | (hit->rtx ? MEET_RELAY_MENDED : 0)
                   | (quiet ? MEET_RELAY_QUIET : 0);

    packet.level = mw_relay_ext(body, &len, rtp, MW_EXT_AUDIO_LEVEL, 1);
    packet.orientation =
        mw_relay_ext(body, &len, rtp, MW_EXT_VIDEO_ORIENTATION, 1);
    packet.capture_time =
        mw_relay_ext(body, &len, rtp, MW_EXT_ABS_CAPTURE_TIME, 16);
    packet.dependency =
        mw_relay_ext(body, &len, rtp, MW_EXT_DEPENDENCY, MW_DD_MAX);

    packet.payload = quiet ? 0 : (uint16_t) rtp->payload_len;
    memcpy(body + len, rtp->payload, packet.payload);
    memcpy(body, &packet, sizeof(packet));

    mw_relay_send(t->leg, NULL, MEET_RELAY_PACKET, body, len + packet.payload);
}


/* returns its length; a longer one is left out */
static uint8_t
mw_relay_ext(
    uint8_t *body, size_t *len, const mw_rtp_t *rtp, unsigned ext, uint8_t max)
{
    uint8_t n;

    n = rtp->ext_len[ext];

    if (n == 0 || n > max) {
        return 0;
    }

    memcpy(body + *len, rtp->ext[ext], n);
    *len += n;

    return n;
}


static void
mw_relay_report_out(mw_tap_t *tap, uint8_t layer, uint64_t ntp, uint32_t ts)
{
    meet_relay_report_t report;
    mw_relay_tap_t *t = (mw_relay_tap_t *) tap;

    memset(&report, 0, sizeof(report));
    report.source = MEET_SOURCE(t->p->number, t->kind);
    report.layer = layer;
    report.ntp = ntp;
    report.ts = ts;

    mw_relay_send(t->leg, NULL, MEET_RELAY_REPORT, &report, sizeof(report));
}


void
mw_relay_wanted(mw_leg_t *leg, mw_participant_t *p, unsigned type,
    const uint8_t *body, mw_usec_t now)
{
    unsigned i, kind, count;
    uint8_t ignored;
    mw_relay_tap_t *t;
    mw_source_t *source;
    meet_relay_want_t want;

    memcpy(&want, body, sizeof(want));
    kind = MEET_SOURCE_KIND(want.source);

    for (t = p->taps; t != NULL; t = t->next) {
        if (t->leg == leg && t->kind == kind) {
            break;
        }
    }

    if (t == NULL) {
        return; /* ended meanwhile */
    }

    source = mw_participant_publishes(p, kind);

    if (type == MEET_RELAY_WANT) {
        mw_source_set_tap(source, &t->tap, want.layers, want.needed);
        return;
    }

    count = mw_source_wanted(source, &ignored);

    for (i = 0; i < count && mw_kind_is_video((mw_kind_t) kind); i++) {
        if (want.layers & 1u << i) {
            mw_source_want_keyframe(source, i, now);
        }
    }
}
