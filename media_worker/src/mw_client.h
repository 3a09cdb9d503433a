/*
 * One nginx worker on control.sock.  Private to the supervisor.
 */

#ifndef MW_CLIENT_H
#define MW_CLIENT_H

#include "mw_supervisor.h"


typedef enum {
    MW_CLIENT_HELLO = 0, /* has a challenge, owes HELLO */
    MW_CLIENT_KNOWN,     /* has shown the key */
    MW_CLIENT_ATTACHED   /* has configured us, hears of workers */
} mw_client_state_t;

struct mw_client_s {
    mw_client_t *next;
    mw_client_t **where;
    mw_supervisor_t *supervisor;
    mw_client_state_t state;
    uint32_t link;
    unsigned minor; /* of the contract that both speak */
    bool broken;    /* to be closed when its turn comes */
    mw_io_t io;
    mw_timer_t timer;
    uint8_t nonce[MEET_KEY_LEN];
};


/* owns `fd`; sends the challenge and starts the clock */
void mw_client_open(mw_supervisor_t *supervisor, int fd, mw_usec_t now);
void mw_client_close(mw_client_t *client);

/* for those who do not know who is in the middle of using the client */
void mw_client_break(mw_client_t *client);

/* a link between the two, and WORKER; MW_ERROR: break it */
mw_rc_t mw_client_announce(mw_client_t *client, mw_child_t *child);

/* whole message, header.length bytes; MW_ERROR: break it */
mw_rc_t mw_client_send(
    mw_client_t *client, const void *msg, const int *fds, unsigned nfds);

/* WORKER as of now, without a region */
void mw_client_worker(meet_ctl_worker_t *msg, const mw_child_t *child);


#endif /* MW_CLIENT_H */
