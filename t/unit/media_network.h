/* A bad network: packets are lost, late, doubled, and sent again if asked for. */

#ifndef MEDIA_NETWORK_H
#define MEDIA_NETWORK_H

#include "media_sender.h"


static inline void
deliver(sender_t *s, wire_t *w)
{
    mw_rtp_t rtp;
    mw_demux_hit_t hit;

    memset(&rtp, 0, sizeof(rtp));
    rtp.payload = w->bytes;
    rtp.payload_len = w->len;
    rtp.ts = w->ts;
    rtp.ssrc = SOURCE_SSRC;
    rtp.seq = (uint16_t) (s->seq0 + (w - s->wire));
    rtp.marker = w->marker;

    memset(&hit, 0, sizeof(hit));
    hit.codec = s->codec;
    hit.ssrc = w->again ? SOURCE_RTX : SOURCE_SSRC;
    hit.rtx = w->again;

    if (mw_source_input(s->source, &rtp, &hit, now) == MW_OK) {
        assert_false(w->delivered);
        w->delivered = true;
    }
}


/* the packets that arrive by now, in the order of their times */
static inline void
run_wire(sender_t *s)
{
    unsigned i, best;

    for (;;) {
        best = PACKETS;

        for (i = s->first; i < s->sent; i++) {
            if (s->wire[i].due && s->wire[i].at <= now
                && (best == PACKETS || s->wire[i].at < s->wire[best].at))
            {
                best = i;
            }
        }

        if (best == PACKETS) {
            break;
        }

        s->wire[best].due = percent(2); /* comes again */
        s->wire[best].at += 3 * MW_MSEC;
        deliver(s, &s->wire[best]);
    }

    while (s->first + 600 < s->sent) {
        s->first++;
    }

    /* what the source asked for again */
    for (; s->answered < s->pub.nacks; s->answered++) {
        i = (uint16_t) (s->pub.nacked[s->answered & 255] - s->seq0);

        if (i >= s->first && i < s->sent && percent(70)) {
            s->wire[i].due = true;
            s->wire[i].again = true;
            s->wire[i].at = now + 20 * MW_MSEC;
        }
    }
}


#endif /* MEDIA_NETWORK_H */
