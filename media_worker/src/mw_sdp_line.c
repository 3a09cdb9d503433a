#include "mw_sdp_line.h"

#include <strings.h>

#define MW_ICE_UFRAG_MIN 4 /* RFC 8839 section 5.4 */
#define MW_ICE_PWD_MIN   22


void
mw_sdp_lines_init(mw_sdp_lines_t *lines, const char *text, size_t len)
{
    memset(lines, 0, sizeof(mw_sdp_lines_t));
    lines->pos = text;
    lines->end = text + len;
}


mw_rc_t
mw_sdp_lines_next(mw_sdp_lines_t *lines)
{
    size_t i, len;
    const char *line, *eol;

    if (lines->pos == lines->end) {
        return MW_AGAIN;
    }

    line = lines->pos;
    eol = memchr(line, '\n', (size_t) (lines->end - line));

    if (eol == NULL) {
        eol = lines->end;
        lines->pos = lines->end;

    } else {
        lines->pos = eol + 1;
    }

    len = (size_t) (eol - line);

    if (len > 0 && line[len - 1] == '\r') {
        len--;
    }

    if (len < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z') {
        return MW_DROP;
    }

    for (i = 2; i < len; i++) {
        if ((unsigned char) line[i] < 0x20 || line[i] == 0x7f) {
            return MW_DROP;
        }
    }

    lines->type = line[0];
    lines->value.data = line + 2;
    lines->value.len = len - 2;

    return MW_OK;
}


bool
mw_sdp_cut(mw_sdp_str_t *rest, char sep, mw_sdp_str_t *head)
{
    size_t len;
    const char *p;

    if (rest->len == 0) {
        return false;
    }

    p = memchr(rest->data, sep, rest->len);

    if (p == NULL) {
        *head = *rest;
        rest->data += rest->len;
        rest->len = 0;
        return true;
    }

    len = (size_t) (p - rest->data);

    head->data = rest->data;
    head->len = len;
    rest->data += len + 1;
    rest->len -= len + 1;

    return true;
}


bool
mw_sdp_word(mw_sdp_str_t *rest, mw_sdp_str_t *word)
{
    while (mw_sdp_cut(rest, ' ', word)) {
        if (word->len != 0) {
            return true;
        }
    }

    return false;
}


bool
mw_sdp_is(const mw_sdp_str_t *str, const char *text)
{
    return str->len == strlen(text) && memcmp(str->data, text, str->len) == 0;
}


bool
mw_sdp_is_nocase(const mw_sdp_str_t *str, const char *text)
{
    return str->len == strlen(text)
           && strncasecmp(str->data, text, str->len) == 0;
}


bool
mw_sdp_number(const mw_sdp_str_t *str, uint32_t max, uint32_t *number)
{
    size_t i;
    uint64_t n;

    if (str->len == 0 || str->len > 10) {
        return false;
    }

    n = 0;

    for (i = 0; i < str->len; i++) {
        if (str->data[i] < '0' || str->data[i] > '9') {
            return false;
        }

        n = n * 10 + (uint64_t) (str->data[i] - '0');
    }

    if (n > max) {
        return false;
    }

    *number = (uint32_t) n;

    return true;
}


bool
mw_sdp_param(const mw_sdp_str_t *params, const char *name, mw_sdp_str_t *value)
{
    mw_sdp_str_t rest, param, key;

    rest = *params;

    while (mw_sdp_cut(&rest, ';', &param)) {
        while (param.len != 0 && param.data[0] == ' ') {
            param.data++;
            param.len--;
        }

        if (mw_sdp_cut(&param, '=', &key) && mw_sdp_is_nocase(&key, name)) {
            *value = param;
            return true;
        }
    }

    return false;
}


bool
mw_sdp_name(const mw_sdp_str_t *str)
{
    size_t i;
    char c;

    for (i = 0; i < str->len; i++) {
        c = str->data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z')
            && !(c >= 'A' && c <= 'Z') && c != '-' && c != '_')
        {
            return false;
        }
    }

    return str->len != 0;
}


int
mw_sdp_hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }

    return -1;
}


/* copies ICE characters (letters, digits, + and /) */
static bool
mw_sdp_ice_chars(char *out, const mw_sdp_str_t *str, size_t min, size_t max)
{
    char c;
    size_t i;

    if (str->len < min || str->len > max) {
        return false;
    }

    for (i = 0; i < str->len; i++) {
        c = str->data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z')
            && !(c >= 'A' && c <= 'Z') && c != '+' && c != '/')
        {
            return false;
        }

        out[i] = c;
    }

    out[str->len] = '\0';

    return true;
}


bool
mw_sdp_ice_creds(
    mw_ice_creds_t *creds, const mw_sdp_str_t *ufrag, const mw_sdp_str_t *pwd)
{
    return mw_sdp_ice_chars(
               creds->ufrag, ufrag, MW_ICE_UFRAG_MIN, MW_ICE_UFRAG_MAX)
           && mw_sdp_ice_chars(creds->pwd, pwd, MW_ICE_PWD_MIN, MW_ICE_PWD_MAX);
}
