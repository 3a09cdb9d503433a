/* What somebody sends who was let in and has keys. */

#include "mc_attack.h"
#include "mc_rtcp.h"


#define MC_TRAILER      160
#define MC_REPLAY_SSRC  0x5ca1ab1eu
#define MC_SSRCS        1000
#define MC_PT_UNKNOWN   55
#define MC_PT_UNRELATED 99
#define MC_ROOM         (MC_ATTACK_MAX + MC_TRAILER)


static void
mc_attack_rtp(mc_attack_t *attack, uint8_t *data, size_t len)
{
    if (mc_peer_send_rtp(&attack->who->up.peer, data, len) == 0) {
        attack->sent++;
        attack->sent_bytes += len;
    }
}


static void
mc_attack_rtcp(mc_attack_t *attack, mc_peer_t *peer, uint8_t *data, size_t len)
{
    if (mc_peer_send_rtcp(peer, data, len) == 0) {
        attack->sent++;
        attack->sent_bytes += len;
    }
}


/* no key was used, but the path is the participant's own */
static void
mc_attack_own_srtp(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    mc_track_t *track;
    uint8_t out[MC_ATTACK_MAX];

    (void) now;
    len = 12 + mc_attack_random() % 1200;
    track = &attack->who->publish.track[0];
    mc_attack_fill(out, len);
    out[0] = 0x80;
    out[1] = n % 8 == 0 ? 200 : MC_PT_OPUS;
    mw_put16(out + 2, (uint16_t) (track->seq + n % 100));
    mw_put32(out + (n % 8 == 0 ? 4 : 8), track->ssrc);
    mc_attack_send_own(attack, &attack->who->up.peer, out, len);
}


/* valid once; then again and again, from its own port and from others */
static void
mc_attack_replay(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    int len;
    mc_attack_kept_t *kept;
    mc_peer_t *peer;

    (void) now;
    peer = &attack->who->up.peer;
    kept = &attack->kept[n % MC_ATTACK_KEPT];

    if (attack->nkept < MC_ATTACK_KEPT) {
        len = 12 + 100;
        memset(kept->data, 0, sizeof(kept->data));
        kept->data[0] = 0x80;
        kept->data[1] = MC_PT_UNKNOWN;
        mw_put16(kept->data + 2, attack->seq++);
        mw_put32(kept->data + 8, MC_REPLAY_SSRC);

        if (srtp_protect(peer->dtls.tx, kept->data, &len) != srtp_err_status_ok)
        {
            return;
        }

        kept->len = (uint16_t) len;
        attack->nkept++;
    }

    if (n % 4 == 3) {
        mc_attack_send(attack, n, kept->data, kept->len);
    } else {
        mc_attack_send_own(attack, peer, kept->data, kept->len);
    }
}


static void
mc_attack_ssrcs(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    mc_track_t *track;
    uint8_t out[MC_ROOM];

    track = &attack->who->publish.track[n / 7 % attack->who->publish.count];
    len = mc_publish_head(track, out, 0x1000 + (uint32_t) (n % MC_SSRCS),
        (uint16_t) (n / MC_SSRCS), track->video ? MC_PT_VP8 : MC_PT_OPUS, true,
        now);
    mc_attack_fill(out + len, 100);
    mc_attack_rtp(attack, out, len + 100);
}


static mc_track_t *
mc_attack_track(mc_attack_t *attack, bool video)
{
    unsigned i;
    mc_publish_t *publish;

    publish = &attack->who->publish;

    for (i = 0; i < publish->count; i++) {
        if (publish->track[i].video == video) {
            return &publish->track[i];
        }
    }

    return &publish->track[0];
}


/* payload descriptors cut off anywhere (RFC 7741) */
static size_t
mc_attack_descriptor(uint8_t *out)
{
    size_t len;

    len = mc_attack_random() % 7;
    mc_attack_fill(out, 8);
    out[0] = (uint8_t) (0x80 | (mc_attack_random() & 0x77));

    return len;
}


/* an extension block whose elements say more than there is */
static size_t
mc_attack_extension(uint8_t *out, uint64_t n, size_t len)
{
    static const uint16_t profiles[] = { 0xbede, 0x1000, 0x1001, 0x0000 };

    mw_put16(out + 12, profiles[n / 16 % 4]);
    mc_attack_fill(out + 16, len - 16);
    out[16] = (uint8_t) (n % 2 == 0 ? MC_EXT_MID << 4 | 15 : 0xff);

    return len;
}


