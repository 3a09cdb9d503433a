/* What clients are told, whatever a media worker puts into its records. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ngx_http_meet_json.c"
#include "ngx_http_meet_text.c"
#include "ngx_http_meet_message_read.c"
#include "ngx_http_meet_message_offer.c"
#include "ngx_http_meet_message_event.c"
#include "ngx_http_meet_message_moderate.c"
#include "ngx_http_meet_message_out.c"
#include "ngx_http_meet_message_part.c"
#include "ngx_http_meet_message_write.c"


#define ID_A "00000000000000aa"


static unsigned char buffer[512 * 1024];


/* what was written, as a tree; measuring and writing must agree */
static json_t *
parsed(ngx_http_meet_out_t *out)
{
    json_t *root;
    json_error_t error;

    assert_true(out->len <= sizeof(buffer));

    root =
        json_loadb((char *) buffer, out->len, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL) {
        print_message("%s: %.*s\n", error.text, (int) out->len, buffer);
    }

    assert_non_null(root);

    return root;
}


static json_t *
record(unsigned type, uint64_t sequence, const void *body)
{
    size_t len;
    meet_record_t header;
    ngx_http_meet_out_t out;

    memset(&header, 0, sizeof(header));
    header.type = (uint16_t) type;
    header.sequence = sequence;

    assert_int_equal(ngx_http_meet_write_shows(&header, body), 1);

    memset(&out, 0, sizeof(out));
    ngx_http_meet_write_record(&out, &header, body);
    len = out.len;

    memset(&out, 0, sizeof(out));
    out.buf = buffer;
    out.size = len;
    ngx_http_meet_write_record(&out, &header, body);
    assert_int_equal(out.len, len);

    return parsed(&out);
}


static void
test_events(void **state)
{
    json_t *root, *who;
    uint8_t body[1024];
    meet_left_t left;
    meet_entry_t entry;
    meet_participant_t p;

    (void) state;

    memset(&p, 0, sizeof(p));
    p.id = 0xaa;
    p.number = 7;
    p.joined_ms = 1700000000123;
    p.rights = MEET_RIGHT_MIC | MEET_RIGHT_DELETE;
    p.role = MEET_ROLE_OWNER;
    p.published = 1 << MEET_KIND_CAM | 1 << MEET_KIND_SCREEN_AUDIO;
    p.away = 1;
    p.name_len = 9;
    memcpy(body, &p, sizeof(p));
    memcpy(body + sizeof(p), "A\"\\\x01\x7f\xff\xc3\xa4\n", 9);

    root = record(MEET_JOINED, 5, body);
    who = json_object_get(root, "participant");
    assert_string_equal(
        json_string_value(json_object_get(root, "type")), "joined");
    assert_int_equal(json_integer_value(json_object_get(root, "sequence")), 5);
    assert_string_equal(json_string_value(json_object_get(who, "id")), ID_A);
    assert_int_equal(json_integer_value(json_object_get(who, "number")), 7);
    assert_true(
        json_integer_value(json_object_get(who, "joined_ms")) == 1700000000123);
    assert_string_equal(
        json_string_value(json_object_get(who, "role")), "owner");
    assert_string_equal(json_string_value(json_object_get(who, "name")),
        "A\"\\\x01\x7f\xef\xbf\xbd\xc3\xa4\n");
    assert_true(json_is_true(json_object_get(who, "away")));
    assert_int_equal(json_array_size(json_object_get(who, "published")), 2);
    assert_int_equal(json_array_size(json_object_get(who, "muted")), 0);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(who, "rights"), 1)),
        "delete");
    json_decref(root);

    /* roles that nobody knows are the least */

    p.role = 200;
    memcpy(body, &p, sizeof(p));
    root = record(MEET_CHANGED, 6, body);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(root, "participant"), "role")),
        "viewer");
    json_decref(root);

    memset(&left, 0, sizeof(left));
    left.id = 0xaa;
    left.number = 7;
    root = record(MEET_LEFT, 7, &left);
    assert_string_equal(
        json_string_value(json_object_get(root, "reason")), "left");
    assert_string_equal(
        json_string_value(json_object_get(root, "participant")), ID_A);
    json_decref(root);

    left.reason = 4711;
    root = record(MEET_LEFT, 7, &left);
    assert_string_equal(
        json_string_value(json_object_get(root, "reason")), "unknown");
    json_decref(root);

    memset(&entry, 0, sizeof(entry));
    entry.sender = 0xaa;
    entry.sequence = 3;
    entry.channel = NGX_HTTP_MEET_CHANNEL_CHAT;
    entry.len = 100;
    memset(body, 0xff, sizeof(body));
    memcpy(body, &entry, sizeof(entry));
    root = record(MEET_ENTRY, 8, body);
    assert_int_equal(json_string_length(json_object_get(
                         json_object_get(root, "entry"), "body")),
        134);
    json_decref(root);
}


