/*
 * The session token: the answer to a join, shown again in `hello`.
 *
 *   base64url(version | flags | incarnation | participant | invite serial
 *             | expiry | room name | display name
 *             | HMAC-SHA-256(instance key, label | all before))
 *
 * It says who somebody is, never what he may do: role, bans and the invite
 * itself are looked up in the room each time.  Pure functions in plain C; they
 * neither allocate nor block.
 */

#ifndef NGX_HTTP_MEET_TOKEN_H
#define NGX_HTTP_MEET_TOKEN_H

#include <stddef.h>
#include <stdint.h>


#define NGX_HTTP_MEET_TOKEN_VERSION 1
#define NGX_HTTP_MEET_TOKEN_NAME    64 /* bytes of a room's public name */

#define NGX_HTTP_MEET_TOKEN_DISPLAY 256 /* bytes of a person's name */

/* fixed part, two names with lengths, HMAC; four characters for three bytes */
#define NGX_HTTP_MEET_TOKEN_RAW_MAX                                            \
    (38 + 1 + NGX_HTTP_MEET_TOKEN_NAME + 2 + NGX_HTTP_MEET_TOKEN_DISPLAY + 32)
#define NGX_HTTP_MEET_TOKEN_TEXT_MAX ((NGX_HTTP_MEET_TOKEN_RAW_MAX * 4 + 2) / 3)


#define NGX_HTTP_MEET_TOKEN_ADMITTED 0x01u /* has passed the lobby */
#define NGX_HTTP_MEET_TOKEN_TEST     0x02u /* of a connection test: no room */


typedef struct {
    unsigned char name[NGX_HTTP_MEET_TOKEN_NAME];
    size_t name_len;
    unsigned char display[NGX_HTTP_MEET_TOKEN_DISPLAY]; /* as joined with */
    size_t display_len;
    unsigned char incarnation[16];
    uint64_t participant;
    uint32_t serial;  /* of the invite */
    uint64_t expires; /* Unix seconds */
    uint8_t flags;    /* NGX_HTTP_MEET_TOKEN_... */
} ngx_http_meet_token_t;


typedef enum {
    NGX_HTTP_MEET_TOKEN_OK = 0,
    NGX_HTTP_MEET_TOKEN_BAD, /* malformed, forged, or of another instance */
    NGX_HTTP_MEET_TOKEN_EXPIRED
} ngx_http_meet_token_rc_t;


/* Writes at most TEXT_MAX characters, no zero; returns their number. */
size_t ngx_http_meet_token_make(unsigned char *text,
    const ngx_http_meet_token_t *token, const unsigned char key[32]);

/* The HMAC is compared in constant time, before any field is believed. */
ngx_http_meet_token_rc_t ngx_http_meet_token_check(ngx_http_meet_token_t *token,
    const unsigned char *text, size_t len, const unsigned char key[32],
    uint64_t now);


#endif /* NGX_HTTP_MEET_TOKEN_H */
