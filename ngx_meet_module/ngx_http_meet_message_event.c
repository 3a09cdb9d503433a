/* Records of a media worker as messages. */

#include <string.h>

#include "ngx_http_meet_message.h"
#include "ngx_http_meet_message_part.h"


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
    ngx_http_meet_out_field_bool(
        out, "stream", (who.flags & MEET_PARTICIPANT_STREAM) != 0);
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
    ngx_http_meet_out_field_bool(
        out, "lobby", (room->flags & MEET_ROOM_HAS_LOBBY) != 0);
    ngx_http_meet_out_field_bool(
        out, "hide_cams", (room->flags & MEET_ROOM_HIDES_CAMS) != 0);
    ngx_http_meet_out_field_text(
        out, "codec", meet_codec_name(MEET_ROOM_CODEC_OF(room->flags)));

    ngx_http_meet_out_field(out, "rights");
    ngx_http_meet_out_text(out, "{");
    ngx_http_meet_write_list(
        out, "participant", ngx_http_meet_rights, room->rights_participant);
    ngx_http_meet_write_bits(
        out, "viewer", ngx_http_meet_rights, room->rights_viewer);
    ngx_http_meet_out_text(out, "}");

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

        if (slot.state == MEET_SLOT_UNSUPPORTED) {
            ngx_http_meet_out_field_text(out, "state", "unsupported");

        } else if (slot.state == MEET_SLOT_PAUSED) {
            ngx_http_meet_out_field_text(out, "state", "paused");
        }

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
ngx_http_meet_write_quality(ngx_http_meet_out_t *out, const unsigned char *p)
{
    uint32_t i;
    meet_grade_t grade;
    meet_quality_t quality;

    memcpy(&quality, p, sizeof(quality));
    p += sizeof(quality);

    ngx_http_meet_out_field(out, "participants");
    ngx_http_meet_out_text(out, "[");

    for (i = 0; i < quality.entries; i++) {
        memcpy(&grade, p, sizeof(grade));
        p += sizeof(grade);

        ngx_http_meet_out_text(out, i == 0 ? "[" : ",[");
        ngx_http_meet_out_number(out, grade.number);
        ngx_http_meet_out_text(out, ",");
        ngx_http_meet_out_number(out, grade.up);
        ngx_http_meet_out_text(out, ",");
        ngx_http_meet_out_number(out, grade.down);
        ngx_http_meet_out_text(out, "]");
    }

    ngx_http_meet_out_text(out, "]");
}


static void
ngx_http_meet_write_layers(ngx_http_meet_out_t *out, const unsigned char *p)
{
    uint32_t i;
    unsigned layer;
    meet_layers_t layers;
    meet_layer_set_t set;

    memcpy(&layers, p, sizeof(layers));
    p += sizeof(layers);

    ngx_http_meet_out_field(out, "layers");
    ngx_http_meet_out_text(out, "[");

    for (i = 0; i < layers.entries; i++) {
        memcpy(&set, p, sizeof(set));
        p += sizeof(set);

        ngx_http_meet_out_text(out, i == 0 ? "{\"source\":" : ",{\"source\":");
        ngx_http_meet_out_number(out, set.source);
        ngx_http_meet_out_field(out, "active");
        ngx_http_meet_out_text(out, "[");

        for (layer = 0; layer < set.layers && layer < 8; layer++) {
            ngx_http_meet_out_text(out, layer == 0 ? "" : ",");
            ngx_http_meet_out_text(
                out, set.wanted & 1u << layer ? "true" : "false");
        }

        ngx_http_meet_out_text(out, "]}");
    }

    ngx_http_meet_out_text(out, "]");
}


static void
ngx_http_meet_write_lobby(ngx_http_meet_out_t *out, const unsigned char *p)
{
    uint32_t i;
    meet_lobby_t lobby;
    meet_waiting_t who;

    memcpy(&lobby, p, sizeof(lobby));
    p += sizeof(lobby);

    ngx_http_meet_out_field(out, "waiting");
    ngx_http_meet_out_text(out, "[");

    for (i = 0; i < lobby.entries; i++) {
        memcpy(&who, p, sizeof(who));
        p += sizeof(who);

        ngx_http_meet_out_text(out, i == 0 ? "{\"id\":" : ",{\"id\":");
        ngx_http_meet_out_id(out, who.id);
        ngx_http_meet_write_bytes(out, "name", p, who.name_len);
        ngx_http_meet_out_field_number(out, "since_ms", who.since_ms);
        ngx_http_meet_out_text(out, "}");

        p += who.name_len;
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
    case MEET_LOBBY:
    case MEET_QUALITY:
    case MEET_LAYERS:
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

    case MEET_LOBBY:
        ngx_http_meet_write_lobby(out, body);
        break;

    case MEET_LAYERS:
        ngx_http_meet_write_layers(out, body);
        break;

    case MEET_QUALITY:
        ngx_http_meet_write_quality(out, body);
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
