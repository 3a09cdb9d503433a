#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "meet_body.h"
#include "ngx_http_meet.h"
#include "ngx_http_meet_message.h"
#include "ngx_http_meet_message_part.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"


/*
 * Everything that is stored about a room, as one JSON file for its owner.  The
 * log is read and sent page by page; a room that is deleted meanwhile cuts the
 * answer short.
 */

#define NGX_HTTP_MEET_EXPORT_ENTRIES 200          /* of one page */
#define NGX_HTTP_MEET_EXPORT_BYTES   (256 * 1024) /* about */
#define NGX_HTTP_MEET_EXPORT_PAGES   4            /* in one turn of the loop */


typedef struct {
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_position_t position;
    ngx_pool_t *page; /* of what is being sent */
    ngx_uint_t entries;
    unsigned begun : 1;
    unsigned done : 1;
} ngx_http_meet_export_t;


/* what a part of the file is made from, written once to measure it */
typedef struct {
    ngx_http_meet_export_t *export;
    ngx_http_meet_store_invite_t *invites;
    ngx_http_meet_store_invite_t *replaced;
    ngx_http_meet_store_person_t *people;
    ngx_http_meet_store_entry_t *entries;
    ngx_uint_t ninvites;
    ngx_uint_t nreplaced;
    ngx_uint_t npeople;
    ngx_uint_t nentries;
} ngx_http_meet_export_part_t;


/* by MEET_ROLE_... */
static const char *const ngx_http_meet_export_roles[] = {
    "viewer",
    "participant",
    "moderator",
    "owner",
};


static void
ngx_http_meet_export_bytes(ngx_http_meet_out_t *out, const char *name,
    const unsigned char *p, size_t len)
{
    ngx_http_meet_out_field(out, name);
    ngx_http_meet_out_string(out, p, len);
}


/* a time, or null for none */
static void
ngx_http_meet_export_time(
    ngx_http_meet_out_t *out, const char *name, uint64_t time)
{
    ngx_http_meet_out_field(out, name);

    if (time == 0) {
        ngx_http_meet_out_text(out, "null");

    } else {
        ngx_http_meet_out_number(out, time);
    }
}


static void
ngx_http_meet_export_rights(
    ngx_http_meet_out_t *out, const char *name, uint32_t rights)
{
    char *text;
    json_t *array;

    array = ngx_http_meet_rest_rights_json(rights);
    text = array != NULL ? json_dumps(array, JSON_COMPACT) : NULL;

    ngx_http_meet_out_field(out, name);
    ngx_http_meet_out_text(out, text != NULL ? text : "null");

    free(text);
    json_decref(array);
}


static void
ngx_http_meet_export_room(
    ngx_http_meet_out_t *out, ngx_http_meet_store_room_t *room)
{
    ngx_http_meet_store_settings_t *settings;

    settings = &room->settings;

    ngx_http_meet_out_text(out, "{\"format\":\"ngx-meet room 1\"");
    ngx_http_meet_out_field_number(out, "time", (uint64_t) ngx_time());
    ngx_http_meet_export_bytes(out, "room", room->name.data, room->name.len);
    ngx_http_meet_out_field(out, "incarnation");
    ngx_http_meet_out_b64u(
        out, room->incarnation, NGX_HTTP_MEET_STORE_INCARNATION_LEN);
    ngx_http_meet_export_bytes(
        out, "key_id", room->key_id.data, room->key_id.len);
    ngx_http_meet_export_time(out, "created", room->created);
    ngx_http_meet_export_time(out, "active", room->active);
    ngx_http_meet_export_time(out, "idle", room->idle);
    ngx_http_meet_export_time(out, "end", room->end);
    ngx_http_meet_export_time(out, "expires", room->expires);
    ngx_http_meet_out_field_number(out, "version", settings->version);
    ngx_http_meet_out_field_bool(
        out, "locked", (settings->flags & MEET_ROOM_IS_LOCKED) != 0);
    ngx_http_meet_out_field_bool(
        out, "lobby", (settings->flags & MEET_ROOM_HAS_LOBBY) != 0);
    ngx_http_meet_out_field_bool(
        out, "hide_cams", (settings->flags & MEET_ROOM_HIDES_CAMS) != 0);
    ngx_http_meet_out_field_text(
        out, "codec", meet_codec_name(MEET_ROOM_CODEC_OF(settings->flags)));
    ngx_http_meet_out_field_number(out, "participants", settings->participants);
    ngx_http_meet_export_rights(
        out, "rights_participant", settings->rights_participant);
    ngx_http_meet_export_rights(out, "rights_viewer", settings->rights_viewer);
}


