/*
 * The way to one receiver: a queue of limited length before a link of a rate
 * that changes, 40 ms each way, random loss.  Time is the room's.
 */

#ifndef DOWNLINK_NETWORK_H
#define DOWNLINK_NETWORK_H

#include "room_fake.h"

#define NET_DELAY  (40 * MW_MSEC)
#define NET_QUEUE  (300 * MW_MSEC) /* at the rate of the moment, then it drops */
#define NET_OVER   (16 + 8 + 20)   /* of SRTP, UDP and IP */
#define NET_FLIGHT 8192
#define NET_BYTES  400 /* of a packet that are looked at by the receiver */
#define NET_DELAYS 1000

typedef struct {
    mw_usec_t at;
    size_t header_len;
    size_t size; /* header and payload */
    uint8_t data[NET_BYTES];
} net_packet_t;

typedef struct {
    double rate; /* bit/s */
    double loss; /* share */
    mw_usec_t busy;
    net_packet_t flight[NET_FLIGHT];
    unsigned in, out;
    uint64_t rnd;

    uint64_t packets, bytes, dropped;
    uint64_t delays[NET_DELAYS]; /* in the queue, ms */
} net_t;

static net_t net;


static inline double
net_random(void)
{
    net.rnd ^= net.rnd << 13;
    net.rnd ^= net.rnd >> 7;
    net.rnd ^= net.rnd << 17;

    return (double) (net.rnd >> 11) / (double) (1ull << 53);
}


static inline void
net_send(const uint8_t *header, size_t header_len, const uint8_t *payload,
    size_t len)
{
    size_t wire;
    mw_usec_t start;
    net_packet_t *p;

    start = net.busy > now ? net.busy : now;

    if (start - now > NET_QUEUE) {
        net.dropped++;
        return;
    }

    wire = header_len + len + NET_OVER;
    net.delays[(start - now) / MW_MSEC]++;
    net.packets++;
    net.bytes += wire;
    net.busy = start + (mw_usec_t) ((double) wire * 8 * MW_SEC / net.rate);

    if (net_random() < net.loss) {
        return;
    }

    p = &net.flight[net.in++ % NET_FLIGHT];
    assert_true(net.in - net.out < NET_FLIGHT);
    p->at = net.busy + NET_DELAY;
    p->header_len = header_len;
    p->size = header_len + len;
    assert_true(header_len < NET_BYTES);
    memcpy(p->data, header, header_len);
    len = len > NET_BYTES - header_len ? NET_BYTES - header_len : len;
    memcpy(p->data + header_len, payload, len);
}


/* NULL: nothing has arrived by now */
static inline const net_packet_t *
net_receive(void)
{
    const net_packet_t *p;

    p = &net.flight[net.out % NET_FLIGHT];

    if (net.out == net.in || p->at > now) {
        return NULL;
    }

    net.out++;

    return p;
}


/* milliseconds in the queue that a share of packets did not exceed */
static inline unsigned
net_queued(double share)
{
    unsigned i;
    uint64_t sum;

    for (i = 0, sum = 0; i < NET_DELAYS; i++) {
        sum += net.delays[i];

        if ((double) sum >= share * (double) net.packets) {
            break;
        }
    }

    return i;
}


static inline void
net_forget(void)
{
    memset(net.delays, 0, sizeof(net.delays));
    net.packets = net.bytes = net.dropped = 0;
}


#endif /* DOWNLINK_NETWORK_H */
