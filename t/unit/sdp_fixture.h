/* Recorded offers, changed by a word here and there, and answers to them. */

#ifndef SDP_FIXTURE_H
#define SDP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "mw_sdp_answer.h"


static mw_sdp_offer_t *offer;
static mw_sdp_answer_t *answer;
static char *text;
static size_t text_len;
static char *out;

static mw_ice_creds_t ice = { "ourufrag", "ourpasswordourpassword24" };
static mw_fingerprint_t print;
static mw_addr_t candidates[2];


static inline int
setup(void **state)
{
    size_t i;

    (void) state;

    offer = malloc(sizeof(mw_sdp_offer_t));
    answer = malloc(sizeof(mw_sdp_answer_t));
    text = malloc(2 * MW_SDP_MAX);
    out = malloc(MW_SDP_ANSWER_MAX);

    print.hash = MW_HASH_SHA256;
    print.len = 32;

    for (i = 0; i < 32; i++) {
        print.digest[i] = (uint8_t) (0xa0 + i);
    }

    memset(candidates, 0, sizeof(candidates));
    candidates[0].ip[10] = candidates[0].ip[11] = 255;
    (void) inet_pton(AF_INET, "192.0.2.1", candidates[0].ip + 12);
    (void) inet_pton(AF_INET6, "2001:db8::1", candidates[1].ip);
    candidates[0].port = candidates[1].port = 4000;

    return offer == NULL || answer == NULL || text == NULL || out == NULL;
}


static inline int
teardown(void **state)
{
    (void) state;

    free(offer);
    free(answer);
    free(text);
    free(out);

    return 0;
}


/* from wherever the tests are run */
static inline void
load(const char *name)
{
    FILE *f;
    char path[512];
    static const char dir[] = __FILE__;
    const char *slash;

    slash = strrchr(dir, '/');
    (void) snprintf(path, sizeof(path), "%.*sfixtures/%s.sdp",
        slash == NULL ? 0 : (int) (slash - dir + 1), dir, name);

    f = fopen(path, "r");

    if (f == NULL) {
        (void) snprintf(path, sizeof(path), "t/unit/fixtures/%s.sdp", name);
        f = fopen(path, "r");
    }

    if (f == NULL) {
        fail_msg("%s cannot be read", path);
    }

    text_len = fread(text, 1, MW_SDP_MAX, f);
    (void) fclose(f);
}


/* on the heap with its exact length, so that a read behind it is found */
static inline mw_sdp_error_t
parse(void)
{
    char *exact;
    mw_sdp_error_t err;

    exact = malloc(text_len + 1);
    assert_non_null(exact);
    memcpy(exact, text, text_len);
    err = mw_sdp_offer_parse(offer, exact, text_len);
    free(exact);

    return err == MW_SDP_OK ? mw_sdp_offer_parse(offer, text, text_len) : err;
}


/* replaces the n-th (from 1) `what`; 0: all of them */
static inline void
replace(const char *what, const char *with, unsigned nth)
{
    char *p;
    size_t skip, tail;
    unsigned n;

    n = 0;
    text[text_len] = '\0';

    for (p = text; (p = strstr(p, what)) != NULL; p += skip) {
        skip = 1;
        n++;

        if (nth != 0 && n != nth) {
            continue;
        }

        tail = text_len - (size_t) (p - text) - strlen(what);
        memmove(p + strlen(with), p + strlen(what), tail + 1);
        memcpy(p, with, strlen(with));
        text_len = text_len + strlen(with) - strlen(what);
        skip = strlen(with);
    }

    if (n < nth || n == 0) {
        fail_msg("\"%s\" is not in the text", what);
    }
}


static inline const mw_sdp_codec_t *
codec(const mw_sdp_section_t *s, mw_codec_t c)
{
    unsigned i;

    for (i = 0; i < s->ncodecs; i++) {
        if (s->codecs[i].codec == c) {
            return &s->codecs[i];
        }
    }

    return NULL;
}


static inline bool
same(const mw_sdp_str_t *str, const char *t)
{
    return str->len == strlen(t) && memcmp(str->data, t, str->len) == 0;
}


static inline void
start_answer(void)
{
    mw_sdp_answer_init(answer, offer);
    answer->session = 4711;
    answer->revision = 2;
    answer->ice = &ice;
    answer->fingerprint = &print;
    answer->candidates = candidates;
    answer->ncandidates = 2;
}


static inline unsigned
count(const char *what)
{
    unsigned n;
    const char *p;

    n = 0;

    for (p = out; (p = strstr(p, what)) != NULL; p++) {
        n++;
    }

    return n;
}


static inline void
write_out(void)
{
    size_t len;

    assert_int_equal(
        MW_OK, mw_sdp_answer_write(answer, out, MW_SDP_ANSWER_MAX, &len));
    assert_int_equal(strlen(out), len);
}


#endif /* SDP_FIXTURE_H */