/* neither what opens an invite nor the key that it wraps */
static void
ngx_http_meet_export_invites(ngx_http_meet_out_t *out, const char *name,
    ngx_http_meet_store_invite_t *invites, ngx_uint_t n)
{
    ngx_uint_t i;
    ngx_http_meet_store_invite_t *invite;

    ngx_http_meet_out_field(out, name);
    ngx_http_meet_out_text(out, "[");

    for (i = 0; i < n; i++) {
        invite = &invites[i];

        ngx_http_meet_out_text(out, i ? ",{\"invite\":" : "{\"invite\":");
        ngx_http_meet_out_string(out, invite->id.data, invite->id.len);
        ngx_http_meet_out_field_text(
            out, "kind", ngx_http_meet_rest_kind(invite));
        ngx_http_meet_out_field_text(
            out, "role", ngx_http_meet_export_roles[invite->role & 3]);
        ngx_http_meet_export_bytes(
            out, "key_id", invite->key_id.data, invite->key_id.len);
        ngx_http_meet_export_time(out, "expires", invite->expires);
        ngx_http_meet_out_text(out, "}");
    }

    ngx_http_meet_out_text(out, "]");
}


static void
ngx_http_meet_export_people(ngx_http_meet_out_t *out,
    ngx_http_meet_store_person_t *people, ngx_uint_t n)
{
    ngx_uint_t i;
    ngx_http_meet_store_person_t *person;

    ngx_http_meet_out_field(out, "people");
    ngx_http_meet_out_text(out, "[");

    for (i = 0; i < n; i++) {
        person = &people[i];

        ngx_http_meet_out_text(
            out, i ? ",{\"participant\":" : "{\"participant\":");
        ngx_http_meet_out_id(out, person->participant);
        ngx_http_meet_export_time(out, "removed_until", person->banned);
        ngx_http_meet_export_time(out, "since", person->since);
        ngx_http_meet_out_field(out, "role");

        if (person->role == NGX_HTTP_MEET_STORE_ROLE_NONE) {
            ngx_http_meet_out_text(out, "null");

        } else {
            ngx_http_meet_out_text(out, "\"");
            ngx_http_meet_out_text(
                out, ngx_http_meet_export_roles[person->role & 3]);
            ngx_http_meet_out_text(out, "\"");
        }

        ngx_http_meet_write_bits(
            out, "denied", ngx_http_meet_kind_bits, person->denied);
        ngx_http_meet_out_text(out, "}");
    }

    ngx_http_meet_out_text(out, "]");
}


static void
ngx_http_meet_export_entry(
    ngx_http_meet_out_t *out, ngx_http_meet_store_entry_t *entry)
{
    const char *channel;

    channel = ngx_http_meet_message_channel(entry->channel);

    ngx_http_meet_out_text(out, "{\"channel\":\"");
    ngx_http_meet_out_text(out, channel != NULL ? channel : "other");
    ngx_http_meet_out_text(out, "\"");
    ngx_http_meet_out_field_number(out, "sequence", entry->sequence);
    ngx_http_meet_out_field(out, "sender");
    ngx_http_meet_out_id(out, entry->sender);
    ngx_http_meet_out_field_number(out, "time_ms", entry->time_ms);
    ngx_http_meet_out_field(out, "body");
    ngx_http_meet_out_b64u(out, entry->data, entry->len);
    ngx_http_meet_out_text(out, "}");
}


static void
ngx_http_meet_export_write(
    ngx_http_meet_out_t *out, const ngx_http_meet_export_part_t *part)
{
    ngx_uint_t i;

    if (!part->export->begun) {
        ngx_http_meet_export_room(out, &part->export->room);
        ngx_http_meet_export_invites(
            out, "invites", part->invites, part->ninvites);
        ngx_http_meet_export_invites(
            out, "replaced", part->replaced, part->nreplaced);
        ngx_http_meet_export_people(out, part->people, part->npeople);
        ngx_http_meet_out_text(out, ",\"log\":[");
    }

    for (i = 0; i < part->nentries; i++) {
        ngx_http_meet_out_text(
            out, i == 0 && part->export->entries == 0 ? "\n" : ",\n");
        ngx_http_meet_export_entry(out, &part->entries[i]);
    }

    if (part->nentries == 0) {
        ngx_http_meet_out_text(out, "\n]}\n");
    }
}


