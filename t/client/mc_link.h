/*
 * A room's link: makes a room, or finds out what an invite's secret derives
 * to.  One link serves all participants of a process, so the costly derivation
 * is done once.
 */

#ifndef MC_LINK_H
#define MC_LINK_H

#include "mc_http.h"
#include "mc_secret.h"


#define MC_ROUNDS 300000

typedef struct mc_link_s mc_link_t;

/* status as of HTTP; 0: no answer */
typedef void (*mc_link_pt)(
    mc_link_t *link, unsigned status, json_t *body, mw_usec_t now);

struct mc_link_s {
    mc_loop_t *loop;
    mc_url_t url;
    mc_http_t http;
    mc_link_pt handler;

    char password[32];
    char owner[64];
    char invite[32];
    uint8_t auth[MC_KEY];
    uint8_t wrap[MC_KEY];
};


/*
 * A new room (`name` may be NULL): fills in url.room, password and owner.
 * 0 `rounds`: without a password, whose derivation is slow on purpose.
 */
int mc_link_create(
    mc_link_t *link, const char *name, unsigned rounds, mc_link_pt handler);

/* facts of url.room, then auth and wrap of url.secret */
int mc_link_resolve(mc_link_t *link, mc_link_pt handler);


#endif /* MC_LINK_H */
