/* What a room tells all its people: who joins, and lines of chat. */

#include <stdio.h>

#include "mc_secret.h"
#include "ml.h"


/* version, id of a key, nonce and tag, as nginx expects them in front */
#define ML_SEALED 37

/* of the digits of a time behind them */
#define ML_DIGITS 20

/* what names begin with, the time comes behind it */
#define ML_NAME "load "


void
ml_told_name(const ml_person_t *person, char out[ML_TOLD])
{
    snprintf(out, ML_TOLD, ML_NAME "%lld %u", (long long) person->started,
        person->index);
}


void
ml_told_body(mw_usec_t now, char out[ML_TOLD])
{
    uint8_t body[ML_SEALED + ML_DIGITS + 1];

    memset(body, 'k', sizeof(body));
    body[0] = 1;
    snprintf((char *) body + ML_SEALED, ML_DIGITS + 1, "%0*lld", ML_DIGITS,
        (long long) now);
    mc_b64u(body, ML_SEALED + ML_DIGITS, out);
}


static const char *
ml_told_field(const char *text, size_t len, const char *field)
{
    const char *at;

    at = memmem(text, len, field, strlen(field));

    return at == NULL ? NULL : at + strlen(field);
}


static void
ml_told_joined(ml_stats_t *stats, const char *text, size_t len)
{
    const char *at;
    long long started;

    at = ml_told_field(text, len, "\"name\":\"" ML_NAME);

    if (at != NULL && sscanf(at, "%20lld", &started) == 1) {
        ml_hist_add(&stats->told, mc_now() - started);
    }
}


static void
ml_told_entry(ml_stats_t *stats, const char *text, size_t len)
{
    int n;
    size_t left;
    const char *at, *end;
    long long posted;
    uint8_t body[ML_TOLD];

    at = ml_told_field(text, len, "\"body\":\"");
    left = at == NULL ? 0 : len - (size_t) (at - text);
    end = left == 0 ? NULL : memchr(at, '"', left);

    if (end == NULL) {
        return;
    }

    n = mc_b64u_decode(at, (size_t) (end - at), body, sizeof(body) - 1);

    if (n != ML_SEALED + ML_DIGITS) {
        return;
    }

    body[n] = '\0';

    if (sscanf((char *) body + ML_SEALED, "%20lld", &posted) == 1) {
        ml_hist_add(&stats->heard, mc_now() - posted);
    }
}


bool
ml_told(ml_stats_t *stats, const char *text, size_t len)
{
    unsigned i;
    const char *type;
    static const char *const unwanted[] = { "changed", "left", "snapshot",
        "speakers", "lobby", "posted" };

    /* text has no end of its own, but for that of JSON */

    type = len < 80 ? NULL : memmem(text, 40, "\"type\":\"", 8);

    if (type == NULL) {
        return true;
    }

    type += 8;

    if (strncmp(type, "joined\"", 7) == 0) {
        ml_told_joined(stats, text, len);
        return false;
    }

    if (strncmp(type, "entry\"", 6) == 0) {
        ml_told_entry(stats, text, len);
        return false;
    }

    for (i = 0; i < sizeof(unwanted) / sizeof(*unwanted); i++) {
        if (strncmp(type, unwanted[i], strlen(unwanted[i])) == 0) {
            return false;
        }
    }

    return true;
}