static void
mc_attack_malformed(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    mc_track_t *track;
    uint8_t out[MC_ROOM];

    track = mc_attack_track(attack, n % 3 != 0);
    len = mc_publish_head(track, out, track->ssrc, track->seq++,
        track->video ? MC_PT_VP8 : MC_PT_OPUS, n % 2 == 0, now);

    switch (n % 16) {

    case 0: /* nothing behind the header */
        break;

    case 1: /* padding longer than the packet */
        out[0] |= 0x20;
        memset(out + len, 0xff, 20);
        len += 20;
        break;

    case 2: /* padding of no length */
        out[0] |= 0x20;
        memset(out + len, 0, 20);
        len += 20;
        break;

    case 3: /* padding alone */
        out[0] |= 0x20;
        memset(out + len, 255, 255);
        len += 255;
        break;

    case 4:
        mw_put32(out + 8, 0);
        len += 20;
        break;

    case 5:
        out[1] = MC_PT_UNKNOWN;
        mc_attack_fill(out + len, 40);
        len += 40;
        break;

    case 6: /* RED whose blocks are longer than the packet (RFC 2198) */
        out[1] = MC_PT_UNRELATED;
        memset(out + len, 0xff, 40);
        len += 40;
        break;

    case 7: /* a retransmission of nothing */
        out[1] = MC_PT_RTX;
        mw_put32(out + 8, track->rtx_ssrc);
        mw_put16(out + 2, track->rtx_seq++);
        len += n / 16 % 3;
        break;

    case 8: /* a retransmission of what never was */
        out[1] = MC_PT_RTX;
        mw_put32(out + 8, track->rtx_ssrc);
        mw_put16(out + 2, track->rtx_seq++);
        mc_attack_fill(out + len, 60);
        len += 60;
        break;

    case 9:
        len = mc_attack_extension(out, n, len);
        len += mc_attack_descriptor(out + len);
        break;

    case 10:
        mw_put32(out + 4, mc_attack_random());
        mc_attack_fill(out + len, 200);
        len += 200;
        break;

    case 11: /* sequence numbers that leap */
        track->seq = (uint16_t) (track->seq + mc_attack_random() % 3000);
        len += mc_attack_descriptor(out + len);
        break;

    case 12: /* as long as there is room */
        mc_attack_fill(out + len, 1450 - len);
        len = 1450;
        break;

    case 13: /* more CSRCs than bytes, outside the keys' protection */
        out[0] = 0x8f;
        mc_attack_send_own(attack, &attack->who->up.peer, out, 30);
        return;

    case 14: /* more extension words than bytes, likewise */
        mw_put16(out + 14, 0xffff);
        mc_attack_send_own(attack, &attack->who->up.peer, out, 60);
        return;

    default:
        len += mc_attack_descriptor(out + len);
    }

    mc_attack_rtp(attack, out, len);
}


/* SSRC of a slot of the attacker's own, and whose media it asks for */
static const mc_half_t *
mc_attack_half(const mc_attack_t *attack, uint64_t n)
{
    const mc_receive_t *receive;

    receive = &attack->who->receive;

    return receive->count == 0 ? NULL : &receive->half[n % receive->count];
}


/* RFC 4585 PLI, RFC 5104 FIR */
static void
mc_attack_pli(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    const mc_half_t *half;
    uint8_t out[32 + MC_TRAILER];

    (void) now;
    half = mc_attack_half(attack, n);

    if (half == NULL) {
        return;
    }

    len = mc_rtcp_pli(out, attack->who->receive.ssrc, half->ssrc);

    if (n / 2 % 2 == 0) {
        memset(out + 8, 0, 12);
        out[0] = 0x80 | 4;
        mw_put16(out + 2, 4);
        mw_put32(out + 12, half->ssrc);
        out[16] = (uint8_t) n;
        len = 20;
    }

    mc_attack_rtcp(attack, &attack->who->down.peer, out, len);
}


/* asks for everything sent lately, again and again */
static void
mc_attack_nack(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    unsigned i;
    size_t len;
    const mc_half_t *half;
    uint8_t out[16 + 4 * 60 + MC_TRAILER];

    (void) now;
    half = mc_attack_half(attack, n);

    if (half == NULL) {
        return;
    }

    len = mc_rtcp_nack(out, attack->who->receive.ssrc, half->ssrc,
        (uint16_t) half->highest, 0xffff);

    for (i = 1; i <= 60; i++) {
        mw_put16(out + len, (uint16_t) (half->highest - 17 * i));
        mw_put16(out + len + 2, 0xffff);
        len += 4;
    }

    mw_put16(out + 2, (uint16_t) (len / 4 - 1));
    mc_attack_rtcp(attack, &attack->who->down.peer, out, len);
}


