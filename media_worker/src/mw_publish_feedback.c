/*
 * What a publisher's congestion control is told: of every packet, or, where it
 * does not know that, how much it may send.
 */

#include "mw_publish.h"

#include <stdlib.h>


static void mw_publish_feedback(void *ctx, mw_usec_t now);
static void mw_publish_feedback_arm(mw_publish_t *publish, mw_usec_t at);
static void mw_publish_remb(mw_publish_t *publish, mw_usec_t now);


void
mw_publish_feedback_open(mw_publish_t *publish)
{
    mw_twcc_init(&publish->twcc);
    mw_timer_init(&publish->feedback, mw_publish_feedback, publish);
    publish->feedback_at = MW_NEVER;
}


void
mw_publish_feedback_close(mw_publish_t *publish)
{
    mw_timer_cancel(publish->connection.participant->room->context->timers,
        &publish->feedback);
    free(publish->remb);
}


mw_rc_t
mw_publish_feedback_choose(mw_publish_t *publish, bool remb, mw_usec_t now)
{
    if (!remb) {
        free(publish->remb);
        publish->remb = NULL;
        return MW_OK;
    }

    if (publish->remb == NULL) {
        publish->remb = malloc(sizeof(mw_remb_t));

        if (publish->remb == NULL) {
            return MW_ERROR;
        }

        mw_remb_init(publish->remb, now);
    }

    return MW_OK;
}


void
mw_publish_feedback_note(mw_publish_t *publish, const mw_rtp_t *rtp, bool video,
    size_t len, mw_usec_t now)
{
    if (publish->remb != NULL) {
        mw_remb_packet(publish->remb, rtp, video, len, now);
        mw_publish_remb(publish, now);
        return;
    }

    if (rtp->ext_len[MW_EXT_TRANSPORT_CC] != 2) {
        return;
    }

    publish->heard = rtp->ssrc;
    mw_twcc_received(
        &publish->twcc, mw_get16(rtp->ext[MW_EXT_TRANSPORT_CC]), now);
    mw_publish_feedback_arm(publish, mw_twcc_due(&publish->twcc));

    if (publish->feedback_at <= now) {
        mw_publish_feedback(publish, now);
    }
}


static void
mw_publish_feedback_arm(mw_publish_t *publish, mw_usec_t at)
{
    if (at < publish->feedback_at) {
        publish->feedback_at = at;
        mw_timer_set(publish->connection.participant->room->context->timers,
            &publish->feedback, at);
    }
}


static void
mw_publish_feedback(void *ctx, mw_usec_t now)
{
    mw_rtcp_writer_t w;
    mw_publish_t *publish = ctx;
    uint8_t buf[MW_RTCP_ROOM];

    publish->feedback_at = MW_NEVER;
    mw_rtcp_writer_init(&w, buf, sizeof(buf));

    while (mw_twcc_write(&publish->twcc, &w, publish->ssrc, publish->heard)
           == MW_OK)
    {
        mw_connection_write_rtcp(&publish->connection, &w, now);
    }
}


static void
mw_publish_remb(mw_publish_t *publish, mw_usec_t now)
{
    unsigned n;
    uint32_t rate, ssrcs[MW_DEMUX_SSRCS];
    mw_rtcp_writer_t w;
    uint8_t buf[MW_RTCP_ROOM];

    if (!mw_remb_due(publish->remb, &rate, now)) {
        return;
    }

    n = mw_demux_ssrcs(&publish->demux, ssrcs);
    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    (void) mw_rtcp_write_remb(&w, publish->ssrc, rate, ssrcs, n);
    mw_connection_write_rtcp(&publish->connection, &w, now);
}
