/*
 * The supervisor: one small process that owns control.sock and the media
 * workers, and touches neither media nor rooms.
 *
 *   mw_supervisor.c  run directory, signals, start and stop
 *   mw_control.c     control.sock
 *   mw_client.c      nginx workers on it
 *   mw_child.c       media workers: start, heartbeat, restart, drain
 *   mw_pair.c        rings between two of them
 */

#ifndef MW_SUPERVISOR_H
#define MW_SUPERVISOR_H

#include "mw_loop.h"

#include "meet_ctl.h"

#include <limits.h>
#include <sys/types.h>

#define MW_CLIENTS_MAX 256 /* nginx workers, old ones of a reload included */
#define MW_STOP_WAIT   (3 * MW_SEC) /* then SIGKILL */

typedef struct mw_client_s mw_client_t;
typedef struct mw_child_s mw_child_t;
typedef struct mw_pair_s mw_pair_t;


/* a place in the set of workers now in force, and who sits there */
typedef struct {
    mw_child_t *child; /* NULL: dead, `restart` is set */
    mw_timer_t restart;
    unsigned failures; /* deaths soon after the start, one after the other */
    struct mw_supervisor_s *supervisor;
    uint32_t index;
} mw_seat_t;


typedef struct mw_supervisor_s {
    mw_loop_t *loop;
    const char *run_dir;
    uint8_t key[MEET_KEY_LEN];
    uint64_t id;
    gid_t group;           /* of control.sock */
    char binary[PATH_MAX]; /* what workers are started from */
    uint64_t build;        /* which file that was for the set in force */

    mw_io_t listener;
    mw_io_t signals;
    int lock;
    mw_timer_t stop;
    bool stopping;

    mw_client_t *clients;
    unsigned nclients;
    uint32_t links; /* last number given to a client or pair */

    mw_child_t *children; /* draining ones too */
    mw_pair_t *pairs;
    mw_seat_t seats[MEET_WORKERS_MAX];
    unsigned nseats;
    mw_timer_t watch;
    mw_usec_t watched;

    meet_ctl_configure_t conf; /* generation 0: nobody configured us yet */
} mw_supervisor_t;


typedef struct {
    const char *run_dir;
    const char *user; /* NULL: stay who we are */
    uint8_t key[MEET_KEY_LEN];
} mw_supervisor_conf_t;


/* runs until SIGTERM or SIGINT; the exit status of the process */
int mw_supervisor_run(mw_supervisor_conf_t *conf);


/* --- mw_control.c --- */

/* makes control.sock in the (locked) run directory; MW_ERROR: said why */
mw_rc_t mw_control_listen(mw_supervisor_t *supervisor);
void mw_control_close(mw_supervisor_t *supervisor);

/* to every nginx worker: this one is ready / has changed its state / is gone */
void mw_control_announce(mw_supervisor_t *supervisor, mw_child_t *child);
void mw_control_changed(mw_supervisor_t *supervisor, const mw_child_t *child);
void mw_control_gone(mw_supervisor_t *supervisor, uint64_t instance);

/* hangs up on an nginx worker; it will attach anew */
void mw_control_hang_up(mw_supervisor_t *supervisor, uint32_t link);


/* --- mw_child.c --- */

struct mw_child_s {
    mw_child_t *next;
    mw_supervisor_t *supervisor;
    mw_seat_t *seat; /* NULL: draining */
    pid_t pid;
    mw_io_t io; /* channel */
    uint64_t instance;
    uint32_t index;
    uint16_t port; /* 0: not ready yet */
    mw_usec_t started;
    mw_usec_t alive; /* last heartbeat */
    bool spread;     /* it wants a relay to all others */
};

/* `conf` is in force from now on: new workers, or an update for those we have */
void mw_children_configure(mw_supervisor_t *supervisor,
    const meet_ctl_configure_t *conf, mw_usec_t now);

/* workers that are ready or will be */
unsigned mw_children_expected(const mw_supervisor_t *supervisor);

/* after SIGCHLD */
void mw_children_reap(mw_supervisor_t *supervisor, mw_usec_t now);

/* tells all to stop; `force`: kills them */
void mw_children_stop(mw_supervisor_t *supervisor, bool force);

/* region and eventfds are borrowed */
void mw_child_link(mw_child_t *child, uint32_t link, const int fds[3]);
void mw_child_unlink(mw_child_t *child, uint32_t link);

/* a message without or with three descriptors, which are borrowed */
void mw_child_send(mw_child_t *child, uint32_t type, uint32_t link,
    uint32_t side, const int *fds, unsigned nfds);


/* --- mw_pair.c --- */

/* makes the relays that are missing: `child` is ready, or asked for them */
void mw_pairs_make(mw_child_t *child);

/* `child` is dead */
void mw_pairs_end(mw_child_t *child);

/* one side says that this link is broken; false: it is none of a pair */
bool mw_pairs_break(mw_supervisor_t *supervisor, uint32_t link);


#endif /* MW_SUPERVISOR_H */
