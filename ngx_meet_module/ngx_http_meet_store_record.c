/*
 * Layout of stored records.  A field may be added at the end, and is then
 * absent from older records (reading stops at what it knows, so older modules
 * read newer records too); none may change its place.  What an older module
 * must not overlook takes a new format number, or a database of its own.
 */

#include "ngx_http_meet_store_record.h"

#include <string.h>


#define NGX_HTTP_MEET_STORE_RECORD_VERSION 1


typedef struct {
    const unsigned char *p;
    const unsigned char *end;
    int bad;
} ngx_http_meet_store_reader_t;


static unsigned char *ngx_http_meet_store_put_bytes(
    unsigned char *p, const unsigned char *data, size_t len);
static uint64_t ngx_http_meet_store_take(
    ngx_http_meet_store_reader_t *r, size_t bytes);
static void ngx_http_meet_store_take_bytes(
    ngx_http_meet_store_reader_t *r, unsigned char *out, size_t len);
static uint8_t ngx_http_meet_store_take_string(
    ngx_http_meet_store_reader_t *r, unsigned char *out, size_t max);


_Static_assert(NGX_HTTP_MEET_STORE_ROOM_LEN
                   >= 1 + NGX_HTTP_MEET_STORE_NAME_MAX + 8 + 8 + 4 + 8 + 8
                          + 4 * 4 + 1 + NGX_HTTP_MEET_STORE_ID_MAX + 8 + 4 + 4,
    "room");

_Static_assert(NGX_HTTP_MEET_STORE_INVITE_LEN
                   >= 1 + NGX_HTTP_MEET_STORE_ID_MAX + 4 + 1 + 1 + 1 + 4 + 1
                          + NGX_HTTP_MEET_STORE_SALT_MAX
                          + NGX_HTTP_MEET_STORE_AUTH_LEN + 1
                          + NGX_HTTP_MEET_STORE_WRAPPED_MAX + 1
                          + NGX_HTTP_MEET_STORE_ID_MAX + 8,
    "invite");


unsigned char *
ngx_http_meet_store_put(unsigned char *p, uint64_t value, size_t bytes)
{
    size_t i;

    for (i = bytes; i > 0; i--) {
        p[i - 1] = (unsigned char) value;
        value >>= 8;
    }

    return p + bytes;
}


uint64_t
ngx_http_meet_store_get(const unsigned char *p, size_t bytes)
{
    size_t i;
    uint64_t value;

    value = 0;

    for (i = 0; i < bytes; i++) {
        value = value << 8 | p[i];
    }

    return value;
}


void
ngx_http_meet_store_header_write(
    unsigned char *out, const ngx_http_meet_store_header_t *header)
{
    *out++ = NGX_HTTP_MEET_STORE_RECORD_VERSION;
    out = ngx_http_meet_store_put(out, header->slot, 4);
    out = ngx_http_meet_store_put(out, header->number, 8);
    out = ngx_http_meet_store_put_bytes(
        out, header->incarnation, sizeof(header->incarnation));
    (void) ngx_http_meet_store_put(out, header->expires, 8);
}


int
ngx_http_meet_store_header_read(
    ngx_http_meet_store_header_t *header, const unsigned char *in, size_t len)
{
    ngx_http_meet_store_reader_t r;

    r.p = in;
    r.end = in + len;
    r.bad = 0;

    if (ngx_http_meet_store_take(&r, 1) != NGX_HTTP_MEET_STORE_RECORD_VERSION) {
        return -1;
    }

    header->slot = (uint32_t) ngx_http_meet_store_take(&r, 4);
    header->number = ngx_http_meet_store_take(&r, 8);
    ngx_http_meet_store_take_bytes(
        &r, header->incarnation, sizeof(header->incarnation));
    header->expires = ngx_http_meet_store_take(&r, 8);

    return r.bad ? -1 : 0;
}


