/*
 * What a hostile participant, or somebody who only knows the media port, sends
 * to it.  One attack at a time in a process.
 *
 *   mc_attack.c          ports, pace, counters
 *   mc_attack_outside.c  STUN, DTLS and RTP from ports of its own
 *   mc_attack_inside.c   RTP and RTCP under the keys of a participant
 */

#ifndef MC_ATTACK_H
#define MC_ATTACK_H

#include "mc_participant.h"


#define MC_ATTACK_PORTS 64
#define MC_ATTACK_MAX   1500 /* bytes of a datagram */
#define MC_ATTACK_KEPT  64   /* packets kept for the replay */

typedef struct mc_attack_s mc_attack_t;

/* sends the `n`th datagram, counted from 0 */
typedef void (*mc_attack_pt)(mc_attack_t *attack, uint64_t n, mw_usec_t now);

typedef struct {
    const char *name;
    mc_attack_pt turn;
    bool inside; /* needs a participant that publishes or receives */
} mc_attack_kind_t;


typedef struct {
    uint16_t len;
    uint8_t data[MC_ATTACK_MAX];
} mc_attack_kept_t;

struct mc_attack_s {
    mc_loop_t *loop;
    mc_participant_t *who;
    const mc_attack_kind_t *kind; /* NULL: none */
    mw_timer_t timer;
    unsigned rate; /* datagrams a second */
    mw_usec_t started;

    unsigned ports;
    int fd[MC_ATTACK_PORTS];

    uint64_t turns;
    uint64_t sent;
    uint64_t sent_bytes;
    uint64_t received; /* at the attack's own ports */
    uint64_t received_bytes;

    mc_attack_kept_t kept[MC_ATTACK_KEPT];
    unsigned nkept;
    uint16_t seq;
};


extern const mc_attack_kind_t mc_attack_outside[];
extern const mc_attack_kind_t mc_attack_inside[];

/*
 * `who` tells the address, the credentials and the keys; it must have had its
 * answers.  0, or -1: no such kind, or not yet.
 */
int mc_attack_start(mc_attack_t *attack, mc_participant_t *who,
    const char *kind, unsigned rate, unsigned ports, mw_usec_t now);

/* tells what was sent and what came back; NULL: there was none */
json_t *mc_attack_stop(mc_attack_t *attack);

/* from one of the attack's own ports, `port` modulo their number */
void mc_attack_send(
    mc_attack_t *attack, uint64_t port, const void *data, size_t len);

/* from the participant's own port, as it is */
void mc_attack_send_own(
    mc_attack_t *attack, mc_peer_t *peer, const void *data, size_t len);

uint32_t mc_attack_random(void);
void mc_attack_fill(uint8_t *out, size_t len);


#endif /* MC_ATTACK_H */
