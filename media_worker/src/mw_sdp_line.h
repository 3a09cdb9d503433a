/*
 * Lines and words of SDP.  Bounds-checked slices of the text, no copies.
 *
 * Why not libre's sdp_decode(): it does carry what Chromium and Firefox send,
 * but it allocates for every attribute before anything can be limited and
 * searches payload types linearly, so that one offer of 256 KiB with many
 * types and many fmtp lines holds it for 1.4 s, and with it every call of the
 * worker.  Here the work is linear in the text and there is no memory to fill.
 */

#ifndef MW_SDP_LINE_H
#define MW_SDP_LINE_H

#include "mw.h"
#include "mw_sdp_offer.h"


typedef struct {
    const char *pos;
    const char *end;
    char type; /* of the line read last */
    mw_sdp_str_t value;
} mw_sdp_lines_t;


void mw_sdp_lines_init(mw_sdp_lines_t *lines, const char *text, size_t len);

/*
 * MW_OK: a line.  MW_AGAIN: no more.  MW_DROP: not `x=value`, or a control
 * character in it.  Lines end with CRLF or LF.
 */
mw_rc_t mw_sdp_lines_next(mw_sdp_lines_t *lines);

/*
 * Cuts the part before the first `sep` off *rest.  Without `sep` all of it,
 * and *rest is empty.  False: *rest was empty.
 */
bool mw_sdp_cut(mw_sdp_str_t *rest, char sep, mw_sdp_str_t *head);

/* like that with spaces, several counting as one; never an empty word */
bool mw_sdp_word(mw_sdp_str_t *rest, mw_sdp_str_t *word);

bool mw_sdp_is(const mw_sdp_str_t *str, const char *text);
bool mw_sdp_is_nocase(const mw_sdp_str_t *str, const char *text);

/* decimal digits only, at most `max` */
bool mw_sdp_number(const mw_sdp_str_t *str, uint32_t max, uint32_t *number);

/* value of `name` in `a=1;b=2`; false: not there */
bool mw_sdp_param(
    const mw_sdp_str_t *params, const char *name, mw_sdp_str_t *value);

/* letters, digits, - and _ only; not empty */
bool mw_sdp_name(const mw_sdp_str_t *str);

/* 0..15, or -1 */
int mw_sdp_hex(char c);

/* copies both; false: too short, too long, or other than ICE characters */
bool mw_sdp_ice_creds(
    mw_ice_creds_t *creds, const mw_sdp_str_t *ufrag, const mw_sdp_str_t *pwd);


#endif /* MW_SDP_LINE_H */
