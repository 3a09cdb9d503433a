/* Receiving. */

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <time.h>

#include "ml_media.h"
#include "ml_recv.h"


#define ML_READ   2048
#define ML_PEEK   256 /* of a counted datagram: STUN and alerts are shorter */
#define ML_COUNTS 16  /* counted reads in one go */
#define ML_CHECKS 64  /* checked reads in one go */

#ifndef UDP_GRO
#define UDP_GRO 104
#endif


static void
ml_receiver_heard(ml_receiver_t *receiver, mw_usec_t now)
{
    ml_stats_t *stats;

    if (!receiver->heard) {
        receiver->heard = true;
        stats = &receiver->person->ml->stats;
        stats->joins++;
        ml_hist_add(&stats->join, now - receiver->person->started);
    }
}


/* who sent it says the content, and the server by CSRC; both must agree */
static void
ml_receiver_stamp(ml_receiver_t *receiver, const uint8_t *data, size_t len)
{
    ml_stamp_t stamp;
    ml_stats_t *stats;

    stats = &receiver->person->ml->stats;
    stats->checked++;
    stats->checked_bytes += len;

    if (!ml_media_stamp(data, len, &stamp)) {
        stats->unstamped++;
        return;
    }

    if ((data[0] & 15) != 0 && mw_get32(data + 12) != stamp.source) {
        stats->wrong_source++;
    }

    ml_hist_add(&stats->latency, (receiver->arrived_ns - stamp.sent_ns) / 1000);
}


static void
ml_receiver_rtp(void *ctx, uint8_t *data, size_t len, mw_usec_t now)
{
    ml_receiver_t *receiver = ctx;

    ml_receiver_heard(receiver, now);

    if (receiver->person->checked) {
        ml_receiver_stamp(receiver, data, len);
        mc_receive_rtp(&receiver->receive, data, len, now);
    }
}


static void
ml_receiver_rtcp(void *ctx, const uint8_t *data, size_t len, mw_usec_t now)
{
    (void) ctx;
    (void) data;
    (void) len;
    (void) now;
}


static int64_t
ml_receiver_time(struct msghdr *msg)
{
    struct timespec ts;
    struct cmsghdr *cmsg;

    for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg))
    {
        if (cmsg->cmsg_level == SOL_SOCKET
            && cmsg->cmsg_type == SCM_TIMESTAMPNS) {
            memcpy(&ts, CMSG_DATA(cmsg), sizeof(ts));
            return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
        }
    }

    return ml_media_clock();
}


static void
ml_receiver_check(void *ctx, uint32_t events, mw_usec_t now)
{
    int i;
    ssize_t n;
    struct iovec iov;
    struct msghdr msg;
    uint8_t data[ML_READ];
    ml_receiver_t *receiver = ctx;
    union {
        struct cmsghdr align;
        uint8_t data[CMSG_SPACE(sizeof(struct timespec))];
    } control;

    (void) events;

    for (i = 0; i < ML_CHECKS && receiver->peer.io.fd != -1; i++) {
        memset(&msg, 0, sizeof(msg));
        iov.iov_base = data;
        iov.iov_len = sizeof(data);
        msg.msg_iov = &iov;
        msg.msg_iovlen = 1;
        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control);

        n = recvmsg(receiver->peer.io.fd, &msg, 0);

        if (n < 0) {
            return;
        }

        receiver->arrived_ns = ml_receiver_time(&msg);
        mc_peer_input(&receiver->peer, data, (size_t) n, now);
    }
}


static size_t
ml_receiver_segment(struct msghdr *msg, size_t len)
{
    int size;
    struct cmsghdr *cmsg;

    for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg))
    {
        if (cmsg->cmsg_level == SOL_UDP && cmsg->cmsg_type == UDP_GRO) {
            memcpy(&size, CMSG_DATA(cmsg), sizeof(size));
            return size > 0 ? (size_t) size : len;
        }
    }

    return len;
}


