/*
 * Speaks to Janus' videoroom over one WebSocket: everybody is a handle of one
 * session.  Publishers offer; subscribers answer, as soon as all publishers of
 * their room are there.
 */

#include <stdio.h>
#include <stdlib.h>

#include "mc_ws.h"
#include "ml_janus_sdp.h"
#include "ml_recv.h"
#include "ml_send.h"


#define ML_KEEPALIVE (20 * MW_SEC)
#define ML_FIRST     1000 /* room number */

/* one leg of a person; the transaction of what is asked for it is its address,
   as an index into the table */
typedef struct {
    ml_person_t *person;
    bool up; /* publishes */
    json_int_t handle;
    bool done;         /* its media connection stands, by Janus */
    mc_answer_t offer; /* of Janus, until it has taken our answer */
} ml_leg_t;

typedef struct {
    ml_leg_t *up;
    ml_leg_t *down;
} ml_legs_t;

static struct {
    ml_t *ml;
    mc_url_t url;
    mc_ws_t ws;
    mw_timer_t keep;
    json_int_t session;
    json_int_t control; /* handle that makes rooms */
    ml_leg_t **leg;
    unsigned legs;
} mj;


static void ml_janus_feeds(ml_room_t *room);


static void
ml_janus_say(const char *verb, const char *transaction, json_int_t handle,
    json_t *body, json_t *jsep)
{
    json_t *out;

    out = json_pack("{ss ss}", "janus", verb, "transaction", transaction);

    if (mj.session != 0) {
        json_object_set_new(out, "session_id", json_integer(mj.session));
    }

    if (handle != 0) {
        json_object_set_new(out, "handle_id", json_integer(handle));
    }

    if (strcmp(verb, "attach") == 0) {
        json_object_set_new(
            out, "plugin", json_string("janus.plugin.videoroom"));
    }

    if (body != NULL) {
        json_object_set_new(out, "body", body);
    }

    if (jsep != NULL) {
        json_object_set_new(out, "jsep", jsep);
    }

    mc_ws_send(&mj.ws, out);
}


static void
ml_janus_keep(void *ctx, mw_usec_t now)
{
    (void) ctx;
    ml_janus_say("keepalive", "k", 0, NULL, NULL);
    mw_timer_set(&mj.ml->loop.timers, &mj.keep, now + ML_KEEPALIVE);
}


static void
ml_janus_attach(ml_person_t *person, bool up)
{
    char name[32];
    ml_leg_t *leg, **list;
    ml_legs_t *legs;

    list = realloc(mj.leg, (mj.legs + 1) * sizeof(*list));
    leg = calloc(1, sizeof(*leg));

    if (list == NULL || leg == NULL) {
        return;
    }

    leg->person = person;
    leg->up = up;
    mj.leg = list;
    mj.leg[mj.legs] = leg;
    legs = person->session;
    *(up ? &legs->up : &legs->down) = leg;
    snprintf(name, sizeof(name), "a%u", mj.legs++);
    ml_janus_say("attach", name, 0, NULL, NULL);
}


static void
ml_janus_publish(unsigned n, ml_leg_t *leg)
{
    char *sdp, *full, name[32];
    mc_offer_t offer;
    ml_person_t *person;

    person = leg->person;
    person->source = (person->index + 1) * 4;
    person->sender = ml_sender_create(person);

    if (person->sender == NULL) {
        ml_failed(mj.ml, "a socket", "");
        return;
    }

    ml_sender_offer(person->sender, &offer);
    sdp = mc_offer_write(&offer);
    full = ml_janus_sdp(sdp, &person->sender->peer, false);
    snprintf(name, sizeof(name), "m%u", n);
    ml_janus_say("message", name, leg->handle,
        json_pack("{ss ss si si}", "request", "joinandconfigure", "ptype",
            "publisher", "room", (int) person->room->index + ML_FIRST, "id",
            (int) person->index + 1),
        json_pack("{ss ss sb}", "type", "offer", "sdp", full, "trickle", 0));
    free(full);
    free(sdp);
}


static void
ml_janus_subscribe(unsigned n, ml_leg_t *leg)
{
    char name[32];
    unsigned i, feeds, most;
    json_t *streams;
    ml_room_t *room;
    const ml_person_t *other;

    room = leg->person->room;
    streams = json_array();

    /* who is heard is fixed here: Janus does not look for the loudest */

    most = mj.ml->conf.video ? mj.ml->conf.pairs : mj.ml->conf.spare;

    for (i = feeds = 0; i < room->count && feeds < most; i++) {
        other = room->person[i];

        if (other != NULL && other->sends && other != leg->person) {
            json_array_append_new(
                streams, json_pack("{si}", "feed", (int) other->index + 1));
            feeds++;
        }
    }

    snprintf(name, sizeof(name), "m%u", n);
    ml_janus_say("message", name, leg->handle,
        json_pack("{ss ss si so}", "request", "join", "ptype", "subscriber",
            "room", (int) room->index + ML_FIRST, "streams", streams),
        NULL);
}


