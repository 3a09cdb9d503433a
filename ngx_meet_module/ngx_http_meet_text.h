/*
 * Small text forms of the protocol: UTF-8, names, base64url, hexadecimal ids.
 * Pure functions in plain C over (bytes, length); nothing is zero-terminated.
 */

#ifndef NGX_HTTP_MEET_TEXT_H
#define NGX_HTTP_MEET_TEXT_H

#include <stddef.h>
#include <stdint.h>


#define NGX_HTTP_MEET_DISPLAY_CHARS 64  /* code points of a person's name */
#define NGX_HTTP_MEET_DISPLAY_MAX   256 /* bytes of it */
#define NGX_HTTP_MEET_ROOM_MIN      3   /* characters of a room's name */
#define NGX_HTTP_MEET_ROOM_MAX      64
#define NGX_HTTP_MEET_ID_LEN        16 /* hexadecimal digits */


/* where a validator stands between two pieces of text; zero it to start */
typedef struct {
    uint8_t left; /* continuation bytes still due */
    uint8_t low;  /* bounds of the next one */
    uint8_t high;
} ngx_http_meet_utf8_t;

/* 0, or -1 at the first byte that no valid text can contain (RFC 3629) */
int ngx_http_meet_utf8_input(
    ngx_http_meet_utf8_t *state, const unsigned char *p, size_t len);

/* 0 if the text so far ends with a whole character */
int ngx_http_meet_utf8_end(const ngx_http_meet_utf8_t *state);


/*
 * A person's name as others see it: valid UTF-8, outer white space removed, 1
 * to 64 code points, no control characters and none that change the direction
 * of the text around it.  `dst` holds DISPLAY_MAX bytes.  Returns the length
 * or 0 if the name is not acceptable.
 */
size_t ngx_http_meet_display_name(
    unsigned char *dst, const unsigned char *src, size_t len);

/* 1 if it may be the public name of a room, 0 if not */
int ngx_http_meet_room_name(const unsigned char *p, size_t len);


/* characters written, without padding: (len * 4 + 2) / 3 */
size_t ngx_http_meet_b64u_encode(
    unsigned char *dst, const unsigned char *src, size_t len);

/*
 * Bytes written, at most `size`, or -1: foreign character, padding, unused
 * bits set, impossible length, or too long.
 */
int ngx_http_meet_b64u_decode(
    unsigned char *dst, size_t size, const unsigned char *src, size_t len);


/* exactly ID_LEN lower-case digits */
void ngx_http_meet_id_encode(unsigned char *dst, uint64_t id);
int ngx_http_meet_id_decode(uint64_t *id, const unsigned char *src, size_t len);


#endif /* NGX_HTTP_MEET_TEXT_H */
