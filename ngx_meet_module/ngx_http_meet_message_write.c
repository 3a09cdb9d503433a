#include <string.h>

#include "ngx_http_meet_message.h"
#include "ngx_http_meet_message_write.h"


typedef struct {
    uint32_t bit;
    const char *name;
} ngx_http_meet_bit_t;


static const ngx_http_meet_bit_t ngx_http_meet_rights[] = {
    { MEET_RIGHT_MIC, "mic" },
    { MEET_RIGHT_CAM, "cam" },
    { MEET_RIGHT_SCREEN, "screen" },
    { MEET_RIGHT_CHAT, "chat" },
    { MEET_RIGHT_TELL, "tell" },
    { MEET_RIGHT_SETTINGS, "settings" },
    { MEET_RIGHT_MODERATE, "moderate" },
    { MEET_RIGHT_DELETE, "delete" },
    { 0, NULL },
};

static const ngx_http_meet_bit_t ngx_http_meet_kind_bits[] = {
    { 1u << MEET_KIND_MIC, "mic" },
    { 1u << MEET_KIND_CAM, "cam" },
    { 1u << MEET_KIND_SCREEN_AUDIO, "screen-audio" },
    { 1u << MEET_KIND_SCREEN, "screen" },
    { 0, NULL },
};

static const char *const ngx_http_meet_roles[] = {
    [MEET_ROLE_VIEWER] = "viewer",
    [MEET_ROLE_PARTICIPANT] = "participant",
    [MEET_ROLE_MODERATOR] = "moderator",
    [MEET_ROLE_OWNER] = "owner",
};


static void
ngx_http_meet_write_type(
    ngx_http_meet_out_t *out, const char *type, uint32_t re)
{
    ngx_http_meet_out_text(out, "{\"type\":\"");
    ngx_http_meet_out_text(out, type);
    ngx_http_meet_out_text(out, "\"");

    if (re != 0) {
        ngx_http_meet_out_field_number(out, "re", re);
    }
}


static void
ngx_http_meet_write_bits(ngx_http_meet_out_t *out, const char *name,
    const ngx_http_meet_bit_t *bit, uint32_t mask)
{
    const char *sep;

    ngx_http_meet_out_field(out, name);
    ngx_http_meet_out_text(out, "[");

    for (sep = "\""; bit->name != NULL; bit++) {
        if (mask & bit->bit) {
            ngx_http_meet_out_text(out, sep);
            ngx_http_meet_out_text(out, bit->name);
            ngx_http_meet_out_text(out, "\"");
            sep = ",\"";
        }
    }

    ngx_http_meet_out_text(out, "]");
}


static void
ngx_http_meet_write_role(ngx_http_meet_out_t *out, unsigned role)
{
    ngx_http_meet_out_field_text(out, "role",
        ngx_http_meet_roles[role <= MEET_ROLE_OWNER ? role : MEET_ROLE_VIEWER]);
}


static void
ngx_http_meet_write_bytes(
    ngx_http_meet_out_t *out, const char *name, const void *data, size_t len)
{
    ngx_http_meet_out_field(out, name);
    ngx_http_meet_out_string(out, data, len);
}


/* the body of a record, behind a list or a name, is not aligned */
static const unsigned char *
ngx_http_meet_write_participant(
    ngx_http_meet_out_t *out, const unsigned char *p)
{
    meet_participant_t who;

    memcpy(&who, p, sizeof(who));
    p += sizeof(who);

    ngx_http_meet_out_text(out, "{\"id\":");
    ngx_http_meet_out_id(out, who.id);
    ngx_http_meet_out_field_number(out, "number", who.number);
    ngx_http_meet_write_bytes(out, "name", p, who.name_len);
    ngx_http_meet_write_role(out, who.role);
    ngx_http_meet_out_field_number(out, "joined_ms", who.joined_ms);
    ngx_http_meet_write_bits(
        out, "published", ngx_http_meet_kind_bits, who.published);
    ngx_http_meet_write_bits(out, "muted", ngx_http_meet_kind_bits, who.muted);
    ngx_http_meet_out_field_bool(out, "away", who.away);
    ngx_http_meet_write_bits(out, "rights", ngx_http_meet_rights, who.rights);
    ngx_http_meet_out_text(out, "}");

    return p + who.name_len;
}


