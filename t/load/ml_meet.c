/* Speaks to ngx-meet: REST to join, a WebSocket, an offer each way. */

#include <stdio.h>
#include <stdlib.h>

#include "mc_link.h"
#include "mc_ws.h"
#include "ml_recv.h"
#include "ml_send.h"


#define ML_RETRY (200 * MW_MSEC)

typedef struct {
    ml_person_t *person;
    mc_http_t http;
    mc_ws_t ws;
    mw_timer_t retry;
    char token[2048];
    uint32_t number; /* 0: not welcomed yet */
    unsigned shown;  /* sources in the newest view */
    int requests;
} ml_session_t;


static void ml_meet_connect(ml_session_t *session);


static void ml_meet_created(
    mc_link_t *link, unsigned status, json_t *body, mw_usec_t now);


static ml_room_t *
ml_meet_room_of(mc_link_t *link)
{
    /* the link is the first member of what a room's session points to */
    return *(ml_room_t **) (void *) (link + 1);
}


static int
ml_meet_room(ml_room_t *room)
{
    mc_link_t *link;

    link = calloc(1, sizeof(*link) + sizeof(ml_room_t *));

    if (link == NULL) {
        return -1;
    }

    memcpy(link + 1, &room, sizeof(room));
    room->session = link;
    link->loop = &room->ml->loop;

    return mc_url_parse(&link->url, room->ml->url) != 0
                   || mc_link_create(link, NULL, 0, ml_meet_created) != 0
               ? -1
               : 0;
}


static void
ml_meet_resolved(mc_link_t *link, unsigned status, json_t *body, mw_usec_t now)
{
    ml_room_t *room;

    (void) body;
    room = ml_meet_room_of(link);

    if (status != 200) {
        ml_failed(room->ml, "facts of a room", "");
        return;
    }

    ml_room_open(room, now);
}


static void
ml_meet_created(mc_link_t *link, unsigned status, json_t *body, mw_usec_t now)
{
    (void) body;
    (void) now;

    if (status != 201 || mc_link_resolve(link, ml_meet_resolved) != 0) {
        ml_failed(ml_meet_room_of(link)->ml, "a new room", "");
    }
}


static void
ml_meet_joined(void *ctx, unsigned status, json_t *body, mw_usec_t now)
{
    const char *token;
    ml_session_t *session = ctx;

    token = json_string_value(json_object_get(body, "token"));

    if (status == 200 && token != NULL
        && strlen(token) < sizeof(session->token)) {
        strcpy(session->token, token);
        ml_meet_connect(session);
        return;
    }

    if (status != 0 && status != 503) {
        ml_failed(session->person->ml, "join", "");
        return;
    }

    mw_timer_set(
        &session->person->ml->loop.timers, &session->retry, now + ML_RETRY);
}


static void
ml_meet_request(ml_session_t *session)
{
    json_t *body;
    mc_link_t *link;
    ml_person_t *person;
    char path[128], auth[64], name[ML_TOLD];

    person = session->person;
    link = person->room->session;
    snprintf(path, sizeof(path), "rooms/%s/join", link->url.room);
    ml_told_name(person, name);
    mc_b64u(link->auth, MC_KEY, auth);
    body = json_pack(
        "{ss ss ss}", "invite", link->invite, "auth", auth, "name", name);

    if (mc_http_request(&session->http, &person->ml->loop, &link->url, "POST",
            path, NULL, body, ml_meet_joined, session)
        != 0)
    {
        ml_failed(person->ml, "join", "no connection");
    }

    json_decref(body);
}


static void
ml_meet_retry(void *ctx, mw_usec_t now)
{
    ml_session_t *session = ctx;

    (void) now;

    if (session->token[0] == '\0') {
        ml_meet_request(session);
    } else {
        ml_meet_connect(session);
    }
}


/* the cameras of the first senders, as many as there are pairs */
static void
ml_meet_view(ml_person_t *person)
{
    unsigned i, n;
    json_t *sources;
    const ml_conf_t *conf;
    const ml_person_t *other;
    ml_session_t *session;

    conf = &person->ml->conf;
    session = person->session;

    if (!person->receives || conf->pairs == 0 || session == NULL
        || session->number == 0)
    {
        return;
    }

    sources = json_array();

    for (i = n = 0; i < person->room->count && n < conf->pairs; i++) {
        other = person->room->person[i];

        if (other == NULL || other == person || !other->sends
            || other->source == 0) {
            continue;
        }

        if (conf->share && i == 0) {
            json_array_append_new(
                sources, json_pack("{sI sI si}", "source",
                             (json_int_t) other->source + 3, "height",
                             (json_int_t) 1080, "priority", 0));
            n++;
        }

        if (n < conf->pairs) {
            json_array_append_new(
                sources, json_pack("{sI sI si}", "source",
                             (json_int_t) other->source + 1, "height",
                             (json_int_t) conf->height, "priority", 1));
            n++;
        }
    }

    if (n <= session->shown) {
        json_decref(sources);
        return;
    }

    session->shown = n;
    mc_ws_send(
        &session->ws, json_pack("{ss so}", "type", "view", "sources", sources));
}


