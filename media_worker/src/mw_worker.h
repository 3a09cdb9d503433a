/*
 * A media worker: one single-threaded process with one UDP port, its links to
 * nginx workers and its rooms.  Started by the supervisor only, with the
 * channel as descriptor MW_CHANNEL_FD.
 *
 * When the supervisor dies, the worker drains: calls go on over the links it
 * has, no room is opened any more, and it leaves when the last one is empty.
 * As nobody reports dead nginx workers then, only fresh consent of media
 * counts as presence.
 */

#ifndef MW_WORKER_H
#define MW_WORKER_H


/* the exit status of the process */
int mw_worker_main(void);


#endif /* MW_WORKER_H */
