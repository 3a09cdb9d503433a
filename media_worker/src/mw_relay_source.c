/* Sources of a room at several media workers: what comes from others. */

#include "mw_relay.h"

#include "mw_roster.h"
#include "mw_tap.h"

#include <stdlib.h>

/* a layer nobody watches any more crosses for a while, in case of coming back */
#define MW_RELAY_REST MW_SEC


/* from another worker */
struct mw_relayed_s {
    mw_participant_t *p;
    unsigned kind;
    mw_source_t *source;
    mw_timer_t timer;
    uint8_t layers; /* told that they are to cross */
    uint8_t needed;
    mw_usec_t watched; /* when all of `layers` were */
    bool quiet;        /* the packet that is being taken in */
};


static void mw_relay_source_in(
    mw_leg_t *leg, mw_participant_t *p, const uint8_t *body, mw_usec_t now);
static mw_relayed_t *mw_relayed_open(mw_participant_t *p, unsigned kind);
static void mw_relay_packet_in(
    mw_relayed_t *r, const uint8_t *body, mw_usec_t now);
static void mw_relayed_timeout(void *ctx, mw_usec_t now);
static mw_rc_t mw_relayed_write_rtcp(
    void *owner, const uint8_t *data, size_t len, mw_usec_t now);
static void mw_relayed_arm(void *owner, mw_usec_t at);
static bool mw_relayed_level(
    void *owner, uint8_t level, bool voice, mw_usec_t now);
static void mw_relayed_keyframe(void *owner, unsigned layer);
static void mw_relayed_want(void *owner);
static void mw_relayed_wants(mw_relayed_t *r, uint8_t layers, uint8_t needed);
static void mw_relayed_tick(mw_relayed_t *r, mw_usec_t now);
static void mw_relay_state_out(mw_participant_t *p, mw_usec_t now);


mw_source_t *
mw_relayed_source(const mw_participant_t *p, unsigned kind)
{
    return (p->relayed[kind] == NULL) ? NULL : p->relayed[kind]->source;
}


void
mw_relayed_mute(mw_participant_t *p, uint8_t kinds, mw_usec_t now)
{
    unsigned kind;

    for (kind = 0; kind < MW_KINDS; kind++) {
        if (p->relayed[kind] != NULL) {
            mw_source_mute(
                p->relayed[kind]->source, (kinds & 1u << kind) != 0, now);
        }
    }
}


void
mw_relayed_close(mw_participant_t *p, unsigned kind)
{
    mw_relayed_t *r;

    r = p->relayed[kind];

    if (r == NULL) {
        return;
    }

    mw_relay_closed(p, kind);

    p->relayed[kind] = NULL;
    mw_source_destroy(r->source);
    mw_timer_cancel(p->room->context->timers, &r->timer);
    free(r);

    if (kind == MEET_KIND_MIC) {
        mw_speaker_remove(p->room->speaker, p->place);
    }
}


void
mw_relay_tick(mw_room_t *room, mw_usec_t now)
{
    unsigned kind;
    mw_participant_t *p;

    if (room->legs == NULL) {
        return;
    }

    for (p = room->head; p != NULL; p = p->next) {
        mw_relay_tick_taps(p, now);

        for (kind = 0; kind < MW_KINDS; kind++) {
            if (p->relayed[kind] != NULL) {
                mw_relayed_tick(p->relayed[kind], now);
            }
        }

        if (room->branch && p->rl != NULL) {
            mw_relay_state_out(p, now);
        }
    }
}


bool
mw_relay_source(mw_leg_t *leg, const meet_record_t *header, const uint8_t *body,
    mw_usec_t now)
{
    unsigned kind;
    uint32_t source;
    mw_participant_t *p;
    mw_rtcp_item_t item;
    meet_relay_report_t report;

    switch (header->type) {

    case MEET_RELAY_SOURCE:
    case MEET_RELAY_PACKET:
    case MEET_RELAY_WANT:
    case MEET_RELAY_KEYFRAME:
        memcpy(&source, body, sizeof(source)); /* stands first in all of them */
        break;

    case MEET_RELAY_REPORT:
        memcpy(&report, body, sizeof(report));
        source = report.source;
        break;

    default:
        return false;
    }

    kind = MEET_SOURCE_KIND(source);
    p = mw_roster_by_number(leg->room, MEET_SOURCE_NUMBER(source));

    if (p == NULL) {
        return true; /* has left meanwhile */
    }

    if (header->type == MEET_RELAY_WANT || header->type == MEET_RELAY_KEYFRAME)
    {
        mw_relay_wanted(leg, p, header->type, body, now);
        return true;
    }

    if (p->leg != leg) {
        return true; /* does not come from there, or not any more */
    }

    if (header->type == MEET_RELAY_SOURCE) {
        mw_relay_source_in(leg, p, body, now);

    } else if (p->relayed[kind] == NULL) {
        /* ended meanwhile */

    } else if (header->type == MEET_RELAY_PACKET) {
        mw_relay_packet_in(p->relayed[kind], body, now);

    } else {
        memset(&item, 0, sizeof(item));
        item.type = MW_RTCP_SR;
        item.u.sr.ntp = report.ntp;
        item.u.sr.ts = report.ts;
        mw_source_sr(p->relayed[kind]->source, report.layer, &item, now);
    }

    return true;
}


