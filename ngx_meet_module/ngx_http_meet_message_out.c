#include <string.h>

#include "ngx_http_meet_message_out.h"
#include "ngx_http_meet_text.h"


#define NGX_HTTP_MEET_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* bytes of base64 input at a time: no bits are left between two pieces */
#define NGX_HTTP_MEET_OUT_PIECE 48

/* what every reader of JSON can hold (RFC 7493 section 2.2): 2^53 - 1 */
#define NGX_HTTP_MEET_OUT_LARGEST ((uint64_t) 9007199254740991)


void
ngx_http_meet_out_raw(ngx_http_meet_out_t *out, const void *data, size_t len)
{
    if (out->buf != NULL && out->len <= out->size
        && len <= out->size - out->len) {
        memcpy(out->buf + out->len, data, len);
    }

    out->len += len;
}


void
ngx_http_meet_out_text(ngx_http_meet_out_t *out, const char *text)
{
    ngx_http_meet_out_raw(out, text, strlen(text));
}


/* length of the character at `p`, 0 if it is none (RFC 3629) */
static size_t
ngx_http_meet_out_char(const unsigned char *p, size_t len)
{
    size_t n;
    ngx_http_meet_utf8_t state;

    n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

    memset(&state, 0, sizeof(state));

    if (n > len || ngx_http_meet_utf8_input(&state, p, n) != 0
        || ngx_http_meet_utf8_end(&state) != 0)
    {
        return 0;
    }

    return n;
}


static void
ngx_http_meet_out_escape(ngx_http_meet_out_t *out, unsigned char c)
{
    char text[6];

    switch (c) {

    case '"':
        ngx_http_meet_out_raw(out, "\\\"", 2);
        return;

    case '\\':
        ngx_http_meet_out_raw(out, "\\\\", 2);
        return;

    case '\n':
        ngx_http_meet_out_raw(out, "\\n", 2);
        return;

    case '\r':
        ngx_http_meet_out_raw(out, "\\r", 2);
        return;

    case '\t':
        ngx_http_meet_out_raw(out, "\\t", 2);
        return;
    }

    memcpy(text, "\\u00", 4);
    text[4] = "0123456789abcdef"[c >> 4];
    text[5] = "0123456789abcdef"[c & 0xf];

    ngx_http_meet_out_raw(out, text, sizeof(text));
}


void
ngx_http_meet_out_string(ngx_http_meet_out_t *out, const void *data, size_t len)
{
    size_t n;
    const unsigned char *p, *end, *plain;

    p = data;
    end = p + len;
    plain = p;

    ngx_http_meet_out_raw(out, "\"", 1);

    while (p < end) {

        if (*p >= 0x20 && *p != '"' && *p != '\\' && *p < 0x7f) {
            p++;
            continue;
        }

        if (*p >= 0x80) {
            n = ngx_http_meet_out_char(p, (size_t) (end - p));

            if (n != 0) {
                p += n;
                continue;
            }
        }

        ngx_http_meet_out_raw(out, plain, (size_t) (p - plain));

        if (*p >= 0x80) {
            ngx_http_meet_out_text(out, NGX_HTTP_MEET_REPLACEMENT);

        } else {
            ngx_http_meet_out_escape(out, *p);
        }

        plain = ++p;
    }

    ngx_http_meet_out_raw(out, plain, (size_t) (p - plain));
    ngx_http_meet_out_raw(out, "\"", 1);
}


void
ngx_http_meet_out_b64u(ngx_http_meet_out_t *out, const void *data, size_t len)
{
    size_t n, written;
    const unsigned char *p, *end;
    unsigned char text[NGX_HTTP_MEET_OUT_PIECE / 3 * 4];

    ngx_http_meet_out_raw(out, "\"", 1);

    if (out->buf == NULL) {
        out->len += (len * 4 + 2) / 3;

    } else {
        for (p = data, end = p + len; p < end; p += n) {
            n = (size_t) (end - p);

            if (n > NGX_HTTP_MEET_OUT_PIECE) {
                n = NGX_HTTP_MEET_OUT_PIECE;
            }

            written = ngx_http_meet_b64u_encode(text, p, n);
            ngx_http_meet_out_raw(out, text, written);
        }
    }

    ngx_http_meet_out_raw(out, "\"", 1);
}


void
ngx_http_meet_out_id(ngx_http_meet_out_t *out, uint64_t id)
{
    unsigned char text[NGX_HTTP_MEET_ID_LEN];

    ngx_http_meet_id_encode(text, id);
    ngx_http_meet_out_string(out, text, sizeof(text));
}


void
ngx_http_meet_out_number(ngx_http_meet_out_t *out, uint64_t n)
{
    char *p;
    char text[20];

    p = text + sizeof(text);

    if (n > NGX_HTTP_MEET_OUT_LARGEST) {
        n = NGX_HTTP_MEET_OUT_LARGEST;
    }

    do {
        *--p = (char) ('0' + n % 10);
        n /= 10;
    } while (n != 0);

    ngx_http_meet_out_raw(out, p, (size_t) (text + sizeof(text) - p));
}


void
ngx_http_meet_out_field(ngx_http_meet_out_t *out, const char *name)
{
    ngx_http_meet_out_raw(out, ",\"", 2);
    ngx_http_meet_out_text(out, name);
    ngx_http_meet_out_raw(out, "\":", 2);
}


void
ngx_http_meet_out_field_number(
    ngx_http_meet_out_t *out, const char *name, uint64_t n)
{
    ngx_http_meet_out_field(out, name);
    ngx_http_meet_out_number(out, n);
}


void
ngx_http_meet_out_field_text(
    ngx_http_meet_out_t *out, const char *name, const char *text)
{
    ngx_http_meet_out_field(out, name);
    ngx_http_meet_out_string(out, text, strlen(text));
}


void
ngx_http_meet_out_field_bool(
    ngx_http_meet_out_t *out, const char *name, int value)
{
    ngx_http_meet_out_field(out, name);
    ngx_http_meet_out_text(out, value ? "true" : "false");
}
