/* Ports, pace and counters of an attack. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mc_attack.h"


#define MC_ATTACK_STEP  MW_MSEC
#define MC_ATTACK_BURST 400 /* datagrams in one turn, when time was lost */


/* no need to be unpredictable, but quick */
uint32_t
mc_attack_random(void)
{
    static uint32_t state = 0x9e3779b9u;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;

    return state;
}


void
mc_attack_fill(uint8_t *out, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        out[i] = (uint8_t) (mc_attack_random() >> 11);
    }
}


void
mc_attack_send(mc_attack_t *attack, uint64_t port, const void *data, size_t len)
{
    if (send(attack->fd[port % attack->ports], data, len, 0) == (ssize_t) len) {
        attack->sent++;
        attack->sent_bytes += len;
    }
}


void
mc_attack_send_own(
    mc_attack_t *attack, mc_peer_t *peer, const void *data, size_t len)
{
    mc_peer_send_raw(peer, data, len);
    attack->sent++;
    attack->sent_bytes += len;
}


static void
mc_attack_receive(mc_attack_t *attack)
{
    ssize_t n;
    unsigned i;
    uint8_t data[2048];

    for (i = 0; i < attack->ports; i++) {
        while ((n = recv(attack->fd[i], data, sizeof(data), 0)) >= 0) {
            attack->received++;
            attack->received_bytes += (uint64_t) n;
        }
    }
}


static void
mc_attack_timer(void *ctx, mw_usec_t now)
{
    unsigned i;
    uint64_t due;
    mc_attack_t *attack = ctx;

    due = (uint64_t) (now - attack->started) * attack->rate / MW_SEC;

    for (i = 0; i < MC_ATTACK_BURST && attack->turns < due; i++) {
        attack->kind->turn(attack, attack->turns++, now);
    }

    if (attack->turns < due) {
        attack->turns = due;
    }

    mc_attack_receive(attack);
    mw_timer_set(&attack->loop->timers, &attack->timer, now + MC_ATTACK_STEP);
}


static const mc_attack_kind_t *
mc_attack_find(const mc_attack_kind_t *kinds, const char *name)
{
    unsigned i;

    for (i = 0; kinds[i].name != NULL; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }

    return NULL;
}


static int
mc_attack_open(mc_attack_t *attack, const mw_addr_t *to, unsigned ports)
{
    int off;
    struct sockaddr_in6 sin6;

    memset(&sin6, 0, sizeof(sin6));
    sin6.sin6_family = AF_INET6;
    sin6.sin6_port = htons(to->port);
    memcpy(&sin6.sin6_addr, to->ip, 16);

    off = 0;

    for (attack->ports = 0; attack->ports < ports; attack->ports++) {
        attack->fd[attack->ports] =
            socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (attack->fd[attack->ports] == -1) {
            return -1;
        }

        setsockopt(attack->fd[attack->ports], IPPROTO_IPV6, IPV6_V6ONLY, &off,
            sizeof(off));

        if (connect(attack->fd[attack->ports], (struct sockaddr *) &sin6,
                sizeof(sin6))
            != 0)
        {
            close(attack->fd[attack->ports]);
            return -1;
        }
    }

    return 0;
}


int
mc_attack_start(mc_attack_t *attack, mc_participant_t *who, const char *kind,
    unsigned rate, unsigned ports, mw_usec_t now)
{
    const mc_peer_t *peer;
    const mc_attack_kind_t *found;

    found = mc_attack_find(mc_attack_outside, kind);

    if (found == NULL) {
        found = mc_attack_find(mc_attack_inside, kind);
    }

    peer = who->up.made ? &who->up.peer : &who->down.peer;

    if (found == NULL || attack->kind != NULL || ports == 0
        || ports > MC_ATTACK_PORTS || peer->remote.candidates == 0
        || (found->inside && peer->state != MC_PEER_UP))
    {
        return -1;
    }

    memset(attack, 0, sizeof(*attack));

    if (mc_attack_open(attack, &peer->remote.candidate[0], ports) != 0) {
        return -1;
    }

    attack->loop = who->loop;
    attack->who = who;
    attack->kind = found;
    attack->rate = rate;
    attack->started = now;
    mw_timer_init(&attack->timer, mc_attack_timer, attack);
    mw_timer_set(&attack->loop->timers, &attack->timer, now);

    return 0;
}


json_t *
mc_attack_stop(mc_attack_t *attack)
{
    unsigned i;
    const mc_attack_kind_t *kind;

    kind = attack->kind;

    if (kind == NULL) {
        return NULL;
    }

    mc_attack_receive(attack);
    mw_timer_cancel(&attack->loop->timers, &attack->timer);
    attack->kind = NULL;

    for (i = 0; i < attack->ports; i++) {
        close(attack->fd[i]);
    }

    return json_pack("{ss sI sI sI sI sI}", "kind", kind->name, "turns",
        (json_int_t) attack->turns, "sent", (json_int_t) attack->sent,
        "sent_bytes", (json_int_t) attack->sent_bytes, "received",
        (json_int_t) attack->received, "received_bytes",
        (json_int_t) attack->received_bytes);
}
