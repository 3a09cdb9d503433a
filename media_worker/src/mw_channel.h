/*
 * Between the supervisor and one media worker: a SOCK_SEQPACKET pair, one
 * message a packet.  Private to one binary; a worker of another build says so
 * by its version and is not used.
 */

#ifndef MW_CHANNEL_H
#define MW_CHANNEL_H

#include "mw.h"

#include "meet_ctl.h"

#define MW_CHANNEL_FD      3 /* in the worker */
#define MW_CHANNEL_VERSION 2
#define MW_CHANNEL_FDS     3

#define MW_HEARTBEAT (500 * MW_MSEC) /* ALIVE, from the worker */

/* supervisor to worker */
#define MW_CHANNEL_START  1 /* conf: the first message */
#define MW_CHANNEL_UPDATE 2 /* conf: limits and addresses changed */
#define MW_CHANNEL_LINK   3 /* link, with region, eventfd in, eventfd out */
#define MW_CHANNEL_UNLINK 4 /* link: that nginx worker is gone */
#define MW_CHANNEL_DRAIN  5 /* no new rooms; exit when empty */
#define MW_CHANNEL_STOP   6 /* exit now, orderly */
#define MW_CHANNEL_RELAY  7 /* as LINK, to another worker; side: 0 or 1 */

/* worker to supervisor */
#define MW_CHANNEL_READY  16 /* port */
#define MW_CHANNEL_ALIVE  17
#define MW_CHANNEL_BROKEN 18 /* link: its ring holds nonsense, hang up */
#define MW_CHANNEL_SPREAD 19 /* a room is to be at several workers: relays */


typedef struct {
    uint32_t version;
    uint32_t type;
    uint64_t instance;
    uint32_t index;
    uint32_t link; /* number of an nginx worker or relay, never reused */
    uint32_t port;
    uint32_t side;
    meet_ctl_configure_t conf; /* START, UPDATE */
} mw_channel_msg_t;


/*
 * Never blocks.  MW_AGAIN: the other side does not read.  MW_ERROR: it is
 * gone.  `fds` are borrowed.
 */
mw_rc_t mw_channel_send(
    int fd, const void *msg, size_t len, const int *fds, unsigned nfds);

/*
 * One message of at most `size` bytes; *len says how long.  Descriptors that
 * came along are in `fds` (CLOEXEC, the caller closes them), *nfds counts
 * them; at most MW_CHANNEL_FDS.  MW_AGAIN: nothing there.  MW_DROP: too long,
 * or too many descriptors (already closed).  MW_ERROR: end of file.
 */
mw_rc_t mw_channel_recv(int fd, void *msg, size_t size, size_t *len,
    int fds[MW_CHANNEL_FDS], unsigned *nfds);


#endif /* MW_CHANNEL_H */
