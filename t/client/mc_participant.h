/*
 * One native participant: joins, keeps its session through reloads and
 * restarts as a browser would, publishes and receives.
 *
 *   mc_participant.c  join, sockets, resume
 *   mc_session.c      what the server says, and the order of events
 *   mc_chat.c         lines of the chat, until they are on disk
 *   mc_call.c         the two media connections
 */

#ifndef MC_PARTICIPANT_H
#define MC_PARTICIPANT_H

#include "mc_chat.h"
#include "mc_link.h"
#include "mc_publish.h"
#include "mc_receive.h"
#include "mc_ws.h"


#define MC_ROSTER 512

/* takes over `event`, an object with "event" and what belongs to it */
typedef void (*mc_emit_pt)(mc_participant_t *who, json_t *event);


typedef struct {
    const mc_media_t *media; /* `layers` of them */
    unsigned layers;
    bool mic;
    bool cam;
    unsigned pairs; /* slot pairs to subscribe to, 0: do not */
    unsigned spare; /* spare audio slots */
    unsigned height;
    bool nack;
    unsigned remb; /* kbit/s, 0: does not speak of that */
    bool twcc;     /* promises reports of packets, gives none */
    bool raw;      /* no server of ours: what would be sent is told instead */
    mc_hello_t hello;
    bool liar; /* says a wrong fingerprint in its offers */
    mc_emit_pt emit;
} mc_conf_t;


typedef struct {
    mc_peer_t peer;
    mc_offer_t offer;
    bool made;
} mc_connection_t;


struct mc_participant_s {
    mc_loop_t *loop;
    mc_link_t *link;
    const mc_conf_t *conf;
    unsigned index;
    char name[80];

    mc_http_t http;
    mc_ws_t ws[2]; /* a second one while the server moves */
    unsigned current;
    mw_timer_t retry;
    mw_usec_t backoff;

    char token[2048];
    char id[32];
    uint32_t number;
    char role[16];
    char incarnation[64];
    char key_id[32];
    uint8_t key[MC_KEY];
    uint32_t epoch;
    uint64_t sequence; /* of the newest event seen */
    bool ended;
    bool welcomed;
    bool greeted; /* the current socket has had its welcome */

    uint32_t roster[MC_ROSTER]; /* numbers of the others with a camera */
    unsigned others;

    mc_chat_t chat;

    mc_connection_t up;
    mc_connection_t down;
    mc_publish_t publish;
    mc_receive_t receive;

    mw_usec_t started;
    mw_usec_t lost; /* when the session socket went away */
    mw_usec_t resume_max;
    mw_usec_t first_frame; /* after start */
    unsigned resumes;
    unsigned snapshots;
    uint64_t events;
    uint64_t event_gaps;
    uint64_t event_repeats; /* heard twice and ignored */
    uint64_t offers;
    int32_t requests;
};


int mc_participant_start(mc_participant_t *who, mc_loop_t *loop,
    mc_link_t *link, const mc_conf_t *conf, unsigned index, const char *name);
void mc_participant_leave(mc_participant_t *who);
void mc_participant_close(mc_participant_t *who);
json_t *mc_participant_report(mc_participant_t *who, mw_usec_t now);

/* an object with "event" and "who" */
void mc_participant_emit(
    mc_participant_t *who, const char *event, json_t *more);
int mc_participant_send(mc_participant_t *who, json_t *message);

/* mc_session.c */
void mc_session_hello(mc_participant_t *who, mc_ws_t *ws);
void mc_session_message(
    mc_participant_t *who, mc_ws_t *ws, json_t *message, mw_usec_t now);
void mc_session_view(mc_participant_t *who);

/* mc_call.c */
void mc_call_start(mc_participant_t *who, bool up, bool down);
void mc_call_answer(mc_participant_t *who, json_t *message, mw_usec_t now);
void mc_call_slots(mc_participant_t *who, json_t *message, mw_usec_t now);

/* starts or stops a screen share; a new offer either way */
void mc_call_screen(mc_participant_t *who, bool on);

/* other local ports without a word of it; see mc_peer_rebind() */
void mc_call_rebind(mc_participant_t *who, bool aware);

/* nothing goes out or comes in by UDP */
void mc_call_cut(mc_participant_t *who, bool cut);

/* ICE restart of both connections, from new local ports if `rebind` */
void mc_call_restart(mc_participant_t *who, bool rebind);
void mc_call_close(mc_participant_t *who);


#endif /* MC_PARTICIPANT_H */
