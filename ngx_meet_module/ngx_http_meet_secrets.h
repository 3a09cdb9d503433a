/*
 * The file `secrets`: slots of 32 bytes, one storage secret per room; slot 0
 * identifies the store.  Plain C.  A zeroed slot, and one beyond the end of
 * the file, holds no secret.
 *
 * Who owns which slot is decided inside LMDB write transactions (meta), so
 * there is one writer at a time over all processes; reading is safe anywhere,
 * any time.  Keep this file out of backups, or let backups expire.
 */

#ifndef NGX_HTTP_MEET_SECRETS_H
#define NGX_HTTP_MEET_SECRETS_H

#include <stdint.h>


#define NGX_HTTP_MEET_SECRETS_LEN 32


typedef struct {
    int fd;
    unsigned created : 1; /* by this open() */
} ngx_http_meet_secrets_t;


/*
 * Opens or creates the file, 0600, and makes a new one's directory entry
 * durable.  0, or -1 with errno; EPERM: it belongs to another user or others
 * may read it.
 */
int ngx_http_meet_secrets_open(
    ngx_http_meet_secrets_t *secrets, const char *directory);
void ngx_http_meet_secrets_close(ngx_http_meet_secrets_t *secrets);

/* 1: `out` is filled, 0: the slot is empty, -1: errno */
int ngx_http_meet_secrets_get(
    const ngx_http_meet_secrets_t *secrets, uint32_t slot, unsigned char *out);

/* `secret` NULL zeroes the slot; durable only after sync; 0, or -1 with errno */
int ngx_http_meet_secrets_set(const ngx_http_meet_secrets_t *secrets,
    uint32_t slot, const unsigned char *secret);

/* blocks until everything set is on disk; 0, or -1 with errno */
int ngx_http_meet_secrets_sync(const ngx_http_meet_secrets_t *secrets);


#endif /* NGX_HTTP_MEET_SECRETS_H */