static void
ml_meet_offer(ml_session_t *session, bool up, const mc_offer_t *offer)
{
    char *sdp;
    json_t *list;
    unsigned i, pairs;
    char audio[17], video[17];
    const ml_conf_t *conf;

    list = json_array();
    conf = &session->person->ml->conf;
    pairs = conf->pairs;

    for (i = 0; up && i < offer->count; i++) {
        json_array_append_new(
            list, json_pack("{ss ss}", "mid", offer->sections[i].mid, "kind",
                      offer->sections[i].mid));
    }

    for (i = 0; !up && i < pairs + conf->spare; i++) {
        snprintf(audio, sizeof(audio), "a%u", i);
        snprintf(video, sizeof(video), "v%u", i);
        json_array_append_new(list,
            i < pairs ? json_pack(
                "{si ss ss}", "slot", (int) i, "audio", audio, "video", video)
                      : json_pack("{si ss}", "slot", (int) i, "audio", audio));
    }

    sdp = mc_offer_write(offer);
    mc_ws_send(&session->ws,
        json_pack("{ss si si ss so}", "type", up ? "publish" : "subscribe",
            "id", ++session->requests, "revision", 1, "sdp", sdp,
            up ? "tracks" : "slots", list));
    free(sdp);
}


static void
ml_meet_connections(ml_session_t *session)
{
    unsigned i;
    char mid[17];
    mc_offer_t offer;
    ml_person_t *person;
    const ml_conf_t *conf;

    person = session->person;
    conf = &person->ml->conf;

    if (person->sends) {
        person->sender = ml_sender_create(person);

        if (person->sender != NULL) {
            ml_sender_offer(person->sender, &offer);
            ml_meet_offer(session, true, &offer);
        }
    }

    if (!person->receives) {
        return;
    }

    person->receiver = ml_receiver_create(person);

    if (person->receiver == NULL) {
        ml_failed(person->ml, "a socket", "");
        return;
    }

    memset(&offer, 0, sizeof(offer));
    mc_peer_offer(&person->receiver->peer, &offer);

    for (i = 0; i < conf->pairs + conf->spare; i++) {
        snprintf(mid, sizeof(mid), "a%u", i);
        mc_offer_add(&offer, mid, false);

        if (i < conf->pairs) {
            snprintf(mid, sizeof(mid), "v%u", i);
            mc_offer_add(&offer, mid, true);
        }
    }

    ml_meet_offer(session, false, &offer);
}


static void
ml_meet_welcome(ml_session_t *session, json_t *message)
{
    unsigned i;
    ml_room_t *room;
    ml_person_t *person;

    person = session->person;
    room = person->room;

    if (session->number != 0) {
        return;
    }

    session->number =
        (uint32_t) json_integer_value(json_object_get(message, "number"));
    person->source = session->number * 4;
    ml_meet_connections(session);
    ml_meet_view(person);

    for (i = 0; person->sends && i < room->count; i++) {
        if (room->person[i] != NULL) {
            ml_meet_view(room->person[i]);
        }
    }
}


static void
ml_meet_answer(ml_session_t *session, json_t *message, mw_usec_t now)
{
    char kind;
    bool up;
    unsigned i, slot;
    const char *which, *sdp;
    static mc_answer_t answer;
    const mc_section_t *s;
    ml_person_t *person;

    person = session->person;
    which = json_string_value(json_object_get(message, "connection"));
    sdp = json_string_value(json_object_get(message, "sdp"));

    if (which == NULL || sdp == NULL || mc_answer_read(&answer, sdp) != 0) {
        ml_failed(person->ml, "answer", "");
        return;
    }

    up = strcmp(which, "publish") == 0;

    if (up && person->sender != NULL) {
        mc_peer_answer(&person->sender->peer, &answer, now);
        return;
    }

    if (up || person->receiver == NULL) {
        return;
    }

    for (i = 0; person->checked && i < answer.count; i++) {
        s = &answer.sections[i];

        if (answer.accepted[i] && s->ssrc != 0
            && sscanf(s->mid, "%c%u", &kind, &slot) == 2)
        {
            mc_receive_half(&person->receiver->receive, slot, kind == 'v',
                s->ssrc, s->rtx_ssrc);
        }
    }

    mc_peer_answer(&person->receiver->peer, &answer, now);
}