size_t
ngx_http_meet_store_room_write(
    unsigned char *out, const ngx_http_meet_store_room_t *room)
{
    unsigned char *p;

    p = ngx_http_meet_store_put(out, room->name.len, 1);
    p = ngx_http_meet_store_put_bytes(p, room->name.data, room->name.len);
    p = ngx_http_meet_store_put(p, room->created, 8);
    p = ngx_http_meet_store_put(p, room->active, 8);
    p = ngx_http_meet_store_put(p, room->idle, 4);
    p = ngx_http_meet_store_put(p, room->end, 8);
    p = ngx_http_meet_store_put(p, room->settings.version, 8);
    p = ngx_http_meet_store_put(p, room->settings.flags, 4);
    p = ngx_http_meet_store_put(p, room->settings.participants, 4);
    p = ngx_http_meet_store_put(p, room->settings.rights_viewer, 4);
    p = ngx_http_meet_store_put(p, room->settings.rights_participant, 4);
    p = ngx_http_meet_store_put(p, room->key_id.len, 1);
    p = ngx_http_meet_store_put_bytes(p, room->key_id.data, room->key_id.len);
    p = ngx_http_meet_store_put(p, room->placement.worker, 8);
    p = ngx_http_meet_store_put(p, room->placement.epoch, 4);
    p = ngx_http_meet_store_put(p, room->serial, 4);

    return (size_t) (p - out);
}


int
ngx_http_meet_store_room_read(
    ngx_http_meet_store_room_t *room, const unsigned char *in, size_t len)
{
    ngx_http_meet_store_reader_t r;

    r.p = in;
    r.end = in + len;
    r.bad = 0;

    room->name.len = ngx_http_meet_store_take_string(
        &r, room->name.data, NGX_HTTP_MEET_STORE_NAME_MAX);
    room->created = ngx_http_meet_store_take(&r, 8);
    room->active = ngx_http_meet_store_take(&r, 8);
    room->idle = (uint32_t) ngx_http_meet_store_take(&r, 4);
    room->end = ngx_http_meet_store_take(&r, 8);
    room->settings.version = ngx_http_meet_store_take(&r, 8);
    room->settings.flags = (uint32_t) ngx_http_meet_store_take(&r, 4);
    room->settings.participants = (uint32_t) ngx_http_meet_store_take(&r, 4);
    room->settings.rights_viewer = (uint32_t) ngx_http_meet_store_take(&r, 4);
    room->settings.rights_participant =
        (uint32_t) ngx_http_meet_store_take(&r, 4);
    room->key_id.len = ngx_http_meet_store_take_string(
        &r, room->key_id.data, NGX_HTTP_MEET_STORE_ID_MAX);
    room->placement.worker = ngx_http_meet_store_take(&r, 8);
    room->placement.epoch = (uint32_t) ngx_http_meet_store_take(&r, 4);
    room->serial = (uint32_t) ngx_http_meet_store_take(&r, 4);

    return r.bad ? -1 : 0;
}


size_t
ngx_http_meet_store_invite_write(
    unsigned char *out, const ngx_http_meet_store_invite_t *invite)
{
    unsigned char *p;

    p = ngx_http_meet_store_put(out, invite->id.len, 1);
    p = ngx_http_meet_store_put_bytes(p, invite->id.data, invite->id.len);
    p = ngx_http_meet_store_put(p, invite->serial, 4);
    p = ngx_http_meet_store_put(p, invite->kind, 1);
    p = ngx_http_meet_store_put(p, invite->role, 1);
    p = ngx_http_meet_store_put(p, invite->kdf, 1);
    p = ngx_http_meet_store_put(p, invite->rounds, 4);
    p = ngx_http_meet_store_put(p, invite->salt_len, 1);
    p = ngx_http_meet_store_put_bytes(p, invite->salt, invite->salt_len);
    p = ngx_http_meet_store_put_bytes(
        p, invite->verifier, sizeof(invite->verifier));
    p = ngx_http_meet_store_put(p, invite->wrapped_len, 1);
    p = ngx_http_meet_store_put_bytes(p, invite->wrapped, invite->wrapped_len);
    p = ngx_http_meet_store_put(p, invite->key_id.len, 1);
    p = ngx_http_meet_store_put_bytes(
        p, invite->key_id.data, invite->key_id.len);
    p = ngx_http_meet_store_put(p, invite->expires, 8);

    return (size_t) (p - out);
}