static void
ml_receiver_count(void *ctx, uint32_t events, mw_usec_t now)
{
    int i, n;
    size_t len, segment;
    ml_stats_t *stats;
    ml_receiver_t *receiver = ctx;
    struct iovec iov[ML_COUNTS];
    struct mmsghdr msg[ML_COUNTS];
    uint8_t data[ML_COUNTS][ML_PEEK];
    union {
        struct cmsghdr align;
        uint8_t data[CMSG_SPACE(sizeof(int))];
    } control[ML_COUNTS];

    (void) events;
    memset(msg, 0, sizeof(msg));

    for (i = 0; i < ML_COUNTS; i++) {
        iov[i].iov_base = data[i];
        iov[i].iov_len = ML_PEEK;
        msg[i].msg_hdr.msg_iov = &iov[i];
        msg[i].msg_hdr.msg_iovlen = 1;
        msg[i].msg_hdr.msg_control = &control[i];
        msg[i].msg_hdr.msg_controllen = sizeof(control[i]);
    }

    n = recvmmsg(receiver->peer.io.fd, msg, ML_COUNTS, MSG_TRUNC, NULL);
    stats = &receiver->person->ml->stats;
    stats->reads++;

    for (i = 0; i < n && receiver->peer.io.fd != -1; i++) {
        len = msg[i].msg_len;

        if (len == 0) {
            continue;
        }

        if ((data[i][0] & 0xc0) == 0x80) {
            segment = ml_receiver_segment(&msg[i].msg_hdr, len);
            stats->counted += (len + segment - 1) / segment;
            stats->counted_bytes += len;
            ml_receiver_heard(receiver, now);

        } else if (len <= ML_PEEK) {
            mc_peer_input(&receiver->peer, data[i], len, now);
        }
    }
}


static void
ml_receiver_up(ml_receiver_t *receiver, mw_usec_t now)
{
    int on;
    mc_peer_t *peer;

    on = 1;
    peer = &receiver->peer;
    mc_peer_connect(peer);

    if (receiver->person->checked) {
        setsockopt(peer->io.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
        peer->io.handler = ml_receiver_check;
        mc_receive_start(&receiver->receive, now);

    } else {
        setsockopt(peer->io.fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
        peer->io.handler = ml_receiver_count;
    }

    peer->io.ctx = receiver;
    ml_person_up(receiver->person, now);
}


static void
ml_receiver_state(void *ctx, mc_peer_state_t state, mw_usec_t now)
{
    ml_receiver_t *receiver = ctx;

    if (state == MC_PEER_UP) {
        ml_receiver_up(receiver, now);

    } else if (state == MC_PEER_FAILED) {
        ml_failed(receiver->person->ml, "connection to receive", "");
    }
}


static const mc_peer_handlers_t ml_receiver_handlers = { ml_receiver_rtp,
    ml_receiver_rtcp, ml_receiver_state };


ml_receiver_t *
ml_receiver_create(ml_person_t *person)
{
    const char *address;
    ml_receiver_t *receiver;

    receiver = calloc(1, sizeof(*receiver));

    if (receiver == NULL) {
        return NULL;
    }

    receiver->person = person;
    address = person->checked ? person->ml->conf.local : person->ml->conf.sink;

    if (mc_peer_init(
            &receiver->peer, &person->ml->loop, &ml_receiver_handlers, receiver)
            != 0
        || (address != NULL && mc_peer_bind(&receiver->peer, address) != 0)
        || (person->checked
            && mc_receive_init(
                   &receiver->receive, &person->ml->loop, &receiver->peer)
                   != 0))
    {
        free(receiver);
        return NULL;
    }

    receiver->receive.nack = person->ml->conf.nack;

    return receiver;
}


void
ml_receiver_destroy(ml_receiver_t *receiver)
{
    if (receiver != NULL) {
        mc_receive_close(&receiver->receive);
        mc_peer_close(&receiver->peer);
        free(receiver);
    }
}


void
ml_receiver_sum(const ml_receiver_t *receiver, ml_sums_t *sums)
{
    unsigned i;
    const mc_half_t *half;

    for (i = 0; i < receiver->receive.count; i++) {
        half = &receiver->receive.half[i];

        if (half->packets == 0) {
            continue;
        }

        sums->streams++;
        sums->packets += half->packets;
        sums->missing += mc_receive_missing(half);
        sums->doubled += half->doubled;
        sums->reordered += half->reordered;
        sums->recovered += half->recovered;
        sums->wrong_source += half->wrong_source;
        sums->headless += half->headless;
        sums->jumps += half->jumps;
    }

    sums->bad += receiver->peer.bad;
    sums->unknown += receiver->receive.unknown;
}


void
ml_receiver_reset(ml_receiver_t *receiver)
{
    if (receiver->receive.half != NULL) {
        mc_receive_reset(&receiver->receive);
    }
}
