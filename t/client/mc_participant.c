/* Joining, and sockets that come and go. */

#include <stdio.h>

#include "mc_participant.h"


#define MC_BACKOFF_MIN (100 * MW_MSEC)
#define MC_BACKOFF_MAX (2 * MW_SEC)


void
mc_participant_emit(mc_participant_t *who, const char *event, json_t *more)
{
    json_t *out;

    out = more == NULL ? json_object() : more;
    json_object_set_new(out, "event", json_string(event));
    json_object_set_new(out, "who", json_integer(who->index));
    json_object_set_new(out, "at_ms",
        json_integer((json_int_t) ((mc_now() - who->started) / MW_MSEC)));
    who->conf->emit(who, out);
}


int
mc_participant_send(mc_participant_t *who, json_t *message)
{
    if (who->conf->raw) {
        mc_participant_emit(who, "say", json_pack("{so}", "message", message));
        return 0;
    }

    return mc_ws_send(&who->ws[who->current], message);
}


static void
mc_participant_connect(mc_participant_t *who, unsigned index)
{
    if (mc_ws_open(&who->ws[index], who->loop, &who->link->url) != 0) {
        mw_timer_set(
            &who->loop->timers, &who->retry, who->loop->now + who->backoff);
    }
}


static void
mc_participant_opened(void *ctx, mw_usec_t now)
{
    unsigned i;
    mc_participant_t *who = ctx;

    (void) now;

    /* whichever is upgraded and has not said hello yet */
    for (i = 0; i < 2; i++) {
        if (who->ws[i].upgraded && who->ws[i].open
            && (i != who->current || !who->welcomed))
        {
            who->current = i;
            who->greeted = false;
            mc_session_hello(who, &who->ws[i]);
            break;
        }
    }
}


/*
 * The new socket first, the old one goes by itself.  When the new one moves
 * before it was welcomed an old worker had taken it: once more.
 */
static void
mc_participant_move(mc_participant_t *who, mw_usec_t now)
{
    unsigned other;

    other = 1 - who->current;

    if (!who->greeted && who->ws[other].open) {
        mc_ws_close(&who->ws[who->current], 1000);
        who->current = other;
        who->greeted = true;
        mw_timer_set(&who->loop->timers, &who->retry, now + MC_BACKOFF_MIN);
        return;
    }

    if (!who->ws[other].open) {
        who->lost = now;
        mc_participant_connect(who, other);
    }
}


static void
mc_participant_message(void *ctx, json_t *message, mw_usec_t now)
{
    const char *type;
    mc_participant_t *who = ctx;

    type = json_string_value(json_object_get(message, "type"));

    if (type != NULL && strcmp(type, "moving") == 0) {
        mc_participant_emit(who, "moving", NULL);
        mc_participant_move(who, now);
        return;
    }

    mc_session_message(who, &who->ws[who->current], message, now);
}


static void
mc_participant_joined(void *ctx, unsigned status, json_t *body, mw_usec_t now)
{
    const char *token;
    mc_participant_t *who = ctx;

    token = json_string_value(json_object_get(body, "token"));

    if (status != 200 || token == NULL || strlen(token) >= sizeof(who->token)) {
        if (status == 0 || status == 503) {
            mw_timer_set(&who->loop->timers, &who->retry, now + who->backoff);
            return;
        }

        who->ended = true;
        mc_participant_emit(who, "refused",
            json_pack(
                "{sI sO*}", "status", (json_int_t) status, "problem", body));
        return;
    }

    strcpy(who->token, token);
    mc_participant_emit(who, "joined", NULL);
    mc_participant_connect(who, who->current);
}


static void
mc_participant_join(mc_participant_t *who)
{
    json_t *body;
    char path[128], auth[64];

    snprintf(path, sizeof(path), "rooms/%s/join", who->link->url.room);
    mc_b64u(who->link->auth, MC_KEY, auth);
    body = json_pack("{ss ss ss}", "invite", who->link->invite, "auth", auth,
        "name", who->name);

    if (mc_http_request(&who->http, who->loop, &who->link->url, "POST", path,
            NULL, body, mc_participant_joined, who)
        != 0)
    {
        mw_timer_set(
            &who->loop->timers, &who->retry, who->loop->now + who->backoff);
    }

    json_decref(body);
}


static void
mc_participant_retry(void *ctx, mw_usec_t now)
{
    mc_participant_t *who = ctx;

    (void) now;

    if (who->ended) {
        return;
    }

    who->backoff =
        who->backoff * 2 > MC_BACKOFF_MAX ? MC_BACKOFF_MAX : who->backoff * 2;

    if (who->token[0] == '\0') {
        mc_participant_join(who);
    } else if (!who->ws[who->current].open) {
        mc_participant_connect(who, who->current);

    } else if (who->lost != 0 && !who->ws[1 - who->current].open) {
        mc_participant_connect(who, 1 - who->current);
    }
}


