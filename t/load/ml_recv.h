/*
 * A receiver.  Checked: every packet decrypted, its number, source and way
 * looked at.  Counted: the kernel's merged datagrams are taken from the socket
 * with little more than their length, or never come because a device before
 * it swallows them.
 */

#ifndef ML_RECV_H
#define ML_RECV_H

#include "mc_receive.h"
#include "ml.h"


struct ml_receiver_s {
    ml_person_t *person;
    mc_peer_t peer;
    mc_receive_t receive; /* checked only */
    bool heard;
    int64_t arrived_ns; /* of the packet under way, by the kernel */
};


ml_receiver_t *ml_receiver_create(ml_person_t *person);
void ml_receiver_destroy(ml_receiver_t *receiver);

/* sums of what checked receivers missed; adds to the counters */
typedef struct {
    uint64_t streams;
    uint64_t packets;
    uint64_t missing;
    uint64_t doubled;
    uint64_t reordered;
    uint64_t recovered;
    uint64_t wrong_source;
    uint64_t headless;
    uint64_t jumps;
    uint64_t bad;
    uint64_t unknown;
} ml_sums_t;

void ml_receiver_sum(const ml_receiver_t *receiver, ml_sums_t *sums);
void ml_receiver_reset(ml_receiver_t *receiver);


#endif /* ML_RECV_H */
