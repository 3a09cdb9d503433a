/* Decrypted packets in, figures out. */

#include <openssl/rand.h>
#include <stdlib.h>

#include "mc_receive.h"
#include "mc_rtcp.h"


#define MC_MAP_GRACE (2 * MW_SEC) /* packets of the old mapping on the way */
#define MC_RR_STEP   MW_SEC
#define MC_TRAILER   160
#define MC_NACKS     16 /* asked for in one go */


int
mc_receive_init(mc_receive_t *receive, mc_loop_t *loop, mc_peer_t *peer)
{
    memset(receive, 0, sizeof(*receive));
    receive->loop = loop;
    receive->peer = peer;
    receive->half = calloc(MC_SECTIONS, sizeof(mc_half_t));
    RAND_bytes((uint8_t *) &receive->ssrc, 4);

    return receive->half == NULL ? -1 : 0;
}


void
mc_receive_half(mc_receive_t *receive, unsigned slot, bool video, uint32_t ssrc,
    uint32_t rtx_ssrc)
{
    unsigned i;
    mc_half_t *half;

    for (i = 0; i < receive->count; i++) {
        if (receive->half[i].ssrc == ssrc) {
            return;
        }
    }

    if (receive->count == MC_SECTIONS) {
        return;
    }

    half = &receive->half[receive->count++];
    half->slot = slot;
    half->video = video;
    half->ssrc = ssrc;
    half->rtx_ssrc = rtx_ssrc;
    half->expected = half->before = half->source = MC_NO_SOURCE;
}


void
mc_receive_map(mc_receive_t *receive, unsigned slot, bool video,
    uint32_t source, mw_usec_t now)
{
    unsigned i;
    mc_half_t *half;

    for (i = 0; i < receive->count; i++) {
        half = &receive->half[i];

        if (half->slot == slot && half->video == video
            && half->expected != source) {
            half->before = half->expected;
            half->expected = source;
            half->mapped = now;
        }
    }
}


static void
mc_half_latency(mc_half_t *half, mw_usec_t latency)
{
    unsigned i;
    double edge;

    if (latency < 0) {
        return;
    }

    half->latencies++;

    if (latency > half->latency_max) {
        half->latency_max = latency;
    }

    for (i = 0, edge = 16; i + 1 < MC_LATENCIES && (double) latency > edge; i++)
    {
        edge *= 1.41421356;
    }

    half->latency[i]++;
}


/* the value of a one-byte header extension, or NULL */
static const uint8_t *
mc_extension(const uint8_t *data, size_t head, size_t end, unsigned id)
{
    size_t at, len;

    for (at = head; at < end; at += len) {
        if (data[at] == 0) {
            len = 1;
            continue;
        }

        len = 2u + (data[at] & 15u);

        if (at + len > end) {
            return NULL;
        }

        if (data[at] >> 4 == id) {
            return data + at + 1;
        }
    }

    return NULL;
}


/* true when the packet is new; RFC 3550 appendix A.1 in 64 bits */
static bool
mc_half_sequence(mc_half_t *half, uint16_t seq)
{
    uint64_t ext, i;
    int16_t delta;

    if (!half->started) {
        half->started = true;
        half->highest = half->first = 65536 + seq;
        memset(half->seen, 0, sizeof(half->seen));
        half->seen[half->highest / 64 % (MC_WINDOW_BITS / 64)] |=
            1ull << half->highest % 64;
        return true;
    }

    delta = (int16_t) (seq - (uint16_t) half->highest);
    ext = half->highest + (uint64_t) (int64_t) delta;

    if (delta > 0) {
        for (i = half->highest + 1; i <= ext; i++) {
            half->seen[i / 64 % (MC_WINDOW_BITS / 64)] &= ~(1ull << i % 64);
        }

        half->highest = ext;

    } else if ((half->seen[ext / 64 % (MC_WINDOW_BITS / 64)] >> ext % 64 & 1)
               != 0) {
        half->doubled++;
        return false;

    } else {
        half->reordered++;
    }

    half->seen[ext / 64 % (MC_WINDOW_BITS / 64)] |= 1ull << ext % 64;

    return true;
}


