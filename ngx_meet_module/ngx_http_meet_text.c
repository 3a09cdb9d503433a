#include <string.h>

#include "ngx_http_meet_text.h"


static const char ngx_http_meet_b64u[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "abcdefghijklmnopqrstuvwxyz"
                                         "0123456789-_";

static const char *const ngx_http_meet_reserved[] = {
    "api",
    "assets",
    "healthz",
    "metrics",
    "test",
};


int
ngx_http_meet_utf8_input(
    ngx_http_meet_utf8_t *state, const unsigned char *p, size_t len)
{
    unsigned char c;
    const unsigned char *end;

    for (end = p + len; p < end; p++) {
        c = *p;

        if (state->left) {
            if (c < state->low || c > state->high) {
                return -1;
            }

            state->left--;
            state->low = 0x80;
            state->high = 0xbf;
            continue;
        }

        if (c < 0x80) {
            continue;
        }

        /* the first continuation byte rules out overlong and surrogate forms */

        state->low = 0x80;
        state->high = 0xbf;

        if (c >= 0xc2 && c <= 0xdf) {
            state->left = 1;

        } else if (c >= 0xe0 && c <= 0xef) {
            state->left = 2;

            if (c == 0xe0) {
                state->low = 0xa0;

            } else if (c == 0xed) {
                state->high = 0x9f;
            }

        } else if (c >= 0xf0 && c <= 0xf4) {
            state->left = 3;

            if (c == 0xf0) {
                state->low = 0x90;

            } else if (c == 0xf4) {
                state->high = 0x8f;
            }

        } else {
            return -1;
        }
    }

    return 0;
}


int
ngx_http_meet_utf8_end(const ngx_http_meet_utf8_t *state)
{
    return state->left ? -1 : 0;
}


/* one character of text that is known to be valid */
static uint32_t
ngx_http_meet_utf8_next(const unsigned char **pp)
{
    int n;
    uint32_t c;
    const unsigned char *p;

    p = *pp;
    c = *p++;

    if (c >= 0xf0) {
        c &= 0x07;
        n = 3;

    } else if (c >= 0xe0) {
        c &= 0x0f;
        n = 2;

    } else if (c >= 0xc0) {
        c &= 0x1f;
        n = 1;

    } else {
        n = 0;
    }

    while (n--) {
        c = c << 6 | (*p++ & 0x3fu);
    }

    *pp = p;

    return c;
}


static int
ngx_http_meet_is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f
           || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)
           || c == 0x061c || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb)
           || (c & 0xfffe) == 0xfffe || (c >= 0xe0000 && c <= 0xe0fff);
}


static int
ngx_http_meet_is_space(uint32_t c)
{
    return c == ' ' || c == 0xa0 || (c >= 0x2000 && c <= 0x200b) || c == 0x202f
           || c == 0x205f || c == 0x3000;
}


size_t
ngx_http_meet_display_name(
    unsigned char *dst, const unsigned char *src, size_t len)
{
    size_t size;
    unsigned n, seen;
    uint32_t c;
    const unsigned char *p, *end, *first, *last, *start;
    ngx_http_meet_utf8_t state;

    memset(&state, 0, sizeof(state));

    if (ngx_http_meet_utf8_input(&state, src, len) != 0
        || ngx_http_meet_utf8_end(&state) != 0)
    {
        return 0;
    }

    n = 0;
    seen = 0;
    first = last = NULL;

    for (p = src, end = src + len; p < end; /* void */) {
        start = p;
        c = ngx_http_meet_utf8_next(&p);

        if (ngx_http_meet_is_control(c)) {
            return 0;
        }

        n += (first != NULL);

        if (ngx_http_meet_is_space(c)) {
            continue;
        }

        if (first == NULL) {
            first = start;
            n = 1;
        }

        last = p;
        seen = n;
    }

    if (first == NULL || seen > NGX_HTTP_MEET_DISPLAY_CHARS) {
        return 0;
    }

    size = (size_t) (last - first);
    memcpy(dst, first, size);

    return size;
}


int
ngx_http_meet_room_name(const unsigned char *p, size_t len)
{
    size_t i;

    if (len < NGX_HTTP_MEET_ROOM_MIN || len > NGX_HTTP_MEET_ROOM_MAX
        || p[0] == '-' || p[len - 1] == '-')
    {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9')
                || p[i] == '-'))
        {
            return 0;
        }
    }

    for (i = 0; i < sizeof(ngx_http_meet_reserved) / sizeof(char *); i++) {
        if (strlen(ngx_http_meet_reserved[i]) == len
            && memcmp(ngx_http_meet_reserved[i], p, len) == 0)
        {
            return 0;
        }
    }

    return 1;
}


size_t
ngx_http_meet_b64u_encode(
    unsigned char *dst, const unsigned char *src, size_t len)
{
    int bits;
    size_t i;
    uint32_t acc;
    unsigned char *d;

    d = dst;
    acc = 0;
    bits = 0;

    for (i = 0; i < len; i++) {
        acc = (acc << 8 | src[i]) & 0xffff;
        bits += 8;

        while (bits >= 6) {
            bits -= 6;
            *d++ = (unsigned char) ngx_http_meet_b64u[acc >> bits & 0x3f];
        }
    }

    if (bits) {
        *d++ = (unsigned char) ngx_http_meet_b64u[acc << (6 - bits) & 0x3f];
    }

    return (size_t) (d - dst);
}


static int
ngx_http_meet_b64u_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    return c == '-' ? 62 : c == '_' ? 63 : -1;
}


int
ngx_http_meet_b64u_decode(
    unsigned char *dst, size_t size, const unsigned char *src, size_t len)
{
    int bits, v;
    size_t i, n;
    uint32_t acc;

    if (len % 4 == 1 || len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0) > size) {
        return -1;
    }

    n = 0;
    acc = 0;
    bits = 0;

    for (i = 0; i < len; i++) {
        v = ngx_http_meet_b64u_value(src[i]);

        if (v < 0) {
            return -1;
        }

        acc = (acc << 6 | (uint32_t) v) & 0xffff;
        bits += 6;

        if (bits >= 8) {
            bits -= 8;
            dst[n++] = (unsigned char) (acc >> bits);
        }
    }

    if (acc & ((1u << bits) - 1)) {
        return -1;
    }

    return (int) n;
}


void
ngx_http_meet_id_encode(unsigned char *dst, uint64_t id)
{
    int i;

    for (i = NGX_HTTP_MEET_ID_LEN - 1; i >= 0; i--) {
        dst[i] = (unsigned char) "0123456789abcdef"[id & 0xf];
        id >>= 4;
    }
}


int
ngx_http_meet_id_decode(uint64_t *id, const unsigned char *src, size_t len)
{
    size_t i;
    uint64_t n;

    if (len != NGX_HTTP_MEET_ID_LEN) {
        return -1;
    }

    n = 0;

    for (i = 0; i < len; i++) {
        if (src[i] >= '0' && src[i] <= '9') {
            n = n << 4 | (uint64_t) (src[i] - '0');

        } else if (src[i] >= 'a' && src[i] <= 'f') {
            n = n << 4 | (uint64_t) (src[i] - 'a' + 10);

        } else {
            return -1;
        }
    }

    *id = n;

    return 0;
}