/* lengths and counts that lie, other people's SSRCs, types of all kinds */
static void
mc_attack_reports(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len, at;
    mc_peer_t *peer;
    const mc_half_t *half;
    uint8_t out[512 + MC_TRAILER];

    (void) now;
    peer = n % 2 == 0 ? &attack->who->up.peer : &attack->who->down.peer;
    half = mc_attack_half(attack, mc_attack_random());
    len = 8 + 4 * (mc_attack_random() % 100);
    mc_attack_fill(out, len);

    out[0] = (uint8_t) (0x80 | (mc_attack_random() & 0x3f));
    out[1] = (uint8_t) (200 + mc_attack_random() % 8);
    mw_put16(out + 2, (uint16_t) (len / 4 - 1));
    mw_put32(out + 4, attack->who->receive.ssrc);

    if (half != NULL && len >= 16) {
        mw_put32(out + 8, half->ssrc);
        mw_put32(out + 12, half->ssrc);
    }

    switch (n / 2 % 4) {

    case 0:
        mw_put16(out + 2, (uint16_t) mc_attack_random());
        break;

    case 1: /* a second packet that is cut off */
        at = 4 * (mc_attack_random() % (len / 4));
        mw_put16(out + 2, (uint16_t) (at / 4));
        break;

    case 2: /* padding longer than the packet */
        out[0] |= 0x20;
        out[len - 1] = (uint8_t) mc_attack_random();
        break;

    default:
        break;
    }

    mc_attack_rtcp(attack, peer, out, len);
}


/* now next to nothing fits, now everything, now what no number can say */
static void
mc_attack_remb(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    const mc_half_t *half;
    uint8_t out[MC_ROOM];

    (void) now;
    half = mc_attack_half(attack, n);

    if (half == NULL) {
        return;
    }

    for (len = 0; len + 24 <= MC_ATTACK_MAX / 4 * 3; len += 24) {
        mc_rtcp_remb(out + len, attack->who->receive.ssrc, half->ssrc,
            (n + len / 24) / 200 % 2 == 0 ? 20 : 20000);

        if (n % 50 == 49) {
            mw_put32(out + len + 16, 1u << 24 | (mc_attack_random() >> 8));
        }
    }

    mc_attack_rtcp(attack, &attack->who->down.peer, out, len);
}


/* RTPFB of transport-wide feedback, its length still to be filled in */
static size_t
mc_attack_twcc_head(
    mc_attack_t *attack, uint8_t *out, uint32_t media, uint16_t statuses)
{
    out[0] = 0x80 | 15;
    out[1] = MC_RTCP_RTPFB;
    mw_put32(out + 4, attack->who->receive.ssrc);
    mw_put32(out + 8, media);
    mw_put16(out + 12, (uint16_t) mc_attack_random());
    mw_put16(out + 14, statuses);
    mw_put32(out + 16, mc_attack_random());

    return 20;
}


/*
 * A few bytes say of all numbers that nothing came, many times in a datagram;
 * or they came, at times of all kinds.
 */
static void
mc_attack_twcc(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    unsigned i;
    size_t len, at;
    const mc_half_t *half;
    uint8_t out[MC_ROOM];

    (void) now;
    half = mc_attack_half(attack, n);

    if (half == NULL) {
        return;
    }

    len = 0;

    if (n % 4 == 3) {
        len = mc_attack_twcc_head(attack, out, half->ssrc, 600);
        mw_put16(out + len, 2 << 13 | 600); /* a run of long deltas */
        mc_attack_fill(out + len + 2, 1202);
        len += 1204;
        mw_put16(out + 2, (uint16_t) (len / 4 - 1));
    }

    while (n % 4 != 3 && len + 36 <= MC_ATTACK_MAX / 4 * 3) {
        at = len;
        len += mc_attack_twcc_head(attack, out + len, half->ssrc, 0xfff8);

        for (i = 0; i < 8; i++, len += 2) {
            mw_put16(out + len, 0x1fff);
        }

        mw_put16(out + at + 2, (uint16_t) ((len - at) / 4 - 1));
    }

    mc_attack_rtcp(attack, &attack->who->down.peer, out, len);
}


const mc_attack_kind_t mc_attack_inside[] = {
    { "own-srtp", mc_attack_own_srtp, true },
    { "replay", mc_attack_replay, true },
    { "ssrcs", mc_attack_ssrcs, true },
    { "malformed", mc_attack_malformed, true },
    { "pli", mc_attack_pli, true },
    { "nack", mc_attack_nack, true },
    { "remb", mc_attack_remb, true },
    { "twcc", mc_attack_twcc, true },
    { "reports", mc_attack_reports, true },
    { NULL, NULL, false },
};