static void
test_unshown(void **state)
{
    meet_entry_t entry;
    meet_record_t header;

    (void) state;

    memset(&header, 0, sizeof(header));
    memset(&entry, 0, sizeof(entry));

    header.type = MEET_ENTRY;
    entry.channel = 99;
    assert_int_equal(
        ngx_http_meet_write_shows(&header, (unsigned char *) &entry), 0);

    header.type = MEET_DONE;
    assert_int_equal(ngx_http_meet_write_shows(&header, NULL), 0);

    header.type = MEET_SESSION_OPEN;
    assert_int_equal(ngx_http_meet_write_shows(&header, NULL), 0);
}


static void
test_latest_values(void **state)
{
    json_t *root, *array;
    uint8_t body[1024];
    meet_slot_t slot;
    meet_tell_t tell;
    meet_layers_t layers;
    meet_layer_set_t set;
    meet_slots_t slots;
    meet_grade_t grade;
    meet_rights_t rights;
    meet_quality_t quality;
    meet_speaker_t speaker;
    meet_speakers_t speakers;
    meet_snapshot_t snapshot;
    meet_participant_t p;
    meet_close_t end;

    (void) state;

    memset(&slots, 0, sizeof(slots));
    memset(&slot, 0, sizeof(slot));
    slots.entries = 1;
    slot.slot = 9;
    slot.audio = MEET_SOURCE(3, MEET_KIND_MIC);
    slot.video = MEET_NO_SOURCE;
    memcpy(body, &slots, sizeof(slots));
    memcpy(body + sizeof(slots), &slot, sizeof(slot));
    root = record(MEET_SLOTS, 0, body);
    array = json_object_get(root, "slots");
    assert_null(json_object_get(root, "sequence"));
    assert_int_equal(json_array_size(array), 1);
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(array, 0), "audio")),
        12);
    assert_true(
        json_is_null(json_object_get(json_array_get(array, 0), "video")));
    json_decref(root);

    memset(&layers, 0, sizeof(layers));
    memset(&set, 0, sizeof(set));
    layers.entries = 1;
    set.source = MEET_SOURCE(3, MEET_KIND_CAM);
    set.layers = 3;
    set.wanted = 5;
    memcpy(body, &layers, sizeof(layers));
    memcpy(body + sizeof(layers), &set, sizeof(set));
    root = record(MEET_LAYERS, 0, body);
    array = json_array_get(json_object_get(root, "layers"), 0);
    assert_int_equal(json_integer_value(json_object_get(array, "source")), 13);
    array = json_object_get(array, "active");
    assert_int_equal(json_array_size(array), 3);
    assert_true(json_is_true(json_array_get(array, 0)));
    assert_true(json_is_false(json_array_get(array, 1)));
    json_decref(root);

    memset(&speakers, 0, sizeof(speakers));
    memset(&speaker, 0, sizeof(speaker));
    speakers.active = 2;
    speakers.entries = 1;
    speaker.number = 2;
    speaker.level = 100;
    memcpy(body, &speakers, sizeof(speakers));
    memcpy(body + sizeof(speakers), &speaker, sizeof(speaker));
    root = record(MEET_SPEAKERS, 0, body);
    array = json_array_get(json_object_get(root, "speakers"), 0);
    assert_int_equal(json_integer_value(json_array_get(array, 1)), 100);
    json_decref(root);

    memset(&quality, 0, sizeof(quality));
    memset(&grade, 0, sizeof(grade));
    quality.entries = 1;
    grade.number = 7;
    grade.up = MEET_GRADE_BAD;
    grade.down = MEET_GRADE_GOOD;
    memcpy(body, &quality, sizeof(quality));
    memcpy(body + sizeof(quality), &grade, sizeof(grade));
    root = record(MEET_QUALITY, 0, body);
    array = json_array_get(json_object_get(root, "participants"), 0);
    assert_string_equal(
        json_string_value(json_object_get(root, "type")), "quality");
    assert_int_equal(json_integer_value(json_array_get(array, 0)), 7);
    assert_int_equal(json_integer_value(json_array_get(array, 1)), 1);
    assert_int_equal(json_integer_value(json_array_get(array, 2)), 3);
    json_decref(root);

    memset(&rights, 0, sizeof(rights));
    rights.rights = 0xffffffff;
    root = record(MEET_RIGHTS, 0, &rights);
    assert_int_equal(json_array_size(json_object_get(root, "rights")), 8);
    json_decref(root);

    memset(&tell, 0, sizeof(tell));
    tell.peer = 0xaa;
    tell.len = 4;
    memcpy(body, &tell, sizeof(tell));
    memcpy(body + sizeof(tell), "\"x\\\"", 4);
    root = record(MEET_TOLD, 0, body);
    assert_string_equal(
        json_string_value(json_object_get(root, "body")), "\"x\\\"");
    json_decref(root);

    memset(&snapshot, 0, sizeof(snapshot));
    memset(&p, 0, sizeof(p));
    snapshot.sequence = 12;
    snapshot.participants = 2;
    snapshot.total = 2;
    snapshot.room.flags = MEET_ROOM_IS_LOCKED;
    memcpy(body, &snapshot, sizeof(snapshot));
    memcpy(body + sizeof(snapshot), &p, sizeof(p));
    memcpy(body + sizeof(snapshot) + sizeof(p), &p, sizeof(p));
    root = record(MEET_SNAPSHOT, 12, body);
    assert_int_equal(json_integer_value(json_object_get(root, "sequence")), 12);
    assert_int_equal(json_array_size(json_object_get(root, "participants")), 2);
    assert_true(
        json_is_true(json_object_get(json_object_get(root, "room"), "locked")));
    assert_true(json_is_null(
        json_object_get(json_object_get(root, "room"), "expires")));
    json_decref(root);

    memset(&end, 0, sizeof(end));
    end.reason = MEET_E_LOCKED;
    root = record(MEET_END, 0, &end);
    assert_string_equal(
        json_string_value(json_object_get(root, "reason")), "room-locked");
    json_decref(root);
}