static void
mw_relay_source_in(
    mw_leg_t *leg, mw_participant_t *p, const uint8_t *body, mw_usec_t now)
{
    bool fresh;
    unsigned i, kind;
    uint8_t possible;
    mw_relayed_t *r;
    meet_relay_source_t said;
    const meet_relay_layer_t *l;
    mw_layer_info_t infos[MW_LAYERS];

    memcpy(&said, body, sizeof(said));
    kind = MEET_SOURCE_KIND(said.source);
    fresh = p->relayed[kind] == NULL;

    if (said.layers == 0) {
        if (!fresh) {
            mw_relayed_close(p, kind);
            mw_participant_changed(p);
            mw_room_refresh(p->room, now);
        }

        return;
    }

    r = fresh ? mw_relayed_open(p, kind) : p->relayed[kind];

    if (r == NULL) {
        return;
    }

    possible = 0;
    memset(infos, 0, sizeof(infos));

    for (i = 0; i < said.layers; i++) {
        l = &said.layer[i];
        infos[i].width = l->width;
        infos[i].height = l->height;
        infos[i].alive = (l->flags & MEET_RELAY_ALIVE) != 0;
        infos[i].temporal =
            l->temporal > MW_TEMPORAL ? MW_TEMPORAL : l->temporal;
        memcpy(infos[i].upto, l->upto, sizeof(infos[i].upto));
        infos[i].rate = infos[i].upto[MW_TEMPORAL - 1];
        possible |= (uint8_t) (l->flags & MEET_RELAY_POSSIBLE ? 1u << i : 0);
    }

    (void) mw_source_learn(r->source, infos, said.layers, possible, now);

    if (!fresh) {
        return;
    }

    mw_participant_silence(p, now);
    mw_relay_opened(p, kind, now);
    mw_participant_changed(p);
    mw_room_refresh(p->room, now);

    /* who is loudest is decided at home, from all that is said */

    if (kind == MEET_KIND_MIC && !leg->room->branch) {
        mw_relayed_wants(r, 1, 1);
    }
}


static mw_relayed_t *
mw_relayed_open(mw_participant_t *p, unsigned kind)
{
    mw_relayed_t *r;
    mw_context_t *context;
    mw_source_conf_t conf;

    context = p->room->context;

    if (context->packets == NULL) {
        return NULL;
    }

    r = calloc(1, sizeof(mw_relayed_t));
    if (r == NULL) {
        return NULL;
    }

    r->p = p;
    r->kind = kind;
    mw_timer_init(&r->timer, mw_relayed_timeout, r);

    memset(&conf, 0, sizeof(conf));

    conf.id = MEET_SOURCE(p->number, kind);
    conf.kind = (mw_kind_t) kind;
    conf.pool = context->packets;
    conf.clock = &p->clock;
    conf.ops.write_rtcp = mw_relayed_write_rtcp;
    conf.ops.arm = mw_relayed_arm;
    conf.ops.level = mw_kind_is_video(conf.kind) ? NULL : mw_relayed_level;
    conf.ops.keyframe = mw_relayed_keyframe;
    conf.ops.want = mw_relayed_want;
    conf.ops.owner = r;

    r->source = mw_source_create(&conf);

    if (r->source == NULL) {
        free(r);
        return NULL;
    }

    p->relayed[kind] = r;

    return r;
}