static void
ml_janus_offered(unsigned n, ml_leg_t *leg, const char *sdp)
{
    unsigned i;
    char *answer, name[32];
    const mc_answer_t *offer;
    ml_person_t *person;

    person = leg->person;
    offer = &leg->offer;

    if (person->receiver != NULL || mc_answer_read(&leg->offer, sdp) != 0
        || (person->receiver = ml_receiver_create(person)) == NULL)
    {
        ml_failed(mj.ml, "offer", "");
        return;
    }

    /* who offers would control; we want to, and win (RFC 8445 section 7.3.1.1) */
    person->receiver->peer.tie_breaker = UINT64_MAX;

    for (i = 0; person->checked && i < offer->count; i++) {
        if (offer->sections[i].ssrc != 0) {
            mc_receive_half(&person->receiver->receive, i,
                offer->sections[i].video, offer->sections[i].ssrc,
                offer->sections[i].rtx_ssrc);
        }
    }

    answer = ml_janus_sdp(sdp, &person->receiver->peer, true);
    snprintf(name, sizeof(name), "m%u", n);
    ml_janus_say("message", name, leg->handle,
        json_pack("{ss}", "request", "start"),
        json_pack("{ss ss sb}", "type", "answer", "sdp", answer, "trickle", 0));
    free(answer);
}


static void
ml_janus_jsep(unsigned n, ml_leg_t *leg, json_t *jsep, mw_usec_t now)
{
    const char *type, *sdp;
    static mc_answer_t answer;

    type = json_string_value(json_object_get(jsep, "type"));
    sdp = json_string_value(json_object_get(jsep, "sdp"));

    if (type == NULL || sdp == NULL) {
        return;
    }

    if (strcmp(type, "offer") == 0) {
        ml_janus_offered(n, leg, sdp);

    } else if (leg->person->sender != NULL && mc_answer_read(&answer, sdp) == 0)
    {
        mc_peer_answer(&leg->person->sender->peer, &answer, now);
    }
}


/* all who publish are there: those who watch may begin */
static void
ml_janus_feeds(ml_room_t *room)
{
    unsigned i;
    ml_legs_t *legs;
    ml_person_t *person;

    for (i = 0; i < mj.ml->conf.senders + mj.ml->conf.people; i++) {
        person = i < room->count ? room->person[i] : NULL;
        legs = person == NULL ? NULL : person->session;

        if (legs == NULL || legs->up == NULL || !legs->up->done) {
            return;
        }
    }

    for (i = 0; i < room->count; i++) {
        person = room->person[i];
        legs = person == NULL ? NULL : person->session;

        if (legs != NULL && person->receives && legs->down == NULL) {
            ml_janus_attach(person, false);
        }
    }
}


static ml_leg_t *
ml_janus_leg(const char *transaction, unsigned *n)
{
    if (transaction == NULL || sscanf(transaction + 1, "%u", n) != 1
        || *n >= mj.legs)
    {
        return NULL;
    }

    return mj.leg[*n];
}


static void
ml_janus_success(json_t *message, const char *transaction, mw_usec_t now)
{
    unsigned n;
    ml_leg_t *leg;
    json_int_t id;

    id = json_integer_value(
        json_object_get(json_object_get(message, "data"), "id"));

    if (transaction[0] == 's') {
        mj.session = id;
        mw_timer_init(&mj.keep, ml_janus_keep, NULL);
        mw_timer_set(&mj.ml->loop.timers, &mj.keep, now + ML_KEEPALIVE);
        ml_janus_say("attach", "c", 0, NULL, NULL);

    } else if (transaction[0] == 'c') {
        mj.control = id;
        mj.ml->server->room(&mj.ml->room[0]);

    } else if (transaction[0] == 'r') {
        n = (unsigned) atoi(transaction + 1);
        ml_room_open(&mj.ml->room[n], now);

    } else if (transaction[0] == 'a'
               && (leg = ml_janus_leg(transaction, &n)) != NULL)
    {
        leg->handle = id;

        if (leg->up) {
            ml_janus_publish(n, leg);
        } else {
            ml_janus_subscribe(n, leg);
        }
    }
}


