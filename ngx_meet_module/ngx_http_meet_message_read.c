#include <string.h>

#include "ngx_http_meet_message_read.h"
#include "ngx_http_meet_text.h"


#define NGX_HTTP_MEET_ID_LARGEST  0x7fffffffu
#define NGX_HTTP_MEET_INT_LARGEST ((uint64_t) 9007199254740991) /* 2^53 - 1 */

#define NGX_HTTP_MEET_TOKEN_CHARS 1024


typedef void (*ngx_http_meet_message_pt)(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f);

typedef struct {
    const char *name;
    ngx_http_meet_message_pt read; /* NULL: no fields */
} ngx_http_meet_message_kind_t;


static const char *const ngx_http_meet_kinds[] = {
    [MEET_KIND_MIC] = "mic",
    [MEET_KIND_CAM] = "cam",
    [MEET_KIND_SCREEN_AUDIO] = "screen-audio",
    [MEET_KIND_SCREEN] = "screen",
};


void
ngx_http_meet_message_bad(ngx_http_meet_fields_t *f, const char *name)
{
    if (f->bad == NULL) {
        f->bad = name;
    }
}


int
ngx_http_meet_message_is(const unsigned char *p, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(p, name, len) == 0;
}


int
ngx_http_meet_message_kind(const unsigned char *p, size_t len)
{
    int i;

    for (i = 0; i <= MEET_KIND_SCREEN; i++) {
        if (ngx_http_meet_message_is(p, len, ngx_http_meet_kinds[i])) {
            return i;
        }
    }

    return -1;
}


/* ["mic", ...] into a mask of kinds */
uint8_t
ngx_http_meet_message_mask(
    ngx_http_meet_fields_t *f, const char *name, json_t *array)
{
    int kind;
    size_t i;
    json_t *v;
    uint8_t mask;

    mask = 0;

    for (i = 0; i < json_array_size(array); i++) {
        v = json_array_get(array, i);
        kind = -1;

        if (json_is_string(v)) {
            kind = ngx_http_meet_message_kind(
                (const unsigned char *) json_string_value(v),
                json_string_length(v));
        }

        if (kind < 0) {
            ngx_http_meet_message_bad(f, name);
            return 0;
        }

        mask |= (uint8_t) (1u << kind);
    }

    return mask;
}


static void
ngx_http_meet_message_channel_field(
    ngx_http_meet_fields_t *f, uint16_t *channel)
{
    size_t len;
    const unsigned char *p;

    if (!ngx_http_meet_field_string(
            f, "channel", NGX_HTTP_MEET_REQUIRED, 16, &p, &len))
    {
        return;
    }

    if (!ngx_http_meet_message_is(p, len, "chat")) {
        ngx_http_meet_message_bad(f, "channel");
        return;
    }

    *channel = NGX_HTTP_MEET_CHANNEL_CHAT;
}


static void
ngx_http_meet_message_hello(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    json_t *resume;
    uint64_t epoch;
    ngx_http_meet_fields_t r;
    ngx_http_meet_message_hello_t *hello;

    hello = &m->u.hello;

    (void) ngx_http_meet_field_string(f, "token", NGX_HTTP_MEET_REQUIRED,
        NGX_HTTP_MEET_TOKEN_CHARS, &hello->token, &hello->token_len);

    if (!ngx_http_meet_field_object(
            f, "resume", NGX_HTTP_MEET_OPTIONAL, &resume)) {
        return;
    }

    epoch = 0;
    ngx_http_meet_fields(&r, resume);

    (void) ngx_http_meet_field_integer(&r, "epoch", NGX_HTTP_MEET_REQUIRED, 0,
        NGX_HTTP_MEET_U32_LARGEST, &epoch);
    (void) ngx_http_meet_field_integer(&r, "sequence", NGX_HTTP_MEET_REQUIRED,
        0, NGX_HTTP_MEET_INT_LARGEST, &hello->sequence);

    hello->epoch = (uint32_t) epoch;

    if (ngx_http_meet_fields_end(&r) != 0) {
        ngx_http_meet_message_bad(f, "resume");
    }
}


static void
ngx_http_meet_message_view(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    size_t i;
    json_t *array;
    meet_view_entry_t *entry;
    ngx_http_meet_fields_t r;
    uint64_t source, height, priority;

    memset(&m->u.view.view, 0, sizeof(m->u.view.view));

    if (!ngx_http_meet_field_array(
            f, "sources", NGX_HTTP_MEET_REQUIRED, MEET_VIEW_MAX, &array))
    {
        return;
    }

    for (i = 0; i < json_array_size(array); i++) {
        ngx_http_meet_fields(&r, json_array_get(array, i));
        source = height = priority = 0;

        if (r.bad == NULL) {
            (void) ngx_http_meet_field_integer(&r, "source",
                NGX_HTTP_MEET_REQUIRED, MEET_SOURCE(1, 0),
                NGX_HTTP_MEET_U32_LARGEST, &source);
            (void) ngx_http_meet_field_integer(
                &r, "height", NGX_HTTP_MEET_REQUIRED, 0, 0xffff, &height);
            (void) ngx_http_meet_field_integer(
                &r, "priority", NGX_HTTP_MEET_REQUIRED, 0, 0xff, &priority);
        }

        if (ngx_http_meet_fields_end(&r) != 0
            || (MEET_SOURCE_KIND(source) != MEET_KIND_CAM
                && MEET_SOURCE_KIND(source) != MEET_KIND_SCREEN))
        {
            ngx_http_meet_message_bad(f, "sources");
            return;
        }

        entry = &m->u.view.entries[i];

        memset(entry, 0, sizeof(*entry));
        entry->source = (uint32_t) source;
        entry->height = (uint16_t) height;
        entry->priority = (uint8_t) priority;
    }

    m->u.view.view.entries = (uint32_t) i;
}