/* the next part of the file, in memory of its own; NULL: it cannot go on */
static ngx_buf_t *
ngx_http_meet_export_part(ngx_http_request_t *r, ngx_http_meet_export_t *export)
{
    ngx_buf_t *b;
    ngx_int_t rc;
    ngx_http_meet_out_t out;
    ngx_http_meet_export_part_t part;
    ngx_http_meet_store_invite_t invites[NGX_HTTP_MEET_STORE_INVITES_MAX];

    export->page = ngx_create_pool(NGX_MIN_POOL_SIZE * 8, r->connection->log);
    if (export->page == NULL) {
        return NULL;
    }

    ngx_memzero(&part, sizeof(part));
    part.export = export;
    part.invites = invites;

    rc = ngx_http_meet_store_page_get(export->page, &export->room,
        &export->position, NGX_HTTP_MEET_EXPORT_ENTRIES,
        NGX_HTTP_MEET_EXPORT_BYTES, &part.entries, &part.nentries);

    if (rc == NGX_OK && !export->begun) {
        rc = ngx_http_meet_store_invites_get(
            &export->room, invites, &part.ninvites);
    }

    if (rc == NGX_OK && !export->begun) {
        rc = ngx_http_meet_store_replaced_get(
            export->page, &export->room, &part.replaced, &part.nreplaced);
    }

    if (rc == NGX_OK && !export->begun) {
        rc = ngx_http_meet_store_people_get(
            export->page, &export->room, &part.people, &part.npeople);
    }

    b = rc == NGX_OK ? ngx_calloc_buf(export->page) : NULL;
    if (b == NULL) {
        return NULL;
    }

    ngx_memzero(&out, sizeof(out));
    ngx_http_meet_export_write(&out, &part);

    b->start = ngx_palloc(export->page, out.len);
    if (b->start == NULL) {
        return NULL;
    }

    out.buf = b->start;
    out.size = out.len;
    out.len = 0;
    ngx_http_meet_export_write(&out, &part);

    b->pos = b->start;
    b->last = b->start + out.len;
    b->end = b->last;
    b->temporary = 1;
    b->flush = 1;

    export->begun = 1;
    export->entries += part.nentries;
    export->done = (part.nentries == 0);

    if (export->done) {
        b->last_buf = (r == r->main) ? 1 : 0;
        b->last_in_chain = 1;
    }

    return b;
}


static void
ngx_http_meet_export_cleanup(void *data)
{
    ngx_http_meet_export_t *export = data;

    if (export->page != NULL) {
        ngx_destroy_pool(export->page);
        export->page = NULL;
    }
}


/* NGX_AGAIN: the client has to read first */
static ngx_int_t
ngx_http_meet_export_send(ngx_http_request_t *r, ngx_http_meet_export_t *export)
{
    ngx_buf_t *b;
    ngx_int_t rc;
    ngx_uint_t i;
    ngx_chain_t out;

    for (i = 0; /* void */; i++) {
        if (export->page != NULL) {
            rc = ngx_http_output_filter(r, NULL);

            if (rc == NGX_ERROR || rc > NGX_OK) {
                return NGX_ERROR;
            }

            if (rc == NGX_AGAIN || r->buffered || r->connection->buffered) {
                return NGX_AGAIN;
            }

            ngx_http_meet_export_cleanup(export);
        }

        if (export->done) {
            return NGX_OK;
        }

        if (i == NGX_HTTP_MEET_EXPORT_PAGES) {
            ngx_post_event(r->connection->write, &ngx_posted_next_events);
            return NGX_AGAIN;
        }

        b = ngx_http_meet_export_part(r, export);
        if (b == NULL) {
            return NGX_ERROR;
        }

        out.buf = b;
        out.next = NULL;

        rc = ngx_http_output_filter(r, &out);

        if (rc == NGX_ERROR || rc > NGX_OK) {
            return NGX_ERROR;
        }
    }
}


static void
ngx_http_meet_export_writer(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_event_t *wev;
    ngx_http_core_loc_conf_t *clcf;

    wev = r->connection->write;

    if (wev->timedout) {
        r->connection->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    rc = ngx_http_meet_export_send(
        r, ngx_http_get_module_ctx(r, ngx_http_meet_module));

    if (rc != NGX_AGAIN) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_add_timer(wev, clcf->send_timeout);

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


ngx_int_t
ngx_http_meet_rest_export(ngx_http_request_t *r, ngx_str_t *name, json_t *body)
{
    char *value;
    ngx_int_t rc;
    const char *problem;
    ngx_pool_cleanup_t *cln;
    ngx_http_meet_export_t *export;
    ngx_http_meet_rest_caller_t caller;

    (void) body;

    if (ngx_http_meet_rest_admit(r, name, &caller, &rc) != NGX_OK) {
        return rc;
    }

    problem = ngx_http_meet_rest_refuse(&caller, MEET_ROLE_OWNER);

    if (problem != NULL) {
        return ngx_http_meet_problem(r, problem, NULL);
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_meet_export_t));
    value = ngx_pnalloc(
        r->pool, name->len + sizeof("attachment; filename=\".json\""));

    if (cln == NULL || value == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    export = cln->data;
    cln->handler = ngx_http_meet_export_cleanup;

    ngx_memzero(export, sizeof(ngx_http_meet_export_t));
    export->room = caller.room;

    (void) ngx_sprintf(
        (u_char *) value, "attachment; filename=\"%V.json\"%Z", name);

    ngx_http_set_ctx(r, export, ngx_http_meet_module);

    r->headers_out.content_length_n = -1;

    if (ngx_http_meet_rest_add_header(r, "Content-Disposition", value) != NGX_OK
        || ngx_http_meet_rest_headers(r, NGX_HTTP_OK, "application/json")
               != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_meet_export_writer;

    r->main->count++;

    ngx_http_meet_export_writer(r);

    return NGX_DONE;
}
