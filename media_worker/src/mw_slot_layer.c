/* Which layer of its source a slot shows. */

#include "mw_slot_rewrite.h"

#include <stdlib.h>

/* how old a keyframe may be for a new slot to start with it at once */
#define MW_SLOT_CATCH_UP     (300 * MW_MSEC)
#define MW_SLOT_CATCH_UP_MAX 200 /* packets */

/*
 * Of a newcomer's, who sees nothing yet, older, if little came since: it must
 * not fill the way for long.
 */
#define MW_SLOT_NEWCOMER     (900 * MW_MSEC)
#define MW_SLOT_NEWCOMER_MAX 30


static void mw_slot_climb(mw_slot_t *slot, mw_usec_t now);
static void mw_slot_aim(mw_slot_t *slot, unsigned layer);


void
mw_slot_set_height(mw_slot_t *slot, unsigned height, mw_usec_t now)
{
    if (slot->height != height) {
        slot->height = height;
        mw_slot_choose(slot, now);
    }
}


void
mw_slot_pause(mw_slot_t *slot, bool pause, mw_usec_t now)
{
    if (slot->paused == pause) {
        return;
    }

    slot->paused = pause;

    if (slot->source == NULL) {
        return;
    }

    if (!pause) {
        mw_slot_begin(slot, now);

    } else if (slot->state == MW_SLOT_LIVE) {
        mw_slot_set_state(slot, MW_SLOT_WAITING);
    }

    mw_slot_tell(slot);
}


void
mw_slot_break(mw_slot_t *slot, mw_usec_t now)
{
    bool other;

    if (slot->state != MW_SLOT_LIVE) {
        return;
    }

    other = slot->target != slot->layer;
    mw_slot_settle(slot);

    if (other) {
        mw_slot_begin(slot, now);
        return;
    }

    mw_slot_set_state(slot, MW_SLOT_WAITING);
    mw_source_want_keyframe(slot->source, slot->layer, now);
}


bool
mw_slot_switching(const mw_slot_t *slot)
{
    return slot->source != NULL && slot->target != slot->layer;
}


bool
mw_slot_paused(const mw_slot_t *slot)
{
    return slot->paused;
}


void
mw_slot_choose(mw_slot_t *slot, mw_usec_t now)
{
    int64_t seq;
    uint8_t sid;
    unsigned layer;

    if (slot->source == NULL) {
        return;
    }

    sid = slot->sid_most;
    layer = mw_slot_chosen(slot);

    if (slot->sid_most != sid) {
        mw_slot_climb(slot, now);
    }

    if (layer == slot->target) {
        return;
    }

    mw_slot_aim(slot, layer);

    if (slot->state != MW_SLOT_LIVE) {
        mw_slot_settle(slot);
        mw_slot_begin(slot, now);
        return;
    }

    if (layer == slot->layer) {
        return;
    }

    seq = mw_slot_recent(slot, layer, now);

    if (seq >= 0) {
        mw_slot_catch_up(slot, layer, seq, now);
        return;
    }

    mw_source_want_keyframe(slot->source, layer, now);
}


unsigned
mw_slot_chosen(mw_slot_t *slot)
{
    unsigned layer;

    layer = mw_source_choose(slot->source, slot->height);

    if (mw_source_layered(slot->source)) {
        /* a receiver who is told nothing of layers takes each for a picture */
        slot->sid_most = mw_source_described(slot->source)
                                 && slot->conf.ids.id[MW_EXT_DEPENDENCY] == 0
                             ? 0
                             : (uint8_t) layer;
        return 0;
    }

    slot->sid_most = MW_SLOT_SPATIAL_ALL;

    return layer;
}


/* another of the layers that share the stream: mostly from a keyframe on */
static void
mw_slot_climb(mw_slot_t *slot, mw_usec_t now)
{
    if (slot->state == MW_SLOT_LIVE && slot->sid_most != slot->sid
        && (slot->sid_most > slot->sid || mw_source_alone(slot->source)))
    {
        slot->stats.layer_switches++;
        mw_source_want_keyframe(slot->source, slot->layer, now);
    }
}