static void
mc_participant_closed(void *ctx, unsigned code, mw_usec_t now)
{
    mc_participant_t *who = ctx;

    if (who->ended) {
        return;
    }

    /*
     * One of two: the old one after the move is made, or the new one, which an
     * old worker took and dropped before it knew that it has to go.
     */
    if (who->ws[who->current].open) {
        if (who->lost != 0) {
            mw_timer_set(&who->loop->timers, &who->retry, now + MC_BACKOFF_MIN);
        }

        return;
    }

    mc_participant_emit(
        who, "closed", json_pack("{sI}", "code", (json_int_t) code));

    /* the new one, dropped by an old worker after it had said hello */
    if (who->ws[1 - who->current].open) {
        who->current = 1 - who->current;
        who->greeted = true;
        mw_timer_set(&who->loop->timers, &who->retry, now + MC_BACKOFF_MIN);
        return;
    }

    if (who->lost == 0) {
        who->lost = now;
    }

    who->welcomed = false;

    if (code == 1000 || (code >= 4004 && code <= 4008)) {
        who->ended = true;
        mc_call_close(who);
        mc_participant_emit(
            who, "ended", json_pack("{sI}", "code", (json_int_t) code));
        return;
    }

    if (code == 4003) {
        who->token[0] = '\0';
    }

    mw_timer_set(&who->loop->timers, &who->retry,
        now + (code == 1012 ? 0 : who->backoff));
}


int
mc_participant_start(mc_participant_t *who, mc_loop_t *loop, mc_link_t *link,
    const mc_conf_t *conf, unsigned index, const char *name)
{
    unsigned i;

    memset(who, 0, sizeof(*who));
    who->loop = loop;
    who->link = link;
    who->conf = conf;
    who->index = index;
    who->backoff = MC_BACKOFF_MIN;
    who->started = mc_now();
    snprintf(who->name, sizeof(who->name), "%s", name);
    mw_timer_init(&who->retry, mc_participant_retry, who);
    mc_chat_init(who);

    for (i = 0; i < 2; i++) {
        who->ws[i].on_open = mc_participant_opened;
        who->ws[i].on_message = mc_participant_message;
        who->ws[i].on_close = mc_participant_closed;
        who->ws[i].ctx = who;
        who->ws[i].stream.io.fd = -1;
    }

    if (conf->raw) {
        mc_call_start(who, true, true);
    } else {
        mc_participant_join(who);
    }

    return 0;
}


void
mc_participant_leave(mc_participant_t *who)
{
    if (!who->ended) {
        mc_participant_send(who, json_pack("{ss}", "type", "leave"));
    }
}


void
mc_participant_close(mc_participant_t *who)
{
    who->ended = true;
    mw_timer_cancel(&who->loop->timers, &who->retry);
    mc_http_cancel(&who->http);
    mc_call_close(who);
    mc_chat_close(who);
    mc_ws_close(&who->ws[0], 1000);
    mc_ws_close(&who->ws[1], 1000);
}


json_t *
mc_participant_report(mc_participant_t *who, mw_usec_t now)
{
    unsigned i;
    json_t *tracks;
    const mc_track_t *track;

    tracks = json_array();

    for (i = 0; i < who->publish.count; i++) {
        track = &who->publish.track[i];
        json_array_append_new(tracks,
            json_pack("{sb sI sI sI sI sf}", "video", track->video, "packets",
                (json_int_t) track->packets, "keyframes",
                (json_int_t) track->keyframes, "key_requests",
                (json_int_t) track->key_requests, "retransmitted",
                (json_int_t) track->retransmitted, "told", track->told));
    }

    return json_pack("{ss sI sI sb sI sI sI sI sI sI sI sI sI so so?}", "name",
        who->name, "number", (json_int_t) who->number, "others",
        (json_int_t) who->others, "ended", who->ended, "offers",
        (json_int_t) who->offers, "resumes", (json_int_t) who->resumes,
        "snapshots", (json_int_t) who->snapshots, "events",
        (json_int_t) who->events, "event_gaps", (json_int_t) who->event_gaps,
        "chat_waiting", (json_int_t) who->chat.waiting, "chat_repeats",
        (json_int_t) who->chat.repeats, "resume_max_us",
        (json_int_t) who->resume_max, "first_frame_us",
        (json_int_t) who->first_frame, "published", tracks, "received",
        who->receive.half == NULL ? NULL
                                  : mc_receive_report(&who->receive, now));
}
