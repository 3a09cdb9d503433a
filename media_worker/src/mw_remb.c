/* What a publisher may send, estimated where it arrives. */

#include "mw_remb.h"

#define MW_REMB_CLOCK 90000

/* pictures further apart than this do not tell how long one was on its way */
#define MW_REMB_JUMP (10 * MW_REMB_CLOCK)

/* another stream's pictures tell the time when these have stopped */
#define MW_REMB_STALE MW_SEC

/* UDP and IP, and a publisher's reaction to what it is told */
#define MW_REMB_OVERHEAD 28
#define MW_REMB_REACTION (200 * MW_MSEC)

/* this much less than what was told cannot wait */
#define MW_REMB_LESS(rate) ((rate) / 100 * 97)


static mw_usec_t mw_remb_stamped(
    mw_remb_t *r, const uint8_t *stamp, mw_usec_t now);
static mw_usec_t mw_remb_pictured(
    mw_remb_t *r, const mw_rtp_t *rtp, mw_usec_t now);


void
mw_remb_init(mw_remb_t *r, mw_usec_t now)
{
    memset(r, 0, sizeof(*r));

    mw_bwe_receive(&r->bwe, MW_REMB_REACTION, now);
}


void
mw_remb_packet(
    mw_remb_t *r, const mw_rtp_t *rtp, bool video, size_t len, mw_usec_t now)
{
    mw_usec_t sent;

    sent = MW_NEVER;

    if (rtp->ext_len[MW_EXT_ABS_SEND_TIME] == 3) {
        sent = mw_remb_stamped(r, rtp->ext[MW_EXT_ABS_SEND_TIME], now);

    } else if (video) {
        sent = mw_remb_pictured(r, rtp, now);
    }

    mw_bwe_received(&r->bwe, len + MW_REMB_OVERHEAD, sent, now);
}


bool
mw_remb_due(mw_remb_t *r, uint32_t *rate, mw_usec_t now)
{
    uint32_t estimate;

    estimate = mw_bwe_estimate(&r->bwe);

    if (r->told != 0 && now - r->told < MW_REMB_INTERVAL
        && estimate >= MW_REMB_LESS(r->rate))
    {
        return false;
    }

    r->told = now;
    r->rate = estimate;
    *rate = estimate;

    return true;
}


/* what is written wraps; one that comes late does not turn the clock back */
static mw_usec_t
mw_remb_stamped(mw_remb_t *r, const uint8_t *stamp, mw_usec_t now)
{
    mw_usec_t step, written;

    written = mw_rtp_sent(stamp);
    step = (written - r->stamp) % MW_RTP_SENT_WRAP;

    if (step >= MW_RTP_SENT_WRAP / 2) {
        step -= MW_RTP_SENT_WRAP;

    } else if (step < -MW_RTP_SENT_WRAP / 2) {
        step += MW_RTP_SENT_WRAP;
    }

    if (r->at == 0 || r->ssrc != 0 || now - r->at > MW_RTP_SENT_WRAP / 4) {
        /* nothing to go on from */
        r->ssrc = 0;
        step = r->at == 0 ? 0 : now - r->at;

    } else if (step < 0) {
        return r->sent + step;
    }

    r->sent += step;
    r->stamp = written;
    r->at = now;

    return r->sent;
}


/*
 * The first packet of a picture left about when that was taken; those behind
 * it also had to wait for each other.
 */
static mw_usec_t
mw_remb_pictured(mw_remb_t *r, const mw_rtp_t *rtp, mw_usec_t now)
{
    int32_t step;

    step = (int32_t) (rtp->ts - r->ts);

    if (r->at == 0 || rtp->ssrc != r->ssrc) {
        if (r->at != 0 && now - r->at < MW_REMB_STALE) {
            return MW_NEVER;
        }

        r->ssrc = rtp->ssrc;
        r->sent += r->at == 0 ? 0 : now - r->at;

    } else if (step > MW_REMB_JUMP || step < -MW_REMB_JUMP) {
        r->sent += now - r->at;

    } else if (step <= 0) {
        return MW_NEVER;

    } else {
        r->sent += (mw_usec_t) step * MW_SEC / MW_REMB_CLOCK;
    }

    r->ts = rtp->ts;
    r->at = now;

    return r->sent;
}