/* a packet of the target; true: it starts there, and the slot with it */
bool
mw_slot_switch(
    mw_slot_t *slot, unsigned layer, const mw_stored_t *pkt, mw_usec_t now)
{
    bool known;
    uint32_t from, to, offset;

    if (!mw_slot_starts(slot, pkt)) {
        mw_source_want_keyframe(slot->source, layer, now);
        return false;
    }

    /* both show the same moments, and count them each in its own way */

    known = slot->state == MW_SLOT_LIVE
            && mw_source_ts_at(slot->source, slot->layer, now, &from)
            && mw_source_ts_at(slot->source, layer, now, &to);

    if (known) {
        offset = slot->ts_offset + from - to;
    }

    mw_slot_settle(slot);

    if (!mw_slot_start(slot, pkt, known ? &offset : NULL)) {
        mw_slot_set_state(slot, MW_SLOT_WAITING);
        return false;
    }

    slot->stats.layer_switches++;

    return true;
}


bool
mw_slot_broken(mw_slot_t *slot, const mw_stored_t *pkt, mw_usec_t now)
{
    uint8_t chain, sid;

    if (!pkt->begin
        || (pkt->broken
               & mw_source_chain(
                   slot->source, slot->layer, slot->sid, slot->temporal))
               == 0)
    {
        return false;
    }

    /* those below were sent only if these build on them */

    for (sid = slot->sid; sid > 0 && sid != MW_SLOT_SPATIAL_ALL
                          && !mw_source_alone(slot->source);
         sid--)
    {
        chain = mw_source_chain(
            slot->source, slot->layer, sid - 1u, slot->temporal);

        if (chain != 0 && (pkt->broken & chain) == 0) {
            slot->sid = sid - 1;
            slot->stats.layer_switches++;
            mw_source_want_keyframe(slot->source, slot->layer, now);
            return false;
        }
    }

    mw_slot_break(slot, now);

    return true;
}


/* the start of a keyframe young enough to begin with, -1: none */
int64_t
mw_slot_recent(const mw_slot_t *slot, unsigned layer, mw_usec_t now)
{
    int64_t seq, n;
    mw_usec_t age;
    const mw_stored_t *pkt;

    seq = mw_source_keyframe(slot->source, layer);
    pkt = seq < 0 ? NULL : mw_source_packet(slot->source, layer, seq);

    if (pkt == NULL) {
        return -1;
    }

    age = now - pkt->received;
    n = mw_source_highest(slot->source, layer) - seq;

    return (age <= MW_SLOT_CATCH_UP && n < MW_SLOT_CATCH_UP_MAX)
                   || (slot->next == slot->conf.first_seq
                       && age <= MW_SLOT_NEWCOMER && n < MW_SLOT_NEWCOMER_MAX)
               ? seq
               : -1;
}


static void
mw_slot_aim(mw_slot_t *slot, unsigned layer)
{
    if (slot->target != slot->layer) {
        mw_source_unwatch(slot->source, slot->target);
    }

    slot->target = (uint8_t) layer;

    if (slot->target != slot->layer) {
        mw_source_watch(slot->source, slot->target);
    }
}


void
mw_slot_settle(mw_slot_t *slot)
{
    if (slot->target != slot->layer) {
        mw_source_unwatch(slot->source, slot->layer);
        slot->layer = slot->target;
    }
}


void
mw_slot_release(mw_slot_t *slot)
{
    if (slot->source == NULL) {
        return;
    }

    mw_slot_settle(slot);
    mw_source_unwatch(slot->source, slot->layer);
    mw_source_detach(slot->source, &slot->listener);
    slot->source = NULL;

    free(slot->map);
    slot->map = NULL;
    slot->window = 0;
}
