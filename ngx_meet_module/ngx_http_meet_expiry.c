/*
 * The rule of two agreeing passes.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "ngx_http_meet_expiry.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


ngx_http_meet_expiry_t
ngx_http_meet_expiry_judge(const ngx_http_meet_expiry_clock_t *before,
    const ngx_http_meet_expiry_clock_t *now, uint64_t interval_ms,
    uint64_t *wait_ms)
{
    uint64_t wall, mono;

    *wait_ms = interval_ms;

    if (before == NULL
        || memcmp(before->boot, now->boot, NGX_HTTP_MEET_EXPIRY_BOOT_LEN) != 0
        || now->mono_ms < before->mono_ms || now->wall_ms < before->wall_ms)
    {
        return NGX_HTTP_MEET_EXPIRY_REMEMBER;
    }

    mono = now->mono_ms - before->mono_ms;
    wall = now->wall_ms - before->wall_ms;

    if (wall > mono + NGX_HTTP_MEET_EXPIRY_DRIFT
        || mono > wall + NGX_HTTP_MEET_EXPIRY_DRIFT)
    {
        return NGX_HTTP_MEET_EXPIRY_REMEMBER;
    }

    if (mono < interval_ms) {
        *wait_ms = interval_ms - mono;
        return NGX_HTTP_MEET_EXPIRY_WAIT;
    }

    return NGX_HTTP_MEET_EXPIRY_AGREE;
}


int
ngx_http_meet_expiry_clock(ngx_http_meet_expiry_clock_t *now)
{
    int fd;
    char text[64], *p;
    size_t i;
    ssize_t n;
    struct timespec ts;

    memset(now, 0, sizeof(ngx_http_meet_expiry_clock_t));

    if (clock_gettime(CLOCK_REALTIME, &ts) == -1) {
        return -1;
    }

    now->wall_ms =
        (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;

    if (clock_gettime(CLOCK_BOOTTIME, &ts) == -1) {
        return -1;
    }

    now->mono_ms =
        (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;

    fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    n = read(fd, text, sizeof(text));
    close(fd);

    if (n <= 0) {
        return -1;
    }

    /* a UUID in hex: folded, not decoded, it only has to differ */

    for (i = 0, p = text; p < text + n; p++) {
        if (*p == '-' || *p == '\n') {
            continue;
        }

        now->boot[i / 2 % NGX_HTTP_MEET_EXPIRY_BOOT_LEN] ^=
            (unsigned char) (*p << (i % 2 * 4));
        i++;
    }

    return 0;
}
