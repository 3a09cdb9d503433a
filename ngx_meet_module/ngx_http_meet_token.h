/*
 * The session token: the answer to a join, shown again in `hello`.
 *
 *   base64url(version | room name | incarnation | participant | invite serial
 *             | expiry | HMAC-SHA-256(instance key, label | all before))
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

/* 1 + 1 + name + 16 + 8 + 4 + 8 + 32 bytes, four characters for three */
#define NGX_HTTP_MEET_TOKEN_RAW_MAX  (70 + NGX_HTTP_MEET_TOKEN_NAME)
#define NGX_HTTP_MEET_TOKEN_TEXT_MAX ((NGX_HTTP_MEET_TOKEN_RAW_MAX * 4 + 2) / 3)


typedef struct {
    unsigned char name[NGX_HTTP_MEET_TOKEN_NAME];
    size_t name_len;
    unsigned char incarnation[16];
    uint64_t participant;
    uint32_t serial;  /* of the invite */
    uint64_t expires; /* Unix seconds */
} ngx_http_meet_token_t;


typedef enum {
    NGX_HTTP_MEET_TOKEN_OK = 0,
    NGX_HTTP_MEET_TOKEN_BAD, /* malformed, forged, or of another instance */
    NGX_HTTP_MEET_TOKEN_EXPIRED
} ngx_http_meet_token_rc_t;


/* Writes at most TEXT_MAX characters, no zero; returns their number. */
size_t
ngx_http_meet_token_make(unsigned char *text,
    const ngx_http_meet_token_t *token, const unsigned char key[32]);

/* The HMAC is compared in constant time, before any field is believed. */
ngx_http_meet_token_rc_t
ngx_http_meet_token_check(ngx_http_meet_token_t *token,
    const unsigned char *text, size_t len, const unsigned char key[32],
    uint64_t now);


#endif /* NGX_HTTP_MEET_TOKEN_H */