int
ngx_http_meet_store_invite_read(
    ngx_http_meet_store_invite_t *invite, const unsigned char *in, size_t len)
{
    ngx_http_meet_store_reader_t r;

    r.p = in;
    r.end = in + len;
    r.bad = 0;

    invite->id.len = ngx_http_meet_store_take_string(
        &r, invite->id.data, NGX_HTTP_MEET_STORE_ID_MAX);
    invite->serial = (uint32_t) ngx_http_meet_store_take(&r, 4);
    invite->kind = (uint8_t) ngx_http_meet_store_take(&r, 1);
    invite->role = (uint8_t) ngx_http_meet_store_take(&r, 1);
    invite->kdf = (uint8_t) ngx_http_meet_store_take(&r, 1);
    invite->rounds = (uint32_t) ngx_http_meet_store_take(&r, 4);
    invite->salt_len = ngx_http_meet_store_take_string(
        &r, invite->salt, NGX_HTTP_MEET_STORE_SALT_MAX);
    ngx_http_meet_store_take_bytes(
        &r, invite->verifier, sizeof(invite->verifier));
    invite->wrapped_len = ngx_http_meet_store_take_string(
        &r, invite->wrapped, NGX_HTTP_MEET_STORE_WRAPPED_MAX);
    invite->key_id.len = ngx_http_meet_store_take_string(
        &r, invite->key_id.data, NGX_HTTP_MEET_STORE_ID_MAX);
    invite->expires = ngx_http_meet_store_take(&r, 8);

    return r.bad ? -1 : 0;
}


size_t
ngx_http_meet_store_person_write(
    unsigned char *out, const ngx_http_meet_store_person_t *person)
{
    unsigned char *p;

    p = ngx_http_meet_store_put(out, person->banned, 8);
    p = ngx_http_meet_store_put(p, person->since, 8);
    p = ngx_http_meet_store_put(p, person->role, 1);
    p = ngx_http_meet_store_put(p, person->denied, 1);

    return (size_t) (p - out);
}


int
ngx_http_meet_store_person_read(
    ngx_http_meet_store_person_t *person, const unsigned char *in, size_t len)
{
    ngx_http_meet_store_reader_t r;

    r.p = in;
    r.end = in + len;
    r.bad = 0;

    person->banned = ngx_http_meet_store_take(&r, 8);
    person->since = ngx_http_meet_store_take(&r, 8);
    person->role = (uint8_t) ngx_http_meet_store_take(&r, 1);

    /* records of before end here */

    person->denied =
        (r.p == r.end) ? 0 : (uint8_t) ngx_http_meet_store_take(&r, 1);

    return r.bad ? -1 : 0;
}


int
ngx_http_meet_store_invite_valid(const ngx_http_meet_store_invite_t *invite)
{
    return invite->id.len > 0 && invite->id.len <= NGX_HTTP_MEET_STORE_ID_MAX
           && invite->salt_len <= NGX_HTTP_MEET_STORE_SALT_MAX
           && invite->wrapped_len <= NGX_HTTP_MEET_STORE_WRAPPED_MAX
           && invite->key_id.len <= NGX_HTTP_MEET_STORE_ID_MAX;
}


int
ngx_http_meet_store_room_valid(const ngx_http_meet_store_room_t *room)
{
    return room->name.len > 0 && room->name.len <= NGX_HTTP_MEET_STORE_NAME_MAX
           && room->key_id.len <= NGX_HTTP_MEET_STORE_ID_MAX;
}


uint64_t
ngx_http_meet_store_expires(const ngx_http_meet_store_room_t *room)
{
    uint64_t expires;

    expires = room->idle ? room->active + room->idle : 0;

    if (expires == 0 || (room->end != 0 && room->end < expires)) {
        expires = room->end;
    }

    return expires;
}


static unsigned char *
ngx_http_meet_store_put_bytes(
    unsigned char *p, const unsigned char *data, size_t len)
{
    memcpy(p, data, len);

    return p + len;
}


static uint64_t
ngx_http_meet_store_take(ngx_http_meet_store_reader_t *r, size_t bytes)
{
    uint64_t value;

    if ((size_t) (r->end - r->p) < bytes) {
        r->p = r->end;
        r->bad = 1;
        return 0;
    }

    value = ngx_http_meet_store_get(r->p, bytes);
    r->p += bytes;

    return value;
}


static void
ngx_http_meet_store_take_bytes(
    ngx_http_meet_store_reader_t *r, unsigned char *out, size_t len)
{
    if ((size_t) (r->end - r->p) < len) {
        r->p = r->end;
        r->bad = 1;
        return;
    }

    memcpy(out, r->p, len);
    r->p += len;
}


static uint8_t
ngx_http_meet_store_take_string(
    ngx_http_meet_store_reader_t *r, unsigned char *out, size_t max)
{
    size_t len;

    len = (size_t) ngx_http_meet_store_take(r, 1);

    if (len > max) {
        r->bad = 1;
        return 0;
    }

    ngx_http_meet_store_take_bytes(r, out, len);

    return r->bad ? 0 : (uint8_t) len;
}
