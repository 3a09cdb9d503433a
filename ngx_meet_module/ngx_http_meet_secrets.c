/*
 * The file of storage secrets.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "ngx_http_meet_secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


static int ngx_http_meet_secrets_sync_directory(const char *directory);


int
ngx_http_meet_secrets_open(
    ngx_http_meet_secrets_t *secrets, const char *directory)
{
    int n, err;
    char path[4096];
    struct stat st;

    secrets->created = 0;
    secrets->fd = -1;

    n = snprintf(path, sizeof(path), "%s/secrets", directory);
    if (n < 0 || (size_t) n >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }

    secrets->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (secrets->fd == -1 && errno == ENOENT) {
        secrets->fd = open(
            path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (secrets->fd != -1) {
            secrets->created = 1;

        } else if (errno == EEXIST) {
            /* another worker was faster */
            secrets->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        }
    }

    if (secrets->fd == -1) {
        return -1;
    }

    if (fstat(secrets->fd, &st) == -1) {
        goto failed;
    }

    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077)) {
        errno = EPERM;
        goto failed;
    }

    if (secrets->created
        && ngx_http_meet_secrets_sync_directory(directory) == -1) {
        goto failed;
    }

    return 0;

failed:

    err = errno;
    close(secrets->fd);
    secrets->fd = -1;
    errno = err;

    return -1;
}


void
ngx_http_meet_secrets_close(ngx_http_meet_secrets_t *secrets)
{
    if (secrets->fd != -1) {
        close(secrets->fd);
        secrets->fd = -1;
    }
}


int
ngx_http_meet_secrets_get(
    const ngx_http_meet_secrets_t *secrets, uint32_t slot, unsigned char *out)
{
    int used;
    size_t i;
    ssize_t n;

    do {
        n = pread(secrets->fd, out, NGX_HTTP_MEET_SECRETS_LEN,
            (off_t) slot * NGX_HTTP_MEET_SECRETS_LEN);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return -1;
    }

    if (n != NGX_HTTP_MEET_SECRETS_LEN) {
        memset(out, 0, NGX_HTTP_MEET_SECRETS_LEN);
        return 0;
    }

    used = 0;

    for (i = 0; i < NGX_HTTP_MEET_SECRETS_LEN; i++) {
        used |= out[i];
    }

    return used != 0;
}


int
ngx_http_meet_secrets_set(const ngx_http_meet_secrets_t *secrets, uint32_t slot,
    const unsigned char *secret)
{
    ssize_t n;
    static const unsigned char zero[NGX_HTTP_MEET_SECRETS_LEN];

    do {
        n = pwrite(secrets->fd, secret ? secret : zero,
            NGX_HTTP_MEET_SECRETS_LEN,
            (off_t) slot * NGX_HTTP_MEET_SECRETS_LEN);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return -1;
    }

    if (n != NGX_HTTP_MEET_SECRETS_LEN) {
        errno = ENOSPC;
        return -1;
    }

    return 0;
}


int
ngx_http_meet_secrets_sync(const ngx_http_meet_secrets_t *secrets)
{
    return fdatasync(secrets->fd);
}


static int
ngx_http_meet_secrets_sync_directory(const char *directory)
{
    int fd, rc, err;

    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    rc = fsync(fd);
    err = errno;
    close(fd);
    errno = err;

    return rc;
}
