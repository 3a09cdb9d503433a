/* The two offers: SDP, and which m-section is what. */

#include <string.h>

#include "ngx_http_meet_message_read.h"


/* the m-line kinds of a subscribe connection */
#define NGX_HTTP_MEET_SLOT_AUDIO MEET_KIND_MIC
#define NGX_HTTP_MEET_SLOT_VIDEO MEET_KIND_CAM


/* a mid is an RFC 8866 token; ours are short and printable */
static void
ngx_http_meet_message_mid(ngx_http_meet_fields_t *f, const char *name,
    int required, meet_offer_t *offer, meet_track_t *tracks, int kind, int slot)
{
    size_t i, len;
    meet_track_t *track;
    const unsigned char *p;

    if (!ngx_http_meet_field_string(f, name, required, MEET_MID_MAX, &p, &len))
    {
        return;
    }

    for (i = 0; i < len; i++) {
        if (p[i] <= 0x20 || p[i] >= 0x7f) {
            break;
        }
    }

    if (len == 0 || i < len || offer->tracks == MEET_TRACKS_MAX) {
        ngx_http_meet_message_bad(f, name);
        return;
    }

    track = &tracks[offer->tracks++];

    memset(track, 0, sizeof(*track));
    memcpy(track->mid, p, len);
    track->kind = (uint8_t) kind;
    track->slot = (uint8_t) slot;
}


/* revision and sdp, which both kinds of offer have; then the list */
static json_t *
ngx_http_meet_message_sdp(ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f,
    unsigned connection, const char *list, size_t max)
{
    size_t len;
    json_t *array;
    uint64_t revision;
    ngx_http_meet_message_offer_t *o;

    o = &m->u.offer;

    memset(&o->offer, 0, sizeof(o->offer));
    o->offer.connection = (uint8_t) connection;
    revision = 0;
    array = NULL;
    len = 0;

    (void) ngx_http_meet_field_integer(f, "revision", NGX_HTTP_MEET_REQUIRED, 1,
        NGX_HTTP_MEET_U32_LARGEST, &revision);
    (void) ngx_http_meet_field_string(
        f, "sdp", NGX_HTTP_MEET_REQUIRED, MEET_OFFER_MAX, &o->sdp, &len);
    (void) ngx_http_meet_field_array(
        f, list, NGX_HTTP_MEET_REQUIRED, max, &array);

    if (len == 0) {
        ngx_http_meet_message_bad(f, "sdp");
    }

    o->offer.revision = (uint32_t) revision;
    o->offer.sdp_len = (uint32_t) len;

    return f->bad == NULL ? array : NULL;
}


void
ngx_http_meet_message_publish(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    int kind;
    size_t i, len;
    json_t *array;
    const unsigned char *p;
    ngx_http_meet_fields_t r;
    ngx_http_meet_message_offer_t *o;

    o = &m->u.offer;
    array = ngx_http_meet_message_sdp(
        m, f, MEET_CONNECTION_PUBLISH, "tracks", MEET_TRACKS_MAX);

    if (array == NULL) {
        return;
    }

    for (i = 0; i < json_array_size(array); i++) {
        ngx_http_meet_fields(&r, json_array_get(array, i));
        kind = -1;

        if (r.bad == NULL
            && ngx_http_meet_field_string(
                &r, "kind", NGX_HTTP_MEET_REQUIRED, 16, &p, &len))
        {
            kind = ngx_http_meet_message_kind(p, len);
        }

        if (kind >= 0) {
            ngx_http_meet_message_mid(&r, "mid", NGX_HTTP_MEET_REQUIRED,
                &o->offer, o->tracks, kind, 0);
        }

        if (kind < 0 || ngx_http_meet_fields_end(&r) != 0) {
            ngx_http_meet_message_bad(f, "tracks");
            return;
        }
    }
}


void
ngx_http_meet_message_subscribe(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    int slot;
    size_t i;
    json_t *array;
    uint64_t n, seen;
    ngx_http_meet_fields_t r;
    ngx_http_meet_message_offer_t *o;

    o = &m->u.offer;
    array = ngx_http_meet_message_sdp(
        m, f, MEET_CONNECTION_SUBSCRIBE, "slots", MEET_SLOTS_MAX);

    if (array == NULL) {
        return;
    }

    seen = 0;

    for (i = 0; i < json_array_size(array); i++) {
        ngx_http_meet_fields(&r, json_array_get(array, i));

        if (r.bad == NULL
            && ngx_http_meet_field_integer(
                &r, "slot", NGX_HTTP_MEET_REQUIRED, 0, MEET_SLOTS_MAX - 1, &n)
            && (seen & (uint64_t) 1 << n) == 0)
        {
            slot = (int) n;
            seen |= (uint64_t) 1 << n;

            ngx_http_meet_message_mid(&r, "audio", NGX_HTTP_MEET_REQUIRED,
                &o->offer, o->tracks, NGX_HTTP_MEET_SLOT_AUDIO, slot);
            ngx_http_meet_message_mid(&r, "video", NGX_HTTP_MEET_OPTIONAL,
                &o->offer, o->tracks, NGX_HTTP_MEET_SLOT_VIDEO, slot);

        } else {
            ngx_http_meet_message_bad(f, "slots");
            return;
        }

        if (ngx_http_meet_fields_end(&r) != 0) {
            ngx_http_meet_message_bad(f, "slots");
            return;
        }
    }
}
