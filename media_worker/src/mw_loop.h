/*
 * The event loop of one process: epoll, one timer wheel, no threads.
 *
 * One turn: descriptors of class FIRST (media), due timers, the handler that
 * sends, descriptors of class SECOND (everything else), then the end-of-turn
 * handler.  Each ready descriptor gets one call a turn, so every handler bounds
 * its own work.  While media wait to be sent those of class SECOND are left
 * out, but not for longer than MW_LOOP_PATIENCE.
 */

#ifndef MW_LOOP_H
#define MW_LOOP_H

#include "mw.h"
#include "mw_timer.h"

#define MW_LOOP_PATIENCE (4 * MW_MSEC)
#define MW_LOOP_SECOND   MW_MSEC

typedef struct mw_loop_s mw_loop_t;
typedef struct mw_io_s mw_io_t;


typedef enum {
    MW_IO_FIRST = 0,
    MW_IO_SECOND,
    MW_IO_CLASSES
} mw_io_class_t;

/* MW_AGAIN: call me again next turn, whatever epoll says; else anything */
typedef mw_rc_t (*mw_io_pt)(void *ctx, mw_usec_t now);

/* MW_AGAIN: some of it still waits; else anything */
typedef mw_rc_t (*mw_loop_send_pt)(void *ctx);

typedef void (*mw_loop_end_pt)(void *ctx, mw_usec_t now);


/* embedded by its owner, who closes the descriptor after mw_loop_remove() */
struct mw_io_s {
    mw_io_t *next;
    mw_io_t **where; /* NULL: not ready */
    int fd;          /* -1: not in the loop */
    mw_io_class_t class;
    mw_io_pt handler;
    void *ctx;
};


/* NULL with errno: no memory or no descriptor */
mw_loop_t *mw_loop_create(void);
void mw_loop_destroy(mw_loop_t *loop);

mw_timers_t *mw_loop_timers(mw_loop_t *loop);
void mw_loop_handlers(
    mw_loop_t *loop, mw_loop_send_pt send, mw_loop_end_pt end, void *ctx);

void mw_io_init(mw_io_t *io, mw_io_class_t class, mw_io_pt handler, void *ctx);

/* level-triggered reading; MW_ERROR with errno */
mw_rc_t mw_loop_add(mw_loop_t *loop, mw_io_t *io, int fd);

/* allowed inside any handler, also for an io that is not in the loop */
void mw_loop_remove(mw_loop_t *loop, mw_io_t *io);

/* as if the descriptor had become readable */
void mw_loop_post(mw_loop_t *loop, mw_io_t *io);

/* one turn; waits for at most `longest` */
mw_rc_t mw_loop_turn(mw_loop_t *loop, mw_usec_t longest);

/* turns until mw_loop_stop(); MW_ERROR when epoll itself fails */
mw_rc_t mw_loop_run(mw_loop_t *loop);
void mw_loop_stop(mw_loop_t *loop);

/* CLOCK_MONOTONIC; the only place that reads it */
mw_usec_t mw_loop_clock(void);

/* CLOCK_REALTIME, which others may set, in microseconds */
mw_usec_t mw_loop_unix(void);


#endif /* MW_LOOP_H */
