/*
 * When packets leave for a subscriber: sound at once, pictures and what is
 * sent again no faster than the estimate allows.  A picture that would have
 * to wait for too long is given up until its next keyframe; if that does not
 * fit either, as of a screen on a narrow way, the next one may wait longer.
 */

#include "mw_subscribe.h"

/* of the estimate: where there is less than wanted, and where it is enough */
#define MW_PACE_TIGHT(estimate) ((estimate) + (estimate) / 8)
#define MW_PACE_WIDE(estimate)  ((estimate) / 2 * 5)

/* while a queue on the way has to empty */
#define MW_PACE_DRAIN(estimate) ((estimate) / 10 * 7)
#define MW_PACE_QUEUE           (100 * MW_MSEC)

#define MW_PACE_BURST      (5 * MW_MSEC)
#define MW_PACE_BURST_WIDE (40 * MW_MSEC)

/* what is left of another layer is sent all the same, if it is less */
#define MW_PACE_STALE (50 * MW_MSEC)

/* so long after a decrease the way counts as narrow */
#define MW_PACE_CALM (10 * MW_SEC)

/* given up again within that, pictures may wait twice as long, four times so */
#define MW_PACE_AGAIN    (5 * MW_SEC)
#define MW_PACE_PATIENCE 4

/* until nothing has been given up for so long */
#define MW_PACE_FITS (10 * MW_SEC)

/* authentication tag, UDP and IP: they take room on the way as well */
#define MW_PACE_OVERHEAD (16 + 8 + 20)


static void mw_subscribe_pace(void *ctx, mw_usec_t now);
static void mw_subscribe_pace_arm(mw_subscribe_t *subscribe, mw_usec_t at);
static mw_rc_t mw_subscribe_wait(mw_subscribe_t *subscribe,
    mw_pacer_class_t class, unsigned slot, const mw_rtp_out_t *out,
    mw_usec_t now);
static void mw_subscribe_give_up(
    mw_subscribe_t *subscribe, unsigned slot, mw_usec_t now);
static mw_rc_t mw_subscribe_leave(
    mw_subscribe_t *subscribe, const mw_rtp_out_t *out, mw_usec_t now);


void
mw_subscribe_pace_open(mw_subscribe_t *subscribe)
{
    mw_pacer_init(&subscribe->pacer,
        subscribe->connection.participant->room->context->paced);
    mw_timer_init(&subscribe->pace, mw_subscribe_pace, subscribe);
    subscribe->pace_at = MW_NEVER;
}


void
mw_subscribe_pace_close(mw_subscribe_t *subscribe)
{
    mw_timer_cancel(subscribe->connection.participant->room->context->timers,
        &subscribe->pace);
    mw_pacer_clear(&subscribe->pacer);
}


void
mw_subscribe_pace_limit(mw_subscribe_t *subscribe, mw_usec_t now)
{
    uint32_t estimate;
    const mw_bwe_t *bwe;

    bwe = &subscribe->bwe;
    estimate = mw_bwe_estimate(bwe);

    if (!mw_bwe_known(bwe)) {
        mw_pacer_limit(&subscribe->pacer, 0, 0);

    } else if (mw_bwe_queue(bwe) > MW_PACE_QUEUE) {
        mw_pacer_limit(
            &subscribe->pacer, MW_PACE_DRAIN(estimate), MW_PACE_BURST);

    } else if (subscribe->tight
               || (bwe->decreased != 0 && now - bwe->decreased < MW_PACE_CALM))
    {
        mw_pacer_limit(
            &subscribe->pacer, MW_PACE_TIGHT(estimate), MW_PACE_BURST);

    } else {
        mw_pacer_limit(
            &subscribe->pacer, MW_PACE_WIDE(estimate), MW_PACE_BURST_WIDE);
    }
}


void
mw_subscribe_pace_lowered(
    mw_subscribe_t *subscribe, unsigned slot, mw_usec_t now)
{
    mw_slot_t *half;

    half = subscribe->slots[slot][MW_VIDEO];

    if (mw_bwe_queue(&subscribe->bwe) > MW_PACE_QUEUE
        && (mw_slot_switching(half) || mw_slot_paused(half)))
    {
        mw_pacer_drop(&subscribe->pacer, slot);
        mw_slot_break(half, now);
    }
}


mw_rc_t
mw_subscribe_write_rtp(void *owner, const mw_rtp_out_t *out, mw_usec_t now)
{
    mw_rc_t rc;
    bool begins;
    uint32_t ssrc;
    unsigned slot;
    mw_pacer_class_t class;
    mw_subscribe_t *subscribe = owner;

    ssrc = mw_get32(out->header + 8);
    slot = (ssrc & MW_SSRC_INDEX) / MW_HALVES;
    class = (ssrc & MW_SSRC_RTX) ? MW_PACER_AGAIN : MW_PACER_NEW;

    if ((ssrc & MW_SSRC_INDEX) % MW_HALVES == MW_AUDIO
        || !mw_subscribe_rated(subscribe))
    {
        return mw_subscribe_leave(subscribe, out, now);
    }

    /*
     * The first retransmission never waits: a probe would overtake it, and what
     * comes before the first packet of a stream is never sent, see mw_aead.h.
     */

    begins = class == MW_PACER_AGAIN && !(subscribe->begun & 1ull << slot);

    if (!begins && !subscribe->probing) {
        if (subscribe->broken & 1ull << slot) {
            return MW_DROP;
        }

        if (mw_pacer_fits(out) && !mw_pacer_open(&subscribe->pacer, class, now))
        {
            return mw_subscribe_wait(subscribe, class, slot, out, now);
        }
    }

    rc = mw_subscribe_leave(subscribe, out, now);

    if (begins && rc == MW_OK) {
        subscribe->begun |= 1ull << slot;
    }

    return rc;
}