/* RFC 7741 section 4.2, as far as we look at it */
static void
mc_half_vp8(
    mc_half_t *half, const uint8_t *p, size_t len, bool switched, bool newest)
{
    bool key;
    size_t at;
    unsigned height;
    uint16_t picture;

    if (len < 5 || (p[0] & 0x90) != 0x90 || (p[0] & 0x07) != 0) {
        return;
    }

    at = 2;
    picture = 0;

    if ((p[1] & 0x80) != 0) {
        picture = p[at];

        if ((p[at] & 0x80) != 0) {
            picture = (uint16_t) (mw_get16(p + at) & 0x7fff);
            at++;
        }

        at++;
    }

    at += (p[1] & 0x40) != 0;
    at += (p[1] & 0x30) != 0;

    if (at >= len) {
        return;
    }

    key = (p[at] & 1) == 0;
    half->frames++;
    half->keyframes += key;

    /* RFC 6386 section 9.1 */
    if (key && newest && at + 10 <= len) {
        height = (p[at + 8] | (unsigned) p[at + 9] << 8) & 0x3fff;
        half->sizes += half->height != 0 && half->height != height;
        half->height = height;
    }

    if (switched && !key) {
        half->headless++;
    }

    if (newest) {
        if (half->have_picture && picture != ((half->picture + 1) & 0x7fff)) {
            half->jumps++;
        }

        half->have_picture = true;
        half->picture = picture;
    }
}


static void
mc_half_source(mc_half_t *half, uint32_t source, mw_usec_t now)
{
    if (source == half->expected
        || (source == half->before && now - half->mapped < MC_MAP_GRACE)
        || half->mapped == 0)
    {
        return;
    }

    half->wrong_source++;
}


static void
mc_half_packet(mc_receive_t *receive, mc_half_t *half, const uint8_t *data,
    size_t len, size_t payload, uint16_t seq, bool again, mw_usec_t now)
{
    bool newest, switched;
    size_t csrcs, head;
    uint32_t source;
    uint64_t highest;
    const uint8_t *capture;

    highest = half->highest;

    if (!mc_half_sequence(half, seq)) {
        return;
    }

    newest = half->highest != highest || half->packets == 0;
    half->packets++;
    half->octets += len;
    half->recovered += again;

    if (half->last != 0 && now - half->last > half->silence) {
        half->silence = now - half->last;
    }

    half->last = now;
    csrcs = data[0] & 15u;
    source = csrcs == 0 ? MC_NO_SOURCE : mw_get32(data + 12);
    switched = false;

    if (source == MC_NO_SOURCE) {
        receive->csrc_missing++;

    } else {
        mc_half_source(half, source, now);
        switched = newest && source != half->source;
    }

    if (switched) {
        half->source = source;
        half->switches++;
    }

    if (half->video) {
        mc_half_vp8(half, data + payload, len - payload, switched, newest);
    }

    if ((data[0] & 0x10) != 0 && !again) {
        head = 12 + csrcs * 4;
        capture = mc_extension(data, head + 4, payload, MC_EXT_CAPTURE);

        if (capture != NULL) {
            mc_half_latency(half, now - mc_from_ntp(mw_get64(capture)));
        }
    }
}


/* RTP of this machine: its clock is ours, as 6.18 bits */
static void
mc_receive_stamp(
    mc_receive_t *receive, const uint8_t *data, size_t payload, mw_usec_t now)
{
    uint32_t age;
    const uint8_t *stamp;

    if ((data[0] & 0x10) == 0) {
        return;
    }

    stamp = mc_extension(
        data, 16 + (size_t) (data[0] & 15u) * 4, payload, MC_EXT_SENT);

    if (stamp != NULL) {
        age = ((uint32_t) (mc_ntp(now) >> 14) - mw_get24(stamp)) & 0xffffff;
        receive->stamped += age < 1u << 18 >> 3;
    }
}