static uint32_t
ml_meet_source(json_t *one, const char *half)
{
    json_t *source;

    source = json_object_get(one, half);

    return json_is_integer(source) ? (uint32_t) json_integer_value(source)
                                   : MC_NO_SOURCE;
}


static void
ml_meet_slots(ml_session_t *session, json_t *message, mw_usec_t now)
{
    size_t i;
    json_t *one;
    unsigned slot;
    mc_receive_t *receive;

    if (session->person->receiver == NULL || !session->person->checked) {
        return;
    }

    receive = &session->person->receiver->receive;

    json_array_foreach(json_object_get(message, "slots"), i, one)
    {
        slot = (unsigned) json_integer_value(json_object_get(one, "slot"));
        mc_receive_map(receive, slot, false, ml_meet_source(one, "audio"), now);
        mc_receive_map(receive, slot, true, ml_meet_source(one, "video"), now);
    }
}


static bool
ml_meet_wanted(void *ctx, const char *text, size_t len)
{
    const ml_session_t *session = ctx;

    return ml_told(&session->person->ml->stats, text, len);
}


static void
ml_meet_message(void *ctx, json_t *message, mw_usec_t now)
{
    const char *type, *detail;
    ml_session_t *session = ctx;

    type = json_string_value(json_object_get(message, "type"));

    if (type == NULL) {
        return;
    }

    if (strcmp(type, "welcome") == 0) {
        ml_meet_welcome(session, message);

    } else if (strcmp(type, "answer") == 0) {
        ml_meet_answer(session, message, now);

    } else if (strcmp(type, "slots") == 0) {
        ml_meet_slots(session, message, now);

    } else if (strcmp(type, "error") == 0) {
        detail = json_string_value(json_object_get(message, "error"));
        ml_failed(session->person->ml, "message", detail);
    }
}


static void
ml_meet_opened(void *ctx, mw_usec_t now)
{
    ml_session_t *session = ctx;

    (void) now;
    mc_ws_send(&session->ws,
        json_pack("{ss ss}", "type", "hello", "token", session->token));
}


static void
ml_meet_closed(void *ctx, unsigned code, mw_usec_t now)
{
    char text[16];
    ml_session_t *session = ctx;

    if (session->number == 0) {
        mw_timer_set(
            &session->person->ml->loop.timers, &session->retry, now + ML_RETRY);
        return;
    }

    snprintf(text, sizeof(text), "%u", code);
    ml_failed(session->person->ml, "socket closed", text);
}


static void
ml_meet_connect(ml_session_t *session)
{
    mc_link_t *link;

    link = session->person->room->session;
    session->ws.on_open = ml_meet_opened;
    session->ws.on_message = ml_meet_message;
    session->ws.on_close = ml_meet_closed;
    session->ws.wanted = ml_meet_wanted;
    session->ws.ctx = session;

    if (mc_ws_open(&session->ws, &session->person->ml->loop, &link->url) != 0) {
        ml_failed(session->person->ml, "socket", "no connection");
    }
}


static int
ml_meet_join(ml_person_t *person)
{
    ml_session_t *session;

    session = calloc(1, sizeof(*session));

    if (session == NULL) {
        return -1;
    }

    person->session = session;
    session->person = person;
    session->ws.stream.io.fd = -1;
    mw_timer_init(&session->retry, ml_meet_retry, session);
    ml_meet_request(session);

    return 0;
}


static void
ml_meet_leave(ml_person_t *person)
{
    ml_session_t *session;

    session = person->session;
    person->session = NULL;

    if (session == NULL) {
        return;
    }

    if (session->ws.upgraded && session->ws.open) {
        mc_ws_send(&session->ws, json_pack("{ss}", "type", "leave"));
    }

    mw_timer_cancel(&person->ml->loop.timers, &session->retry);
    mc_http_cancel(&session->http);
    mc_ws_close(&session->ws, 1000);
    free(session);
}


static void
ml_meet_say(ml_person_t *person, mw_usec_t now)
{
    char body[ML_TOLD];
    ml_session_t *session;

    session = person->session;

    if (session == NULL || session->number == 0) {
        return;
    }

    ml_told_body(now, body);
    mc_ws_send(&session->ws,
        json_pack("{ss si ss ss}", "type", "post", "id", ++session->requests,
            "channel", "chat", "body", body));
    person->ml->stats.posts++;
}


static void
ml_meet_close(ml_room_t *room)
{
    mc_link_t *link = room->session;

    if (link != NULL) {
        mc_http_cancel(&link->http);

        if (link->url.addr != NULL) {
            freeaddrinfo(link->url.addr);
        }

        free(link);
        room->session = NULL;
    }
}


const ml_server_t ml_meet = { ml_meet_room, ml_meet_join, ml_meet_leave,
    ml_meet_say, ml_meet_close };