static void
ngx_http_meet_message_state(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    size_t len;
    json_t *array;
    meet_state_t *state;
    const unsigned char *p;

    state = &m->u.state.state;
    memset(state, 0, sizeof(*state));

    if (ngx_http_meet_field_array(
            f, "muted", NGX_HTTP_MEET_OPTIONAL, 16, &array)) {
        state->fields |= MEET_STATE_MUTED;
        state->muted = ngx_http_meet_message_mask(f, "muted", array);
    }

    if (ngx_http_meet_field_string(
            f, "name", NGX_HTTP_MEET_OPTIONAL, 1024, &p, &len))
    {
        state->fields |= MEET_STATE_NAME;
        state->name_len =
            (uint16_t) ngx_http_meet_display_name(m->u.state.name, p, len);

        if (state->name_len == 0) {
            ngx_http_meet_message_bad(f, "name");
        }
    }

    if (state->fields == 0) {
        ngx_http_meet_message_bad(f, "muted or name");
    }
}


static void
ngx_http_meet_message_post(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    ngx_http_meet_message_post_t *post;

    post = &m->u.post;

    ngx_http_meet_message_channel_field(f, &post->channel);

    if (ngx_http_meet_field_b64u(f, "body", NGX_HTTP_MEET_REQUIRED, post->body,
            NGX_HTTP_MEET_MESSAGE_SEALED_MIN, NGX_HTTP_MEET_MESSAGE_SEALED_MAX,
            &post->len)
        && post->body[0] != NGX_HTTP_MEET_MESSAGE_SEALED_VERSION)
    {
        ngx_http_meet_message_bad(f, "body");
    }
}


static void
ngx_http_meet_message_log(ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    uint64_t limit;

    limit = 100;
    m->u.log.after = 0;

    ngx_http_meet_message_channel_field(f, &m->u.log.channel);
    (void) ngx_http_meet_field_integer(f, "after", NGX_HTTP_MEET_REQUIRED, 0,
        NGX_HTTP_MEET_INT_LARGEST, &m->u.log.after);
    (void) ngx_http_meet_field_integer(f, "limit", NGX_HTTP_MEET_OPTIONAL, 1,
        NGX_HTTP_MEET_MESSAGE_LOG_MAX, &limit);

    m->u.log.limit = (uint32_t) limit;
}


static void
ngx_http_meet_message_tell(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    size_t len;
    const unsigned char *p;

    m->u.tell.to = 0;

    if (ngx_http_meet_field_string(
            f, "to", NGX_HTTP_MEET_REQUIRED, NGX_HTTP_MEET_ID_LEN, &p, &len)
        && !ngx_http_meet_message_is(p, len, "lobby")
        && (ngx_http_meet_id_decode(&m->u.tell.to, p, len) != 0
            || m->u.tell.to == 0))
    {
        ngx_http_meet_message_bad(f, "to");
    }

    (void) ngx_http_meet_field_string(f, "body", NGX_HTTP_MEET_REQUIRED,
        NGX_HTTP_MEET_MESSAGE_BODY_MAX, &m->u.tell.body, &m->u.tell.len);
}


static void
ngx_http_meet_message_figure(
    ngx_http_meet_fields_t *f, const char *name, uint32_t *figure)
{
    uint64_t value;

    value = 0;

    (void) ngx_http_meet_field_integer(f, name, NGX_HTTP_MEET_REQUIRED, 0,
        NGX_HTTP_MEET_MESSAGE_FIGURE, &value);

    *figure = (uint32_t) value;
}


static void
ngx_http_meet_message_report(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    meet_report_t *report;

    report = &m->u.report;

    ngx_http_meet_message_figure(f, "freezes", &report->freezes);
    ngx_http_meet_message_figure(f, "frozen_ms", &report->frozen_ms);
    ngx_http_meet_message_figure(f, "concealed_ms", &report->concealed_ms);
    ngx_http_meet_message_figure(f, "audio_ms", &report->audio_ms);
    ngx_http_meet_message_figure(f, "video_ms", &report->video_ms);
}