static void
mw_relay_packet_in(mw_relayed_t *r, const uint8_t *body, mw_usec_t now)
{
    mw_rtp_t rtp;
    mw_demux_hit_t hit;
    meet_relay_packet_t packet;

    memcpy(&packet, body, sizeof(packet));
    body += sizeof(packet);

    if (packet.codec == MW_CODEC_NONE || packet.codec >= MW_CODECS) {
        r->p->room->context->stats.drop_malformed++;
        return;
    }

    memset(&rtp, 0, sizeof(rtp));
    memset(&hit, 0, sizeof(hit));

    rtp.ext[MW_EXT_AUDIO_LEVEL] = body;
    rtp.ext_len[MW_EXT_AUDIO_LEVEL] = packet.level;
    body += packet.level;
    rtp.ext[MW_EXT_VIDEO_ORIENTATION] = body;
    rtp.ext_len[MW_EXT_VIDEO_ORIENTATION] = packet.orientation;
    body += packet.orientation;
    rtp.ext[MW_EXT_ABS_CAPTURE_TIME] = body;
    rtp.ext_len[MW_EXT_ABS_CAPTURE_TIME] = packet.capture_time;
    body += packet.capture_time;
    rtp.ext[MW_EXT_DEPENDENCY] = body;
    rtp.ext_len[MW_EXT_DEPENDENCY] = packet.dependency;
    body += packet.dependency;

    rtp.payload = body;
    rtp.payload_len = packet.payload;
    rtp.ts = packet.ts;
    rtp.ssrc = packet.ssrc;
    rtp.seq = packet.seq;
    rtp.marker = (packet.flags & MEET_RELAY_MARKER) != 0;

    hit.codec = (mw_codec_t) packet.codec;
    hit.layer = packet.layer;
    hit.rtx = (packet.flags & MEET_RELAY_MENDED) != 0;
    hit.ssrc = packet.ssrc;

    r->quiet = (packet.flags & MEET_RELAY_QUIET) != 0;
    r->p->room->context->stats.relayed_in++;

    (void) mw_source_input(r->source, &rtp, &hit, now);
}


static void
mw_relayed_timeout(void *ctx, mw_usec_t now)
{
    mw_relayed_t *r = ctx;

    mw_source_timeout(r->source, now);
}


/* there is no publisher to write to */
static mw_rc_t
mw_relayed_write_rtcp(
    void *owner, const uint8_t *data, size_t len, mw_usec_t now)
{
    (void) owner;
    (void) data;
    (void) len;
    (void) now;

    return MW_DROP;
}


static void
mw_relayed_arm(void *owner, mw_usec_t at)
{
    mw_relayed_t *r = owner;

    mw_timer_set(r->p->room->context->timers, &r->timer, at);
}


static bool
mw_relayed_level(void *owner, uint8_t level, bool voice, mw_usec_t now)
{
    mw_relayed_t *r = owner;

    (void) voice;

    return r->p->room->branch || r->kind != MEET_KIND_MIC
               ? !r->quiet
               : mw_room_level(r->p, level, now);
}


static void
mw_relayed_keyframe(void *owner, unsigned layer)
{
    meet_relay_want_t want;
    mw_relayed_t *r = owner;

    memset(&want, 0, sizeof(want));
    want.source = mw_source_id(r->source);
    want.layers = (uint8_t) (1u << layer);

    mw_relay_send(r->p->leg, NULL, MEET_RELAY_KEYFRAME, &want, sizeof(want));
}


/* one more layer is watched: at once */
static void
mw_relayed_want(void *owner)
{
    uint8_t layers;
    mw_relayed_t *r = owner;

    layers = mw_source_watching(r->source);

    mw_relayed_wants(r, layers | r->layers, layers | r->needed);
}


static void
mw_relayed_wants(mw_relayed_t *r, uint8_t layers, uint8_t needed)
{
    meet_relay_want_t want;

    if (layers == r->layers && needed == r->needed) {
        return;
    }

    r->layers = layers;
    r->needed = needed;

    memset(&want, 0, sizeof(want));
    want.source = mw_source_id(r->source);
    want.layers = layers;
    want.needed = needed;

    mw_relay_send(r->p->leg, NULL, MEET_RELAY_WANT, &want, sizeof(want));
}


/* fewer layers: after a while; a microphone always crosses to home */
static void
mw_relayed_tick(mw_relayed_t *r, mw_usec_t now)
{
    uint8_t layers;

    layers = mw_source_watching(r->source);

    if (r->kind == MEET_KIND_MIC && !r->p->room->branch) {
        layers = 1;
    }

    if ((r->layers & ~layers) == 0) {
        r->watched = now;

    } else if (now - r->watched < MW_RELAY_REST) {
        layers |= r->layers;
    }

    mw_relayed_wants(r, layers, mw_source_needed(r->source, now));
}


/* what home has to know of connections that are here */
static void
mw_relay_state_out(mw_participant_t *p, mw_usec_t now)
{
    mw_usec_t consent;
    meet_relay_state_t state;

    consent = mw_participant_consent(p);

    memset(&state, 0, sizeof(state));
    state.publish = p->publish != NULL;
    state.subscribe = p->subscribe != NULL;
    state.up = p->quality.up.grade;
    state.down = p->quality.down.grade;
    state.consent_ms = UINT32_MAX;

    if (memcmp(&state, &p->state, sizeof(state)) == 0
        && now - p->stated < MW_SEC) {
        return;
    }

    p->state = state;
    p->stated = now;

    if (consent != 0) {
        state.consent_ms = (uint32_t) ((now - consent) / MW_MSEC);
    }

    mw_relay_send(p->room->legs, p, MEET_RELAY_STATE, &state, sizeof(state));
}