void
mc_receive_rtp(
    mc_receive_t *receive, const uint8_t *data, size_t len, mw_usec_t now)
{
    unsigned i;
    size_t payload;
    uint32_t ssrc;
    mc_half_t *half;

    payload = 12 + (size_t) (data[0] & 15) * 4;

    if ((data[0] & 0x10) != 0 && payload + 4 <= len) {
        payload += 4 + (size_t) mw_get16(data + payload + 2) * 4;
    }

    if (payload > len) {
        return;
    }

    receive->octets += len;
    mc_receive_stamp(receive, data, payload, now);
    ssrc = mw_get32(data + 8);

    for (i = 0; i < receive->count; i++) {
        half = &receive->half[i];

        if (half->ssrc == ssrc) {
            mc_half_packet(receive, half, data, len, payload,
                mw_get16(data + 2), false, now);
            return;
        }

        /* padding probes have no payload behind the header */
        if (half->rtx_ssrc == ssrc && half->rtx_ssrc != 0) {
            if (payload + 2 <= len && (data[0] & 0x20) == 0) {
                mc_half_packet(receive, half, data, len, payload + 2,
                    mw_get16(data + payload), true, now);
            }

            return;
        }
    }

    receive->unknown++;
}


static uint64_t
mc_half_expected(const mc_half_t *half)
{
    return half->started ? half->highest - half->first + 1 : 0;
}


static bool
mc_half_has(const mc_half_t *half, uint64_t ext)
{
    return (half->seen[ext / 64 % (MC_WINDOW_BITS / 64)] >> ext % 64 & 1) != 0;
}


/* asks for what is missing among the newest numbers */
static void
mc_receive_nacks(mc_receive_t *receive, mc_half_t *half)
{
    unsigned n;
    size_t len;
    uint64_t ext, from;
    uint8_t out[16 + MC_TRAILER];

    if (!half->started || half->rtx_ssrc == 0) {
        return;
    }

    from =
        half->highest > half->first + 256 ? half->highest - 256 : half->first;

    for (ext = from, n = 0; ext < half->highest && n < MC_NACKS; ext++) {
        if (!mc_half_has(half, ext)) {
            len =
                mc_rtcp_nack(out, receive->ssrc, half->ssrc, (uint16_t) ext, 0);
            mc_peer_send_rtcp(receive->peer, out, len);
            n++;
        }
    }
}


static void
mc_receive_say(mc_receive_t *receive)
{
    size_t len;
    uint8_t out[24 + MC_TRAILER];

    if (receive->remb != 0 && receive->count != 0) {
        len = mc_rtcp_remb(
            out, receive->ssrc, receive->half[0].ssrc, receive->remb);
        mc_peer_send_rtcp(receive->peer, out, len);
    }
}


static void
mc_receive_timer(void *ctx, mw_usec_t now)
{
    unsigned i;
    size_t len;
    uint64_t lost;
    mc_half_t *half;
    uint8_t out[32 + MC_TRAILER];
    mc_receive_t *receive = ctx;

    for (i = 0; i < receive->count; i++) {
        half = &receive->half[i];

        if (!half->started) {
            continue;
        }

        if (receive->nack) {
            mc_receive_nacks(receive, half);
        }

        lost = mc_half_expected(half) - half->packets;
        len = mc_rtcp_rr(out, receive->ssrc, half->ssrc, 0, (uint32_t) lost,
            (uint32_t) half->highest, 0);
        mc_peer_send_rtcp(receive->peer, out, len);
    }

    mc_receive_say(receive);

    mw_timer_set(&receive->loop->timers, &receive->timer,
        now + (receive->nack ? 50 * MW_MSEC : MC_RR_STEP));
}


void
mc_receive_remb(mc_receive_t *receive, unsigned kbps)
{
    receive->remb = kbps;
    mc_receive_say(receive);
}


