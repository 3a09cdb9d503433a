/* Messages of the server. */

#include <stdio.h>

#include "mc_participant.h"


static const char *
mc_text(json_t *message, const char *key)
{
    const char *text;

    text = json_string_value(json_object_get(message, key));

    return text == NULL ? "" : text;
}


static json_int_t
mc_number(json_t *message, const char *key)
{
    return json_integer_value(json_object_get(message, key));
}


void
mc_session_hello(mc_participant_t *who, mc_ws_t *ws)
{
    json_t *hello;

    hello = json_pack("{ss ss}", "type", "hello", "token", who->token);

    if (who->epoch != 0) {
        json_object_set_new(hello, "resume",
            json_pack("{sI sI}", "epoch", (json_int_t) who->epoch, "sequence",
                (json_int_t) who->sequence));
    }

    mc_ws_send(ws, hello);
}


static void
mc_session_welcome(mc_participant_t *who, json_t *message, mw_usec_t now)
{
    bool resumed;

    resumed = json_is_true(json_object_get(message, "resumed"));
    snprintf(who->id, sizeof(who->id), "%s", mc_text(message, "participant"));
    snprintf(who->role, sizeof(who->role), "%s", mc_text(message, "role"));
    snprintf(who->token, sizeof(who->token), "%s", mc_text(message, "token"));
    snprintf(
        who->key_id, sizeof(who->key_id), "%s", mc_text(message, "key_id"));
    snprintf(who->incarnation, sizeof(who->incarnation), "%s",
        mc_text(message, "incarnation"));
    who->number = (uint32_t) mc_number(message, "number");
    who->epoch = (uint32_t) mc_number(message, "epoch");
    who->welcomed = true;
    who->greeted = true;
    who->backoff = 100 * MW_MSEC;

    /* the other socket, if there were two, has done its work */
    mc_ws_close(&who->ws[1 - who->current], 1000);

    if (!resumed) {
        who->sequence = (uint64_t) mc_number(message, "sequence");
    }

    if (who->lost != 0) {
        if (now - who->lost > who->resume_max) {
            who->resume_max = now - who->lost;
        }

        who->lost = 0;
        who->resumes++;
    }

    if (mc_secret_unwrap(who->link->wrap, mc_text(message, "wrapped_key"),
            who->key_id, who->key)
        != 0)
    {
        mc_participant_emit(who, "no-key", NULL);
    }

    mc_participant_emit(who, "welcome",
        json_pack("{ss sI sb sI ss}", "id", who->id, "number",
            (json_int_t) who->number, "resumed", resumed, "epoch",
            (json_int_t) who->epoch, "role", who->role));

    mc_call_start(who, !json_is_true(json_object_get(message, "publish")),
        !json_is_true(json_object_get(message, "subscribe")));
    mc_session_view(who);
    mc_chat_welcome(who, resumed);
}


static void
mc_roster_set(mc_participant_t *who, json_t *participant)
{
    unsigned i;
    uint32_t number;

    number = (uint32_t) mc_number(participant, "number");

    if (number == who->number) {
        return;
    }

    for (i = 0; i < who->others; i++) {
        if (who->roster[i] == number) {
            return;
        }
    }

    if (who->others < MC_ROSTER) {
        who->roster[who->others++] = number;
    }
}


static void
mc_roster_drop(mc_participant_t *who, uint32_t number)
{
    unsigned i;

    for (i = 0; i < who->others; i++) {
        if (who->roster[i] == number) {
            who->roster[i] = who->roster[--who->others];
            return;
        }
    }
}


/* shows the cameras of the first participants, as many as there are pairs */
void
mc_session_view(mc_participant_t *who)
{
    unsigned i;
    json_t *sources;

    if (who->conf->pairs == 0) {
        return;
    }

    sources = json_array();

    for (i = 0; i < who->others && i < who->conf->pairs; i++) {
        json_array_append_new(sources,
            json_pack("{sI sI sI}", "source",
                (json_int_t) who->roster[i] * 4 + 1, "height",
                (json_int_t) who->conf->height, "priority", (json_int_t) 0));
    }

    mc_participant_send(
        who, json_pack("{ss so}", "type", "view", "sources", sources));
}


static void
mc_session_snapshot(mc_participant_t *who, json_t *message)
{
    size_t i;
    json_t *one;

    who->sequence = (uint64_t) mc_number(message, "sequence");

    if (mc_number(message, "first") == 0) {
        who->others = 0;
        who->snapshots++;
    }

    json_array_foreach(json_object_get(message, "participants"), i, one)
    {
        mc_roster_set(who, one);
    }

    mc_session_view(who);
    mc_participant_emit(who, "snapshot",
        json_pack("{sI sI}", "sequence", (json_int_t) who->sequence, "others",
            (json_int_t) who->others));
}


/* false: seen before, or after a hole that only a resume can fill */
static bool
mc_session_sequence(mc_participant_t *who, json_t *message)
{
    uint64_t sequence;

    sequence = (uint64_t) mc_number(message, "sequence");

    if (sequence <= who->sequence) {
        who->event_repeats++;
        return false;
    }

    if (sequence != who->sequence + 1) {
        who->event_gaps++;
    }

    who->sequence = sequence;
    who->events++;

    return true;
}


static void
mc_session_event(mc_participant_t *who, const char *type, json_t *message)
{
    json_t *one;

    if (!mc_session_sequence(who, message)) {
        return;
    }

    one = json_object_get(message, "participant");

    if (strcmp(type, "joined") == 0) {
        mc_roster_set(who, one);
        mc_session_view(who);

    } else if (strcmp(type, "left") == 0) {
        mc_roster_drop(who, (uint32_t) mc_number(message, "number"));
        mc_session_view(who);

    } else if (strcmp(type, "entry") == 0) {
        mc_chat_entry(who, json_object_get(message, "entry"), true);
        return;
    }

    mc_participant_emit(
        who, "event", json_pack("{ss sO}", "type", type, "message", message));
}


void
mc_session_message(
    mc_participant_t *who, mc_ws_t *ws, json_t *message, mw_usec_t now)
{
    size_t i;
    const char *type;
    static const char *const events[] = { "joined", "changed", "left",
        "settings", "entry" };

    (void) ws;
    type = mc_text(message, "type");

    for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
        if (strcmp(type, events[i]) == 0) {
            mc_session_event(who, type, message);
            return;
        }
    }

    if (strcmp(type, "welcome") == 0) {
        mc_session_welcome(who, message, now);

    } else if (strcmp(type, "snapshot") == 0) {
        mc_session_snapshot(who, message);

    } else if (strcmp(type, "answer") == 0) {
        mc_call_answer(who, message, now);

    } else if (strcmp(type, "slots") == 0) {
        mc_call_slots(who, message, now);

    } else if (strcmp(type, "log") == 0) {
        mc_chat_log(who, message);

    } else if (strcmp(type, "speakers") != 0) {
        mc_chat_answer(who, type, message, now);
        mc_participant_emit(who, "message",
            json_pack("{ss sO}", "type", type, "message", message));
    }
}