static void
test_lobby(void **state)
{
    json_t *root, *array;
    uint8_t body[256];
    meet_room_t room;
    meet_lobby_t lobby;
    meet_waiting_t who;
    ngx_http_meet_out_t out;

    (void) state;

    memset(&lobby, 0, sizeof(lobby));
    memset(&who, 0, sizeof(who));
    lobby.entries = 2;
    who.id = 0xaa;
    who.since_ms = 1700000000123;
    who.name_len = 1;
    memcpy(body, &lobby, sizeof(lobby));
    memcpy(body + 8, &who, sizeof(who));
    body[32] = 'A';
    memcpy(body + 33, &who, sizeof(who));
    body[57] = '"';
    root = record(MEET_LOBBY, 0, body);
    array = json_object_get(root, "waiting");
    assert_int_equal(json_array_size(array), 2);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(array, 1), "name")),
        "\"");
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(array, 0), "id")),
        ID_A);
    json_decref(root);

    memset(&room, 0, sizeof(room));
    room.flags = MEET_ROOM_HAS_LOBBY | MEET_CODEC_AV1 << MEET_ROOM_CODEC_SHIFT;
    room.rights_participant = MEET_RIGHT_MIC | MEET_RIGHT_TELL;
    root = record(MEET_SETTINGS, 3, &room);
    array = json_object_get(root, "room");
    assert_true(json_is_true(json_object_get(array, "lobby")));
    assert_true(json_is_false(json_object_get(array, "hide_cams")));
    assert_string_equal(
        json_string_value(json_object_get(array, "codec")), "av1");
    array = json_object_get(array, "rights");
    assert_int_equal(json_array_size(json_object_get(array, "viewer")), 0);
    array = json_object_get(array, "participant");
    assert_int_equal(json_array_size(array), 2);
    assert_string_equal(json_string_value(json_array_get(array, 1)), "tell");
    json_decref(root);

    /* who waits learns nothing but that */

    memset(&out, 0, sizeof(out));
    out.buf = buffer;
    out.size = sizeof(buffer);
    ngx_http_meet_write_waiting(&out, 4, 0xaa, 5);
    root = parsed(&out);
    assert_int_equal(json_object_size(root), 4);
    json_decref(root);
}


