/*
 * When may an overdue room be deleted?  Pure decision, no clock, no database.
 *
 * A sweep looks at the wall clock, which may be wrong.  So one pass alone
 * deletes nothing: it is remembered (in the store, so that a reload does not
 * start over), and only a later pass, at least an interval later by a clock
 * that cannot be set, with the wall clock having moved by just as much, may
 * delete what was overdue at both.  A boot in between or a clock that was set
 * makes the later pass the first one again.
 */

#ifndef NGX_HTTP_MEET_EXPIRY_H
#define NGX_HTTP_MEET_EXPIRY_H

#include <stdint.h>


#define NGX_HTTP_MEET_EXPIRY_BOOT_LEN 16

/* ms by which the clocks may part between two passes: slewing, not setting */
#define NGX_HTTP_MEET_EXPIRY_DRIFT 10000


typedef struct {
    uint64_t wall_ms; /* Unix; may be wrong, may be set */
    uint64_t mono_ms; /* since boot, suspend included; only moves forward */
    unsigned char boot[NGX_HTTP_MEET_EXPIRY_BOOT_LEN]; /* names the boot */
} ngx_http_meet_expiry_clock_t;


typedef enum {
    NGX_HTTP_MEET_EXPIRY_REMEMBER, /* `now` is the first pass */
    NGX_HTTP_MEET_EXPIRY_WAIT,     /* too early, keep `before` */
    NGX_HTTP_MEET_EXPIRY_AGREE     /* what was due at `before` may go */
} ngx_http_meet_expiry_t;


/*
 * `before` is the pass remembered or NULL.  `wait_ms` tells when to come back
 * at the earliest.
 */
ngx_http_meet_expiry_t ngx_http_meet_expiry_judge(
    const ngx_http_meet_expiry_clock_t *before,
    const ngx_http_meet_expiry_clock_t *now, uint64_t interval_ms,
    uint64_t *wait_ms);

/* reads the clocks of this machine; 0, or -1 with errno */
int ngx_http_meet_expiry_clock(ngx_http_meet_expiry_clock_t *now);


#endif /* NGX_HTTP_MEET_EXPIRY_H */
