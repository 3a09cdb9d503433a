/*
 * Rings between two media workers, for rooms that are at both.  Made when one
 * of them asks, to all that take new rooms; whoever starts later gets one too,
 * even if the one that asked drains meanwhile: its rooms may grow.
 */

#include "mw_supervisor.h"

#include "mw_channel.h"
#include "mw_log.h"

#include "meet_region.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>


struct mw_pair_s {
    mw_pair_t *next;
    mw_child_t *child[2]; /* NULL: dead, or has been told that it is over */
    uint32_t link;
};


static bool mw_pair_is_due(const mw_child_t *asks, const mw_child_t *takes);
static bool mw_pair_exists(const mw_child_t *a, const mw_child_t *b);
static void mw_pair_make(mw_child_t *a, mw_child_t *b);
static void mw_pair_end(mw_pair_t **link);


void
mw_pairs_make(mw_child_t *child)
{
    mw_child_t *other;

    for (other = child->supervisor->children; other != NULL;
         other = other->next) {
        if (other != child && other->port != 0 && child->port != 0
            && (mw_pair_is_due(child, other) || mw_pair_is_due(other, child))
            && !mw_pair_exists(child, other))
        {
            mw_pair_make(child, other);
        }
    }
}


void
mw_pairs_end(mw_child_t *child)
{
    mw_pair_t *pair, **link;

    link = &child->supervisor->pairs;

    while ((pair = *link) != NULL) {
        if (pair->child[0] != child && pair->child[1] != child) {
            link = &pair->next;
            continue;
        }

        pair->child[pair->child[0] == child ? 0 : 1] = NULL;
        mw_pair_end(link);
    }
}


bool
mw_pairs_break(mw_supervisor_t *supervisor, uint32_t number)
{
    mw_pair_t **link;

    for (link = &supervisor->pairs; *link != NULL; link = &(*link)->next) {
        if ((*link)->link == number) {
            mw_log(MW_LOG_ERROR, "a relay between media workers is broken");
            mw_pair_end(link);
            return true;
        }
    }

    return false;
}


static bool
mw_pair_is_due(const mw_child_t *asks, const mw_child_t *takes)
{
    return asks->spread && takes->seat != NULL;
}


static bool
mw_pair_exists(const mw_child_t *a, const mw_child_t *b)
{
    const mw_pair_t *pair;

    for (pair = a->supervisor->pairs; pair != NULL; pair = pair->next) {
        if ((pair->child[0] == a && pair->child[1] == b)
            || (pair->child[0] == b && pair->child[1] == a))
        {
            return true;
        }
    }

    return false;
}


static void
mw_pair_make(mw_child_t *a, mw_child_t *b)
{
    unsigned i;
    mw_pair_t *pair;
    mw_supervisor_t *supervisor;
    int fds[3], swapped[3];

    supervisor = a->supervisor;
    pair = calloc(1, sizeof(mw_pair_t));

    /* region, what wakes `a`, what wakes `b` */

    fds[0] = meet_region_create(supervisor->links + 1, MEET_IPC_MINOR);
    fds[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fds[2] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (pair != NULL && fds[0] != -1 && fds[1] != -1 && fds[2] != -1) {
        pair->child[0] = a;
        pair->child[1] = b;
        pair->link = ++supervisor->links;
        pair->next = supervisor->pairs;
        supervisor->pairs = pair;

        swapped[0] = fds[0];
        swapped[1] = fds[2];
        swapped[2] = fds[1];

        mw_child_send(a, MW_CHANNEL_RELAY, pair->link, 0, fds, 3);
        mw_child_send(b, MW_CHANNEL_RELAY, pair->link, 1, swapped, 3);

    } else {
        mw_log(MW_LOG_ERROR, "no relay between media workers %u and %u: %s",
            a->index, b->index, strerror(errno));
        free(pair);
    }

    for (i = 0; i < 3; i++) {
        if (fds[i] != -1) {
            close(fds[i]);
        }
    }
}


/* whoever is left hears of it */
static void
mw_pair_end(mw_pair_t **link)
{
    unsigned i;
    mw_pair_t *pair;

    pair = *link;
    *link = pair->next;

    for (i = 0; i < 2; i++) {
        if (pair->child[i] != NULL) {
            mw_child_unlink(pair->child[i], pair->link);
        }
    }

    free(pair);
}