static void
ml_janus_up(json_int_t handle)
{
    unsigned i;

    for (i = 0; i < mj.legs; i++) {
        if (mj.leg[i]->handle == handle && !mj.leg[i]->done) {
            mj.leg[i]->done = true;

            if (mj.leg[i]->up) {
                ml_janus_feeds(mj.leg[i]->person->room);
            }
        }
    }
}


static void
ml_janus_message(void *ctx, json_t *message, mw_usec_t now)
{
    unsigned n;
    ml_leg_t *leg;
    json_t *data;
    const char *verb, *transaction, *error;

    (void) ctx;
    verb = json_string_value(json_object_get(message, "janus"));
    transaction = json_string_value(json_object_get(message, "transaction"));

    if (verb == NULL) {
        return;
    }

    if (strcmp(verb, "success") == 0 && transaction != NULL) {
        ml_janus_success(message, transaction, now);

    } else if (strcmp(verb, "webrtcup") == 0) {
        ml_janus_up(json_integer_value(json_object_get(message, "sender")));

    } else if (strcmp(verb, "event") == 0) {
        data = json_object_get(json_object_get(message, "plugindata"), "data");
        error = json_string_value(json_object_get(data, "error"));

        if (error != NULL) {
            ml_failed(mj.ml, "event", error);
        }

        leg = ml_janus_leg(transaction, &n);

        if (leg != NULL) {
            ml_janus_jsep(n, leg, json_object_get(message, "jsep"), now);
        }

        if (leg != NULL && json_object_get(data, "started") != NULL
            && leg->person->receiver != NULL)
        {
            mc_peer_answer(&leg->person->receiver->peer, &leg->offer, now);
        }

    } else if (strcmp(verb, "error") == 0) {
        error = json_string_value(
            json_object_get(json_object_get(message, "error"), "reason"));
        ml_failed(mj.ml, "request", error);
    }
}


static void
ml_janus_opened(void *ctx, mw_usec_t now)
{
    (void) ctx;
    (void) now;
    ml_janus_say("create", "s", 0, NULL, NULL);
}


static void
ml_janus_closed(void *ctx, unsigned code, mw_usec_t now)
{
    (void) ctx;
    (void) code;
    (void) now;
    ml_failed(mj.ml, "socket closed", "");
}


static int
ml_janus_room(ml_room_t *room)
{
    char name[32];
    const ml_conf_t *conf;

    if (mj.ml == NULL) {
        mj.ml = room->ml;
        mj.ws.stream.io.fd = -1;
        mj.ws.on_open = ml_janus_opened;
        mj.ws.on_message = ml_janus_message;
        mj.ws.on_close = ml_janus_closed;

        return mc_url_parse(&mj.url, room->ml->url) != 0
                       || mc_ws_open_at(&mj.ws, &room->ml->loop, &mj.url, "/",
                              "janus-protocol")
                              != 0
                   ? -1
                   : 0;
    }

    conf = &mj.ml->conf;
    snprintf(name, sizeof(name), "r%u", room->index);
    ml_janus_say("message", name, mj.control,
        json_pack("{ss si si ss ss sb}", "request", "create", "room",
            (int) room->index + ML_FIRST, "publishers",
            (int) (conf->senders + conf->people), "audiocodec", "opus",
            "videocodec", "vp8", "audiolevel_ext", 0),
        NULL);

    return 0;
}


static int
ml_janus_join(ml_person_t *person)
{
    person->session = calloc(1, sizeof(ml_legs_t));

    if (person->session == NULL) {
        return -1;
    }

    if (person->sends) {
        ml_janus_attach(person, true);
    } else {
        ml_janus_feeds(person->room);
    }

    return 0;
}


static void
ml_janus_leave(ml_person_t *person)
{
    ml_legs_t *legs;

    legs = person->session;
    person->session = NULL;

    if (legs != NULL && legs->up != NULL) {
        ml_janus_say("detach", "d", legs->up->handle, NULL, NULL);
    }

    if (legs != NULL && legs->down != NULL) {
        ml_janus_say("detach", "d", legs->down->handle, NULL, NULL);
    }

    free(legs);
}


/* with the first room everything goes */
static void
ml_janus_close(ml_room_t *room)
{
    unsigned i;

    if (mj.ml == NULL || room->index != 0) {
        return;
    }

    mw_timer_cancel(&mj.ml->loop.timers, &mj.keep);
    mc_ws_close(&mj.ws, 1000);

    for (i = 0; i < mj.legs; i++) {
        free(mj.leg[i]);
    }

    free(mj.leg);

    if (mj.url.addr != NULL) {
        freeaddrinfo(mj.url.addr);
    }

    mj.ml = NULL;
}


const ml_server_t ml_janus = { ml_janus_room, ml_janus_join, ml_janus_leave,
    NULL, ml_janus_close };