static const ngx_http_meet_message_kind_t ngx_http_meet_message_kinds[] = {
    [NGX_HTTP_MEET_MESSAGE_HELLO] = { "hello", ngx_http_meet_message_hello },
    [NGX_HTTP_MEET_MESSAGE_PUBLISH] = { "publish",
        ngx_http_meet_message_publish },
    [NGX_HTTP_MEET_MESSAGE_SUBSCRIBE] = { "subscribe",
        ngx_http_meet_message_subscribe },
    [NGX_HTTP_MEET_MESSAGE_VIEW] = { "view", ngx_http_meet_message_view },
    [NGX_HTTP_MEET_MESSAGE_STATE] = { "state", ngx_http_meet_message_state },
    [NGX_HTTP_MEET_MESSAGE_POST] = { "post", ngx_http_meet_message_post },
    [NGX_HTTP_MEET_MESSAGE_LOG] = { "log", ngx_http_meet_message_log },
    [NGX_HTTP_MEET_MESSAGE_TELL] = { "tell", ngx_http_meet_message_tell },
    [NGX_HTTP_MEET_MESSAGE_MODERATE] = { "moderate",
        ngx_http_meet_message_moderate },
    [NGX_HTTP_MEET_MESSAGE_APPOINT] = { "appoint",
        ngx_http_meet_message_appoint },
    [NGX_HTTP_MEET_MESSAGE_REPORT] = { "report", ngx_http_meet_message_report },
    [NGX_HTTP_MEET_MESSAGE_PING] = { "ping", NULL },
    [NGX_HTTP_MEET_MESSAGE_LEAVE] = { "leave", NULL },
};


static ngx_http_meet_message_rc_t
ngx_http_meet_message_fields(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f, size_t size)
{
    int type;
    size_t len;
    uint64_t id;
    const unsigned char *p;

    /* the id first: a bad message is answered under it */

    if (ngx_http_meet_field_integer(
            f, "id", NGX_HTTP_MEET_OPTIONAL, 1, NGX_HTTP_MEET_ID_LARGEST, &id))
    {
        m->id = (uint32_t) id;
    }

    type = NGX_HTTP_MEET_MESSAGE_TYPES;

    if (ngx_http_meet_field_string(
            f, "type", NGX_HTTP_MEET_REQUIRED, 16, &p, &len)) {
        for (type = 0; type < NGX_HTTP_MEET_MESSAGE_TYPES; type++) {
            if (ngx_http_meet_message_is(
                    p, len, ngx_http_meet_message_kinds[type].name)) {
                break;
            }
        }
    }

    if (size > NGX_HTTP_MEET_MESSAGE_MAX
        && type != NGX_HTTP_MEET_MESSAGE_PUBLISH
        && type != NGX_HTTP_MEET_MESSAGE_SUBSCRIBE)
    {
        return NGX_HTTP_MEET_MESSAGE_BIG;
    }

    if (type == NGX_HTTP_MEET_MESSAGE_TYPES) {
        ngx_http_meet_message_bad(f, "type");
        return NGX_HTTP_MEET_MESSAGE_BAD;
    }

    m->type = (ngx_http_meet_message_type_t) type;

    if (ngx_http_meet_message_kinds[type].read != NULL) {
        ngx_http_meet_message_kinds[type].read(m, f);
    }

    if (ngx_http_meet_fields_end(f) != 0) {
        return NGX_HTTP_MEET_MESSAGE_BAD;
    }

    return NGX_HTTP_MEET_MESSAGE_OK;
}


ngx_http_meet_message_rc_t
ngx_http_meet_message_read(
    ngx_http_meet_message_t *m, const unsigned char *text, size_t len)
{
    ngx_http_meet_fields_t f;
    ngx_http_meet_message_rc_t rc;

    m->id = 0;
    m->root = NULL;
    m->detail = NULL;
    m->type = NGX_HTTP_MEET_MESSAGE_TYPES;
    memset(&m->u.hello, 0, sizeof(m->u.hello));

    if (len > NGX_HTTP_MEET_MESSAGE_OFFER_MAX) {
        return NGX_HTTP_MEET_MESSAGE_BIG;
    }

    m->root = ngx_http_meet_json_load(text, len);

    if (m->root == NULL) {
        if (len > NGX_HTTP_MEET_MESSAGE_MAX) {
            return NGX_HTTP_MEET_MESSAGE_BIG;
        }

        m->detail = "JSON object";
        return NGX_HTTP_MEET_MESSAGE_BAD;
    }

    ngx_http_meet_fields(&f, m->root);

    rc = ngx_http_meet_message_fields(m, &f, len);

    if (rc == NGX_HTTP_MEET_MESSAGE_BAD) {
        m->detail = f.bad;
    }

    return rc;
}


void
ngx_http_meet_message_done(ngx_http_meet_message_t *m)
{
    json_decref(m->root);
    m->root = NULL;
}


const char *
ngx_http_meet_message_channel(unsigned channel)
{
    return channel == NGX_HTTP_MEET_CHANNEL_CHAT ? "chat" : NULL;
}