static void
ngx_http_meet_write_room(ngx_http_meet_out_t *out, const meet_room_t *room)
{
    ngx_http_meet_out_field(out, "room");
    ngx_http_meet_out_text(out, "{\"version\":");
    ngx_http_meet_out_number(out, room->version);
    ngx_http_meet_out_field_bool(
        out, "locked", (room->flags & MEET_ROOM_IS_LOCKED) != 0);
    ngx_http_meet_out_field(out, "expires");

    if (room->expires != 0) {
        ngx_http_meet_out_number(out, room->expires);

    } else {
        ngx_http_meet_out_text(out, "null");
    }

    ngx_http_meet_out_field_number(out, "participants", room->participants);
    ngx_http_meet_out_text(out, "}");
}


static void
ngx_http_meet_write_entry(ngx_http_meet_out_t *out, uint64_t sequence,
    uint64_t sender, uint32_t number, uint64_t time_ms, const void *data,
    size_t len)
{
    ngx_http_meet_out_text(out, "{\"sequence\":");
    ngx_http_meet_out_number(out, sequence);
    ngx_http_meet_out_field(out, "sender");
    ngx_http_meet_out_id(out, sender);
    ngx_http_meet_out_field_number(out, "number", number);
    ngx_http_meet_out_field_number(out, "time_ms", time_ms);
    ngx_http_meet_out_field(out, "body");
    ngx_http_meet_out_b64u(out, data, len);
    ngx_http_meet_out_text(out, "}");
}


static void
ngx_http_meet_write_snapshot(ngx_http_meet_out_t *out, const unsigned char *p)
{
    uint32_t i;
    meet_snapshot_t snapshot;

    memcpy(&snapshot, p, sizeof(snapshot));
    p += sizeof(snapshot);

    ngx_http_meet_out_field_number(out, "sequence", snapshot.sequence);
    ngx_http_meet_write_room(out, &snapshot.room);
    ngx_http_meet_out_field_number(out, "first", snapshot.first);
    ngx_http_meet_out_field_number(out, "total", snapshot.total);
    ngx_http_meet_out_field(out, "participants");
    ngx_http_meet_out_text(out, "[");

    for (i = 0; i < snapshot.participants; i++) {
        if (i != 0) {
            ngx_http_meet_out_text(out, ",");
        }

        p = ngx_http_meet_write_participant(out, p);
    }

    ngx_http_meet_out_text(out, "]");
}


static void
ngx_http_meet_write_source(
    ngx_http_meet_out_t *out, const char *name, uint32_t source)
{
    ngx_http_meet_out_field(out, name);

    if (source == MEET_NO_SOURCE) {
        ngx_http_meet_out_text(out, "null");

    } else {
        ngx_http_meet_out_number(out, source);
    }
}


static void
ngx_http_meet_write_slots(ngx_http_meet_out_t *out, const unsigned char *p)
{
    uint32_t i;
    meet_slot_t slot;
    meet_slots_t slots;

    memcpy(&slots, p, sizeof(slots));
    p += sizeof(slots);

    ngx_http_meet_out_field(out, "slots");
    ngx_http_meet_out_text(out, "[");

    for (i = 0; i < slots.entries; i++) {
        memcpy(&slot, p, sizeof(slot));
        p += sizeof(slot);

        ngx_http_meet_out_text(out, i == 0 ? "{\"slot\":" : ",{\"slot\":");
        ngx_http_meet_out_number(out, slot.slot);
        ngx_http_meet_write_source(out, "audio", slot.audio);
        ngx_http_meet_write_source(out, "video", slot.video);
        ngx_http_meet_out_text(out, "}");
    }

    ngx_http_meet_out_text(out, "]");
}


static void
ngx_http_meet_write_speakers(ngx_http_meet_out_t *out, const unsigned char *p)
{
    uint32_t i;
    meet_speaker_t speaker;
    meet_speakers_t speakers;

    memcpy(&speakers, p, sizeof(speakers));
    p += sizeof(speakers);

    ngx_http_meet_out_field_number(out, "active", speakers.active);
    ngx_http_meet_out_field(out, "speakers");
    ngx_http_meet_out_text(out, "[");

    for (i = 0; i < speakers.entries; i++) {
        memcpy(&speaker, p, sizeof(speaker));
        p += sizeof(speaker);

        ngx_http_meet_out_text(out, i == 0 ? "[" : ",[");
        ngx_http_meet_out_number(out, speaker.number);
        ngx_http_meet_out_text(out, ",");
        ngx_http_meet_out_number(out, speaker.level);
        ngx_http_meet_out_text(out, "]");
    }

    ngx_http_meet_out_text(out, "]");
}


