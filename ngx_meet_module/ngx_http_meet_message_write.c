#include <string.h>

#include "ngx_http_meet_message.h"
#include "ngx_http_meet_message_part.h"


void
ngx_http_meet_write_welcome(
    ngx_http_meet_out_t *out, const ngx_http_meet_welcome_t *welcome)
{
    const ngx_http_meet_store_invite_t *invite;

    invite = welcome->invite;

    ngx_http_meet_write_type(out, "welcome", welcome->re);
    ngx_http_meet_out_field(out, "participant");
    ngx_http_meet_out_id(out, welcome->participant);
    ngx_http_meet_out_field_number(out, "number", welcome->body.number);
    ngx_http_meet_write_role(out, welcome->body.role);
    ngx_http_meet_write_bits(
        out, "rights", ngx_http_meet_rights, welcome->body.rights);
    ngx_http_meet_out_field_number(out, "epoch", welcome->epoch);
    ngx_http_meet_out_field_number(out, "sequence", welcome->body.sequence);
    ngx_http_meet_out_field_bool(out, "resumed", welcome->body.resumed);
    ngx_http_meet_write_bytes(out, "token", welcome->token, welcome->token_len);
    ngx_http_meet_out_field_number(
        out, "token_expires", welcome->token_expires);
    ngx_http_meet_out_field(out, "incarnation");
    ngx_http_meet_out_b64u(out, welcome->incarnation, MEET_INCARNATION_LEN);
    ngx_http_meet_write_bytes(
        out, "key_id", invite->key_id.data, invite->key_id.len);
    ngx_http_meet_out_field(out, "wrapped_key");
    ngx_http_meet_out_b64u(out, invite->wrapped, invite->wrapped_len);
    ngx_http_meet_write_bytes(out, "invite", invite->id.data, invite->id.len);
    ngx_http_meet_out_field_bool(out, "publish", welcome->body.publish);
    ngx_http_meet_out_field_bool(out, "subscribe", welcome->body.subscribe);
    ngx_http_meet_out_field_number(out, "time_ms", welcome->time_ms);

    ngx_http_meet_out_field(out, "limits");
    ngx_http_meet_out_text(out, "{\"message\":");
    ngx_http_meet_out_number(out, NGX_HTTP_MEET_MESSAGE_MAX);
    ngx_http_meet_out_field_number(out, "name", MEET_NAME_MAX / 4);
    ngx_http_meet_out_field_number(out, "participants", welcome->participants);
    ngx_http_meet_out_field_number(out, "slots", MEET_SLOTS_MAX);
    ngx_http_meet_out_text(out, "}}");
}


void
ngx_http_meet_write_waiting(ngx_http_meet_out_t *out, uint32_t re,
    uint64_t participant, uint64_t time_ms)
{
    ngx_http_meet_write_type(out, "waiting", re);
    ngx_http_meet_out_field(out, "participant");
    ngx_http_meet_out_id(out, participant);
    ngx_http_meet_out_field_number(out, "time_ms", time_ms);
    ngx_http_meet_out_text(out, "}");
}


void
ngx_http_meet_write_answer(
    ngx_http_meet_out_t *out, uint32_t re, const unsigned char *body)
{
    meet_answer_t answer;

    memcpy(&answer, body, sizeof(answer));

    ngx_http_meet_write_type(out, "answer", re);
    ngx_http_meet_out_field_text(out, "connection",
        answer.connection == MEET_CONNECTION_PUBLISH ? "publish" : "subscribe");
    ngx_http_meet_out_field_number(out, "revision", answer.revision);
    ngx_http_meet_write_bytes(
        out, "sdp", body + sizeof(answer), answer.sdp_len);
    ngx_http_meet_out_text(out, "}");
}


void
ngx_http_meet_write_log(ngx_http_meet_out_t *out, uint32_t re, unsigned channel,
    const ngx_http_meet_store_entry_t *entries, size_t n, uint64_t last)
{
    size_t i;

    ngx_http_meet_write_type(out, "log", re);
    ngx_http_meet_out_field_text(
        out, "channel", ngx_http_meet_message_channel(channel));
    ngx_http_meet_out_field(out, "entries");
    ngx_http_meet_out_text(out, "[");

    for (i = 0; i < n; i++) {
        if (i != 0) {
            ngx_http_meet_out_text(out, ",");
        }

        ngx_http_meet_write_entry(out, entries[i].sequence, entries[i].sender,
            0, entries[i].time_ms, entries[i].data, entries[i].len);
    }

    ngx_http_meet_out_text(out, "]");
    ngx_http_meet_out_field_number(out, "last", last);
    ngx_http_meet_out_text(out, "}");
}


void
ngx_http_meet_write_posted(ngx_http_meet_out_t *out, uint32_t re,
    unsigned channel, uint64_t sequence, uint64_t time_ms)
{
    ngx_http_meet_write_type(out, "posted", re);
    ngx_http_meet_out_field_text(
        out, "channel", ngx_http_meet_message_channel(channel));
    ngx_http_meet_out_field_number(out, "sequence", sequence);
    ngx_http_meet_out_field_number(out, "time_ms", time_ms);
    ngx_http_meet_out_text(out, "}");
}


void
ngx_http_meet_write_plain(
    ngx_http_meet_out_t *out, const char *type, uint32_t re)
{
    ngx_http_meet_write_type(out, type, re);
    ngx_http_meet_out_text(out, "}");
}


void
ngx_http_meet_write_error(ngx_http_meet_out_t *out, uint32_t re,
    const char *error, const void *detail, size_t detail_len)
{
    ngx_http_meet_write_type(out, "error", re);
    ngx_http_meet_out_field_text(out, "error", error);

    if (detail != NULL) {
        ngx_http_meet_write_bytes(out, "detail", detail, detail_len);
    }

    ngx_http_meet_out_text(out, "}");
}


void
ngx_http_meet_write_end(ngx_http_meet_out_t *out, unsigned reason)
{
    ngx_http_meet_write_type(out, "end", 0);
    ngx_http_meet_out_field_text(out, "reason", meet_status_name(reason));
    ngx_http_meet_out_text(out, "}");
}


const char *
ngx_http_meet_write_error_name(unsigned status)
{
    switch (status) {

    case MEET_E_BAD_OFFER:
    case MEET_E_REVISION:
    case MEET_E_FORBIDDEN:
    case MEET_E_NO_PARTICIPANT:
    case MEET_E_TIMEOUT:
    case MEET_E_LIMIT:
    case MEET_E_STALE:
        return meet_status_name(status);
    }

    return "unavailable";
}