void
mc_receive_start(mc_receive_t *receive, mw_usec_t now)
{
    mw_timer_init(&receive->timer, mc_receive_timer, receive);
    mw_timer_set(&receive->loop->timers, &receive->timer, now + MC_RR_STEP);
}


uint64_t
mc_receive_missing(const mc_half_t *half)
{
    return mc_half_expected(half) - half->packets;
}


/* upper edge of the bucket that holds the share `q` of all latencies */
static double
mc_half_quantile(const mc_half_t *half, double q)
{
    unsigned i;
    double edge;
    uint64_t sum;

    sum = 0;

    for (i = 0, edge = 16; i < MC_LATENCIES; i++, edge *= 1.41421356) {
        sum += half->latency[i];

        if ((double) sum >= q * (double) half->latencies) {
            break;
        }
    }

    return edge;
}


json_t *
mc_receive_report(const mc_receive_t *receive, mw_usec_t now)
{
    unsigned i;
    json_t *halves;
    const mc_half_t *half;

    halves = json_array();

    for (i = 0; i < receive->count; i++) {
        half = &receive->half[i];

        if (half->packets == 0) {
            continue;
        }

        json_array_append_new(halves,
            json_pack("{sI sb sI sI sI sI sI sI sI sI sI sI sI sI sI sI sI sI "
                      "sI sI sf sf sf}",
                "slot", (json_int_t) half->slot, "video", half->video, "source",
                (json_int_t) half->source, "packets",
                (json_int_t) half->packets, "missing",
                (json_int_t) mc_receive_missing(half), "doubled",
                (json_int_t) half->doubled, "reordered",
                (json_int_t) half->reordered, "recovered",
                (json_int_t) half->recovered, "wrong_source",
                (json_int_t) half->wrong_source, "frames",
                (json_int_t) half->frames, "keyframes",
                (json_int_t) half->keyframes, "jumps", (json_int_t) half->jumps,
                "headless", (json_int_t) half->headless, "switches",
                (json_int_t) half->switches, "height",
                (json_int_t) half->height, "sizes", (json_int_t) half->sizes,
                "octets", (json_int_t) half->octets, "silence_us",
                (json_int_t) half->silence, "idle_us",
                (json_int_t) (now - half->last), "latencies",
                (json_int_t) half->latencies, "latency_p50_us",
                mc_half_quantile(half, 0.5), "latency_p99_us",
                mc_half_quantile(half, 0.99), "latency_max_us",
                (double) half->latency_max));
    }

    return json_pack("{so sI sI sI sI sI}", "slots", halves, "bad",
        (json_int_t) receive->peer->bad, "unknown",
        (json_int_t) receive->unknown, "csrc_missing",
        (json_int_t) receive->csrc_missing, "stamped",
        (json_int_t) receive->stamped, "octets", (json_int_t) receive->octets);
}


void
mc_receive_reset(mc_receive_t *receive)
{
    unsigned i;
    mc_half_t *half, keep;

    for (i = 0; i < receive->count; i++) {
        half = &receive->half[i];
        keep = *half;
        memset(half, 0, sizeof(*half));
        half->ssrc = keep.ssrc;
        half->rtx_ssrc = keep.rtx_ssrc;
        half->video = keep.video;
        half->slot = keep.slot;
        half->expected = keep.expected;
        half->before = keep.before;
        half->mapped = keep.mapped;
        half->source = keep.source;
        half->last = keep.last;
        half->height = keep.height;
    }

    receive->unknown = 0;
    receive->csrc_missing = 0;
    receive->stamped = 0;
    receive->octets = 0;
    receive->peer->bad = 0;
}


void
mc_receive_close(mc_receive_t *receive)
{
    if (receive->half == NULL) {
        return;
    }

    mw_timer_cancel(&receive->loop->timers, &receive->timer);
    free(receive->half);
    receive->half = NULL;
    receive->count = 0;
}
