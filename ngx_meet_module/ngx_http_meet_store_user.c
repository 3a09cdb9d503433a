/*
 * Whose store it is.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "ngx_http_meet_store_db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>


/* attempts, a millisecond apart, until another process has signed */
#define NGX_HTTP_MEET_STORE_CLAIMS 20

/* bytes of what is there that are looked at */
#define NGX_HTTP_MEET_STORE_USER_MAX 160


static int ngx_http_meet_store_signed(int fd, const char *user, char *there);


/*
 * All processes that have the store open hold a shared lock on the file
 * `user`, which says whose they are.  Workers of one nginx, of the one before a
 * reload and of a binary upgrade agree on that.  Another nginx would move rooms
 * to media workers that this one does not see.
 */
int
ngx_http_meet_store_claim(
    int *user_fd, const ngx_http_meet_store_db_conf_t *conf, char *error)
{
    int i, fd;
    char path[PATH_MAX], there[NGX_HTTP_MEET_STORE_USER_MAX];
    size_t len;

    there[0] = '\0';

    if (conf->user == NULL) {
        return 0;
    }

    (void) snprintf(path, sizeof(path), "%s/user", conf->directory);
    len = strlen(conf->user);

    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd == -1) {
        (void) snprintf(error, NGX_HTTP_MEET_STORE_ERROR_MAX,
            "opening \"%.120s\": %s", path, strerror(errno));
        return -1;
    }

    *user_fd = fd;

    for (i = 0; i < NGX_HTTP_MEET_STORE_CLAIMS; i++) {

        /* who finds nobody signs; a full disk is no reason to do it again */

        if (flock(fd, LOCK_EX | LOCK_NB) == 0
            && !ngx_http_meet_store_signed(fd, conf->user, there)
            && (ftruncate(fd, 0) == -1
                || pwrite(fd, conf->user, len, 0) != (ssize_t) len))
        {
            (void) snprintf(error, NGX_HTTP_MEET_STORE_ERROR_MAX,
                "writing \"%.120s\": %s", path, strerror(errno));
            return -1;
        }

        /* the lock was given up for a moment, so only now it counts */

        if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
            if (ngx_http_meet_store_signed(fd, conf->user, there)) {
                return 0;
            }

            (void) flock(fd, LOCK_UN);
        }

        (void) usleep(1000);
    }

    (void) snprintf(error, NGX_HTTP_MEET_STORE_ERROR_MAX,
        "another nginx uses it (meet_run \"%.120s\"): give each a store of its "
        "own",
        there);

    return -1;
}


static int
ngx_http_meet_store_signed(int fd, const char *user, char *there)
{
    ssize_t n;

    n = pread(fd, there, NGX_HTTP_MEET_STORE_USER_MAX - 1, 0);
    there[n < 0 ? 0 : n] = '\0';

    return n >= 0 && strcmp(there, user) == 0;
}