static void
test_answers(void **state)
{
    json_t *root;
    uint8_t body[64];
    meet_answer_t answer;
    ngx_http_meet_out_t out;
    ngx_http_meet_welcome_t w;
    ngx_http_meet_store_entry_t entry;
    ngx_http_meet_store_invite_t invite;

    (void) state;

    memset(&out, 0, sizeof(out));
    out.buf = buffer;
    out.size = sizeof(buffer);
    memset(&w, 0, sizeof(w));
    memset(&invite, 0, sizeof(invite));
    w.participant = 0xaa;
    w.token = (const unsigned char *) "tok";
    w.token_len = 3;
    w.incarnation = (const unsigned char *) "0123456789abcdef";
    w.invite = &invite;
    invite.wrapped_len = 60;
    w.body.rights = MEET_RIGHT_CHAT;
    w.body.resumed = 1;
    ngx_http_meet_write_welcome(&out, &w);
    root = parsed(&out);
    assert_int_equal(json_object_size(root), 18);
    assert_null(json_object_get(root, "re"));
    assert_int_equal(
        json_string_length(json_object_get(root, "wrapped_key")), 80);
    assert_int_equal(
        json_string_length(json_object_get(root, "incarnation")), 22);
    assert_true(json_is_true(json_object_get(root, "resumed")));
    assert_true(json_is_false(json_object_get(root, "publish")));
    assert_int_equal(json_integer_value(json_object_get(
                         json_object_get(root, "limits"), "message")),
        65536);
    json_decref(root);

    out.len = 0;
    memset(&answer, 0, sizeof(answer));
    answer.connection = MEET_CONNECTION_SUBSCRIBE;
    answer.revision = 4;
    answer.sdp_len = 5;
    memcpy(body, &answer, sizeof(answer));
    memcpy(body + sizeof(answer), "v=0\r\n", 5);
    ngx_http_meet_write_answer(&out, 9, body);
    root = parsed(&out);
    assert_int_equal(json_integer_value(json_object_get(root, "re")), 9);
    assert_string_equal(
        json_string_value(json_object_get(root, "connection")), "subscribe");
    assert_string_equal(
        json_string_value(json_object_get(root, "sdp")), "v=0\r\n");
    json_decref(root);

    out.len = 0;
    memset(&entry, 0, sizeof(entry));
    entry.data = (unsigned char *) "abc";
    entry.len = 3;
    entry.sequence = 1;
    ngx_http_meet_write_log(&out, 1, NGX_HTTP_MEET_CHANNEL_CHAT, &entry, 1, 9);
    root = parsed(&out);
    assert_string_equal(
        json_string_value(json_object_get(
            json_array_get(json_object_get(root, "entries"), 0), "body")),
        "YWJj");
    assert_int_equal(json_integer_value(json_object_get(root, "last")), 9);
    json_decref(root);

    out.len = 0;
    ngx_http_meet_write_error(&out, 0, "bad-offer", "li\"ne", 5);
    root = parsed(&out);
    assert_string_equal(
        json_string_value(json_object_get(root, "detail")), "li\"ne");
    assert_null(json_object_get(root, "re"));
    json_decref(root);

    assert_string_equal(
        ngx_http_meet_write_error_name(MEET_E_GONE), "unavailable");
    assert_string_equal(
        ngx_http_meet_write_error_name(MEET_E_REVISION), "revision");
    assert_string_equal(
        ngx_http_meet_write_error_name(MEET_E_BAD_RECORD), "unavailable");
}


/* a buffer that is too small is never exceeded */
static void
test_small_buffer(void **state)
{
    size_t size;
    ngx_http_meet_out_t out;

    (void) state;

    for (size = 0; size < 60; size++) {
        memset(buffer, 0xee, sizeof(buffer));
        memset(&out, 0, sizeof(out));
        out.buf = buffer;
        out.size = size;

        ngx_http_meet_out_string(&out, "a\"b\x01\xff\xe2\x82", 7);
        ngx_http_meet_out_b64u(&out, "0123456789", 10);
        ngx_http_meet_out_number(&out, UINT64_MAX);

        assert_int_equal(out.len, 21 + 16 + 16);
        assert_int_equal(buffer[size], 0xee);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_unshown),
        cmocka_unit_test(test_latest_values),
        cmocka_unit_test(test_lobby),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_small_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