static void
ngx_http_meet_write_left(ngx_http_meet_out_t *out, const unsigned char *p)
{
    meet_left_t left;

    memcpy(&left, p, sizeof(left));

    ngx_http_meet_out_field(out, "participant");
    ngx_http_meet_out_id(out, left.id);
    ngx_http_meet_out_field_number(out, "number", left.number);
    ngx_http_meet_out_field_text(out, "reason",
        left.reason == MEET_OK ? "left" : meet_status_name(left.reason));
}


static void
ngx_http_meet_write_log_entry(ngx_http_meet_out_t *out, const unsigned char *p)
{
    meet_entry_t entry;

    memcpy(&entry, p, sizeof(entry));

    ngx_http_meet_out_field_text(
        out, "channel", ngx_http_meet_message_channel(entry.channel));
    ngx_http_meet_out_field(out, "entry");
    ngx_http_meet_write_entry(out, entry.sequence, entry.sender, entry.number,
        entry.time_ms, p + sizeof(entry), entry.len);
}


int
ngx_http_meet_write_shows(
    const meet_record_t *header, const unsigned char *body)
{
    meet_entry_t entry;

    switch (header->type) {

    case MEET_JOINED:
    case MEET_CHANGED:
    case MEET_LEFT:
    case MEET_SETTINGS:
    case MEET_SNAPSHOT:
    case MEET_SLOTS:
    case MEET_RIGHTS:
    case MEET_SPEAKERS:
    case MEET_TOLD:
    case MEET_END:
        return 1;

    case MEET_ENTRY:
        memcpy(&entry, body, sizeof(entry));
        return ngx_http_meet_message_channel(entry.channel) != NULL;
    }

    return 0;
}


void
ngx_http_meet_write_record(ngx_http_meet_out_t *out,
    const meet_record_t *header, const unsigned char *body)
{
    meet_room_t room;
    meet_tell_t tell;
    meet_rights_t rights;
    meet_close_t end;

    if (header->type == MEET_END) {
        memcpy(&end, body, sizeof(end));
        ngx_http_meet_write_end(out, end.reason);
        return;
    }

    ngx_http_meet_write_type(out, meet_record_name(header->type), 0);

    if (header->sequence != 0 && header->type != MEET_SNAPSHOT) {
        ngx_http_meet_out_field_number(out, "sequence", header->sequence);
    }

    switch (header->type) {

    case MEET_JOINED:
    case MEET_CHANGED:
        ngx_http_meet_out_field(out, "participant");
        (void) ngx_http_meet_write_participant(out, body);
        break;

    case MEET_LEFT:
        ngx_http_meet_write_left(out, body);
        break;

    case MEET_ENTRY:
        ngx_http_meet_write_log_entry(out, body);
        break;

    case MEET_SETTINGS:
        memcpy(&room, body, sizeof(room));
        ngx_http_meet_write_room(out, &room);
        break;

    case MEET_SNAPSHOT:
        ngx_http_meet_write_snapshot(out, body);
        break;

    case MEET_SLOTS:
        ngx_http_meet_write_slots(out, body);
        break;

    case MEET_RIGHTS:
        memcpy(&rights, body, sizeof(rights));
        ngx_http_meet_write_role(out, rights.role);
        ngx_http_meet_write_bits(
            out, "rights", ngx_http_meet_rights, rights.rights);
        break;

    case MEET_SPEAKERS:
        ngx_http_meet_write_speakers(out, body);
        break;

    case MEET_TOLD:
        memcpy(&tell, body, sizeof(tell));
        ngx_http_meet_out_field(out, "from");
        ngx_http_meet_out_id(out, tell.peer);
        ngx_http_meet_write_bytes(out, "body", body + sizeof(tell), tell.len);
        break;

    default:
        break;
    }

    ngx_http_meet_out_text(out, "}");
}


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