static mw_rc_t
mw_subscribe_wait(mw_subscribe_t *subscribe, mw_pacer_class_t class,
    unsigned slot, const mw_rtp_out_t *out, mw_usec_t now)
{
    mw_rc_t rc;
    uint8_t layer;
    unsigned victim;
    mw_pacer_t *pacer;

    pacer = &subscribe->pacer;
    layer = (uint8_t) mw_slot_layer(subscribe->slots[slot][MW_VIDEO]);

    if (class == MW_PACER_NEW && subscribe->waiting[slot] != layer) {
        /* who waits for a smaller picture has no use for the larger one */

        if (mw_pacer_time(pacer, pacer->stream_bytes[slot]) > MW_PACE_STALE) {
            mw_pacer_drop(pacer, slot);
        }

        subscribe->waiting[slot] = layer;
    }

    if (now - subscribe->impatient > MW_PACE_FITS) {
        pacer->patience = 0;
    }

    rc = mw_pacer_put(pacer, class, slot, out);

    if (rc == MW_AGAIN && class == MW_PACER_NEW) {
        victim = pacer->bytes > 0 ? mw_pacer_largest(pacer) : slot;
        mw_subscribe_give_up(subscribe, victim, now);

        rc = victim == slot ? MW_DROP : mw_pacer_put(pacer, class, slot, out);
    }

    mw_subscribe_pace_arm(subscribe, mw_pacer_due(pacer));

    /* a retransmission for which there is no room would come too late */

    return rc == MW_OK ? MW_OK : MW_DROP;
}


static void
mw_subscribe_give_up(mw_subscribe_t *subscribe, unsigned slot, mw_usec_t now)
{
    mw_usec_t *last;
    mw_pacer_t *pacer;

    pacer = &subscribe->pacer;
    last = &subscribe->given_up[slot];

    if (*last != 0 && now - *last < MW_PACE_AGAIN
        && pacer->patience < MW_PACE_PATIENCE)
    {
        pacer->patience++;
    }

    *last = now;
    subscribe->impatient = now;
    subscribe->broken |= 1ull << slot;

    mw_pacer_drop(pacer, slot);
    mw_subscribe_pace_arm(subscribe, now);
}


static mw_rc_t
mw_subscribe_leave(
    mw_subscribe_t *subscribe, const mw_rtp_out_t *out, mw_usec_t now)
{
    size_t size;

    size = mw_rtp_out_len(out) + MW_PACE_OVERHEAD;

    if (subscribe->twcc != 0
        && mw_peer_state(subscribe->connection.peer) == MW_PEER_CONNECTED
        && mw_rtp_number(
            out->header, out->header_len, subscribe->twcc, subscribe->bwe.seq))
    {
        (void) mw_bwe_next(&subscribe->bwe, size, now);
        mw_pacer_sent(&subscribe->pacer, size, now);

    } else if (subscribe->remb) {
        (void) mw_rtp_stamp(
            out->header, out->header_len, subscribe->stamp, now);
        mw_bwe_count_sent(&subscribe->bwe, size);
        mw_pacer_sent(&subscribe->pacer, size, now);
    }

    return mw_peer_write_rtp(subscribe->connection.peer, out, now);
}


static void
mw_subscribe_pace(void *ctx, mw_usec_t now)
{
    unsigned i;
    uint64_t broken;
    mw_paced_t *pkt;
    mw_subscribe_t *subscribe = ctx;

    subscribe->pace_at = MW_NEVER;

    while ((pkt = mw_pacer_next(&subscribe->pacer, now)) != NULL) {
        (void) mw_subscribe_leave(subscribe, &pkt->out, now);
        mw_pacer_done(&subscribe->pacer, pkt);
    }

    broken = subscribe->broken;
    subscribe->broken = 0;

    for (i = 0; broken != 0; i++, broken >>= 1) {
        if ((broken & 1) && subscribe->slots[i][MW_VIDEO] != NULL) {
            mw_slot_break(subscribe->slots[i][MW_VIDEO], now);
        }
    }

    mw_subscribe_pace_arm(subscribe, mw_pacer_due(&subscribe->pacer));
}


static void
mw_subscribe_pace_arm(mw_subscribe_t *subscribe, mw_usec_t at)
{
    if (at < subscribe->pace_at) {
        subscribe->pace_at = at;
        mw_timer_set(subscribe->connection.participant->room->context->timers,
            &subscribe->pace, at);
    }
}
