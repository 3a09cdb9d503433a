/*
 * What every file of meet-load shares: configuration, people, counters.
 *
 * meet-load puts many participants with prepared media on a server and counts
 * what comes back.  A few receivers are *checked*: each packet is decrypted,
 * its number, source and way measured.  The others are *counted*: packets are
 * taken from the socket, or seen at a device, without a look into them.
 */

#ifndef ML_H
#define ML_H

#include "mc_loop.h"
#include "mc_peer.h"
#include "ml_stats.h"


#define ML_TRACKS 5 /* mic, three layers of cam, screen */

typedef struct ml_s ml_t;
typedef struct ml_room_s ml_room_t;
typedef struct ml_person_s ml_person_t;
typedef struct ml_sender_s ml_sender_t;
typedef struct ml_receiver_s ml_receiver_t;


typedef struct {
    unsigned rooms;
    unsigned senders; /* a room: send only */
    unsigned people;  /* send and receive */
    unsigned viewers; /* receive only */
    unsigned pairs;
    unsigned spare;
    unsigned height; /* that tiles are shown at */
    bool audio;
    bool video;
    bool simulcast;
    bool share; /* the first sender shares a screen, too */
    bool pace;  /* pictures leave as from a browser, not at once */
    bool nack;
    unsigned kbps; /* of the largest picture */
    unsigned fps;
    unsigned size;     /* RTP payload of a video packet, bytes */
    unsigned check;    /* percent of receivers */
    unsigned rate;     /* percent of all that, to begin with */
    mw_usec_t gap;     /* between two joins */
    mw_usec_t churn;   /* between two who leave and join again, 0: nobody */
    mw_usec_t warm;    /* from the last join to what counts */
    mw_usec_t seconds; /* that count, 0: commands are read */
    bool janus;        /* that is the server */
    const char *local; /* address of whoever is not counted, may be NULL */
    const char *sink;  /* and of counted receivers */
} ml_conf_t;


/* how a server is spoken to */
typedef struct {
    /* makes the room; ml_room_open() when it is there */
    int (*room)(ml_room_t *room);
    int (*join)(ml_person_t *person);
    void (*leave)(ml_person_t *person);
    void (*say)(ml_person_t *person, mw_usec_t now); /* NULL: has no chat */
    void (*close)(ml_room_t *room);
} ml_server_t;


struct ml_person_s {
    ml_t *ml;
    ml_room_t *room;
    unsigned index; /* in the room */
    bool sends;
    bool receives;
    bool checked;
    bool up;         /* all its connections are */
    uint32_t source; /* identifies what it sends, low two bits clear */
    ml_sender_t *sender;
    ml_receiver_t *receiver;
    mw_usec_t started; /* to join */
    void *session;     /* of the server's adapter */
};


struct ml_room_s {
    ml_t *ml;
    unsigned index;
    bool open;
    unsigned count;
    unsigned max;
    ml_person_t **person;
    void *session;
};


struct ml_s {
    mc_loop_t loop;
    ml_conf_t conf;
    const ml_server_t *server;
    const char *url;
    unsigned rate;   /* percent of the configured one that is sent */
    unsigned opened; /* rooms that are there */
    ml_room_t *room;
    ml_stats_t stats;
};


/* fills in `conf`; -1: usage was printed.  The URL is the last argument. */
int ml_options(ml_conf_t *conf, int argc, char **argv);

/* from an adapter */
void ml_room_open(ml_room_t *room, mw_usec_t now);
void ml_person_up(ml_person_t *person, mw_usec_t now);
void ml_failed(ml_t *ml, const char *what, const char *detail);

/*
 * What is told to everybody carries the time at which it began, for it comes
 * back to this process: a name, and a body that looks as if it were sealed.
 */
#define ML_TOLD 96 /* with the zero byte */

void ml_told_name(const ml_person_t *person, char out[ML_TOLD]);
void ml_told_body(mw_usec_t now, char out[ML_TOLD]);

/* looks into a message as it came; false: nobody else needs to */
bool ml_told(ml_stats_t *stats, const char *text, size_t len);


/* ml_meet.c and ml_janus.c */
extern const ml_server_t ml_meet;
extern const ml_server_t ml_janus;


#endif /* ML_H */
