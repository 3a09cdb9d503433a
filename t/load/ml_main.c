/*
 * meet-load: many participants at once.  See the usage below; what it finds is
 * written as lines of JSON.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mc_stream.h"
#include "ml_media.h"
#include "ml_recv.h"
#include "ml_send.h"


static ml_t ml;
static mw_timer_t ml_next; /* of the joins */
static mw_timer_t ml_churn_timer;
static mw_timer_t ml_end;
static mc_io_t ml_input;
static mc_buf_t ml_line;
static unsigned ml_joining; /* people started so far */
static unsigned ml_people;  /* people there are to be */
static bool ml_ready;


static void
ml_print(json_t *line)
{
    char *text;

    text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(line);

    if (text != NULL) {
        puts(text);
        fflush(stdout);
        free(text);
    }
}


void
ml_failed(ml_t *all, const char *what, const char *detail)
{
    if (all->stats.failures++ < 5) {
        fprintf(stderr, "meet-load: failed: %s %s\n", what,
            detail == NULL ? "" : detail);
    }
}


static void
ml_mark(mw_usec_t now)
{
    unsigned i, j, people;
    json_t *out;
    ml_sums_t sums;
    const ml_room_t *room;
    ml_receiver_t *receiver;

    memset(&sums, 0, sizeof(sums));
    people = 0;

    for (i = 0; i < ml.conf.rooms; i++) {
        room = &ml.room[i];

        for (j = 0; j < room->count; j++) {
            if (room->person[j] == NULL) {
                continue;
            }

            people += room->person[j]->up;
            receiver = room->person[j]->receiver;

            if (receiver != NULL && room->person[j]->checked) {
                ml_receiver_sum(receiver, &sums);
                ml_receiver_reset(receiver);
            }
        }
    }

    out = ml_stats_json(&ml.stats, now);
    json_object_update_new(out,
        json_pack("{ss sI sI sI sI sI sI sI sI sI sI sI sI}", "event", "mark",
            "up", (json_int_t) people, "streams", (json_int_t) sums.streams,
            "packets", (json_int_t) sums.packets, "missing",
            (json_int_t) sums.missing, "doubled", (json_int_t) sums.doubled,
            "reordered", (json_int_t) sums.reordered, "recovered",
            (json_int_t) sums.recovered, "wrong_slot",
            (json_int_t) sums.wrong_source, "headless",
            (json_int_t) sums.headless, "jumps", (json_int_t) sums.jumps, "bad",
            (json_int_t) sums.bad, "unknown", (json_int_t) sums.unknown));
    ml_print(out);
    ml_stats_reset(&ml.stats, now);
}


static void
ml_person_free(ml_person_t *person)
{
    ml.server->leave(person);
    ml_sender_destroy(person->sender);
    ml_receiver_destroy(person->receiver);
    free(person);
}


static ml_person_t *
ml_person_start(ml_room_t *room, unsigned index, bool sends, bool receives)
{
    ml_person_t *person, **list;
    static unsigned receivers;

    if (index >= room->max) {
        list = realloc(room->person, (index + 64) * sizeof(*list));

        if (list == NULL) {
            return NULL;
        }

        room->person = list;
        room->max = index + 64;
    }

    person = calloc(1, sizeof(*person));

    if (person == NULL) {
        return NULL;
    }

    person->ml = &ml;
    person->room = room;
    person->index = index;
    person->sends = sends;
    person->receives = receives;
    person->started = mc_now();

    /* spread evenly, beginning with the first */
    person->checked = receives
                      && (receivers * ml.conf.check + 99) / 100
                             != ((receivers + 1) * ml.conf.check + 99) / 100;
    receivers += receives;

    room->person[index] = person;

    if (room->count <= index) {
        room->count = index + 1;
    }

    if (ml.server->join(person) != 0) {
        ml_failed(&ml, "start", "");
    }

    return person;
}


/* person number n of all: rooms fill one after the other, senders first */
static void
ml_join_one(unsigned n)
{
    unsigned each, i;
    const ml_conf_t *conf;

    conf = &ml.conf;
    each = conf->senders + conf->people + conf->viewers;

    if (n >= each * conf->rooms) {
        ml_person_start(&ml.room[n % conf->rooms],
            ml.room[n % conf->rooms].count, false, true);
        return;
    }

    i = n % each;
    ml_person_start(&ml.room[n / each], i, i < conf->senders + conf->people,
        i >= conf->senders);
}


static void
ml_join_next(void *ctx, mw_usec_t now)
{
    (void) ctx;

    while (ml_joining < ml_people) {
        ml_join_one(ml_joining++);

        if (ml.conf.gap != 0) {
            mw_timer_set(&ml.loop.timers, &ml_next, now + ml.conf.gap);
            return;
        }
    }
}


void
ml_room_open(ml_room_t *room, mw_usec_t now)
{
    room->open = true;

    if (++ml.opened == ml.conf.rooms) {
        ml_join_next(NULL, now);

    } else if (ml.server->room(&ml.room[ml.opened]) != 0) {
        ml_failed(&ml, "room", "");
    }
}


static void
ml_finish(void *ctx, mw_usec_t now)
{
    (void) ctx;
    ml_mark(now);
    ml.loop.stop = true;
}


static void
ml_measure(void *ctx, mw_usec_t now)
{
    (void) ctx;
    ml_mark(now);
    mw_timer_init(&ml_end, ml_finish, NULL);
    mw_timer_set(&ml.loop.timers, &ml_end, now + ml.conf.seconds);
}


void
ml_person_up(ml_person_t *person, mw_usec_t now)
{
    unsigned i, j;

    if ((person->sender != NULL && person->sender->peer.state != MC_PEER_UP)
        || (person->receiver != NULL
            && person->receiver->peer.state != MC_PEER_UP)
        || (person->sends && person->sender == NULL)
        || (person->receives && person->receiver == NULL))
    {
        return;
    }

    person->up = true;

    if (ml_ready || ml_joining < ml_people) {
        return;
    }

    for (i = 0; i < ml.conf.rooms; i++) {
        for (j = 0; j < ml.room[i].count; j++) {
            if (ml.room[i].person[j] != NULL && !ml.room[i].person[j]->up) {
                return;
            }
        }
    }

    ml_ready = true;
    ml_print(json_pack(
        "{ss sI}", "event", "ready", "people", (json_int_t) ml_people));

    if (ml.conf.seconds != 0) {
        mw_timer_init(&ml_end, ml_measure, NULL);
        mw_timer_set(&ml.loop.timers, &ml_end, now + ml.conf.warm);
    }
}


static void
ml_churn_one(void *ctx, mw_usec_t now)
{
    ml_room_t *room;
    unsigned index, first;
    ml_person_t *person;
    static unsigned turn;

    (void) ctx;
    mw_timer_set(&ml.loop.timers, &ml_churn_timer, now + ml.conf.churn);

    if (!ml_ready || ml.conf.viewers == 0) {
        return;
    }

    room = &ml.room[turn % ml.conf.rooms];
    first = ml.conf.senders + ml.conf.people;
    index = first + turn / ml.conf.rooms % (room->count - first);
    person = room->person[index];
    turn++;

    if (person->up) {
        ml_person_free(person);
        room->person[index] = NULL;
        ml_person_start(room, index, false, true);
    }
}


/* so many lines at once, by one after the other */
static void
ml_chat(unsigned count, mw_usec_t now)
{
    unsigned i;
    ml_room_t *room;
    ml_person_t *person;
    static unsigned turn;

    for (i = 0; ml.server->say != NULL && i < count; i++, turn++) {
        room = &ml.room[turn % ml.conf.rooms];
        person = room->count == 0
                     ? NULL
                     : room->person[turn / ml.conf.rooms % room->count];

        if (person != NULL) {
            ml.server->say(person, now);
        }
    }
}


static void
ml_command(const char *text, size_t len, mw_usec_t now)
{
    json_t *line;
    const char *cmd;

    line = json_loadb(text, len, 0, NULL);
    cmd = json_string_value(json_object_get(line, "cmd"));

    if (cmd == NULL) {
        fprintf(stderr, "not a command: %.*s\n", (int) len, text);

    } else if (strcmp(cmd, "mark") == 0) {
        ml_mark(now);

    } else if (strcmp(cmd, "rate") == 0) {
        ml.rate =
            (unsigned) json_integer_value(json_object_get(line, "percent"));

    } else if (strcmp(cmd, "join") == 0) {
        ml_people +=
            (unsigned) json_integer_value(json_object_get(line, "count"));
        ml.conf.gap =
            json_integer_value(json_object_get(line, "gap_ms")) * MW_MSEC;
        ml_ready = false;
        ml_join_next(NULL, now);

    } else if (strcmp(cmd, "chat") == 0) {
        ml_chat(
            (unsigned) json_integer_value(json_object_get(line, "count")), now);

    } else if (strcmp(cmd, "exit") == 0) {
        ml.loop.stop = true;
    }

    json_decref(line);
}


static void
ml_read(void *ctx, uint32_t events, mw_usec_t now)
{
    ssize_t n;
    uint8_t *end;
    char bytes[4096];

    (void) ctx;
    (void) events;
    n = read(ml_input.fd, bytes, sizeof(bytes));

    if (n <= 0) {
        ml.loop.stop = n == 0 || errno != EAGAIN;
        return;
    }

    mc_buf_add(&ml_line, bytes, (size_t) n);

    while (ml_line.len != 0
           && (end = memchr(ml_line.data, '\n', ml_line.len)) != NULL)
    {
        n = end - ml_line.data;
        ml_command((char *) ml_line.data, (size_t) n, now);
        mc_buf_take(&ml_line, (size_t) n + 1);
    }
}


/* three descriptors a participant */
static void
ml_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}


static void
ml_close(void)
{
    unsigned i, j;

    for (i = 0; i < ml.conf.rooms; i++) {
        for (j = 0; j < ml.room[i].count; j++) {
            if (ml.room[i].person[j] != NULL) {
                ml_person_free(ml.room[i].person[j]);
            }
        }

        ml.server->close(&ml.room[i]);
        free(ml.room[i].person);
    }

    free(ml.room);
    mc_buf_free(&ml_line);
    mc_loop_close(&ml.loop);
}


int
main(int argc, char **argv)
{
    unsigned i;

    signal(SIGPIPE, SIG_IGN);
    ml_files();

    if (ml_options(&ml.conf, argc, argv) != 0) {
        return 2;
    }

    ml.rate = ml.conf.rate;
    ml.url = argv[argc - 1];
    ml_people =
        ml.conf.rooms * (ml.conf.senders + ml.conf.people + ml.conf.viewers);
    ml.server = ml.conf.janus ? &ml_janus : &ml_meet;
    ml.room = calloc(ml.conf.rooms, sizeof(*ml.room));

    if (ml.room == NULL || mc_loop_init(&ml.loop) != 0
        || mc_dtls_setup(false) != 0) {
        return 1;
    }

    for (i = 0; i < ml.conf.rooms; i++) {
        ml.room[i].ml = &ml;
        ml.room[i].index = i;
    }

    ml_media_init();
    ml_stats_reset(&ml.stats, mc_now());
    mw_timer_init(&ml_next, ml_join_next, NULL);
    ml_input.fd = -1;

    if (ml.conf.seconds == 0) {
        ml_input.fd = STDIN_FILENO;
        ml_input.handler = ml_read;
        fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        mc_io_add(&ml.loop, &ml_input, EPOLLIN);
    }

    if (ml.conf.churn != 0) {
        mw_timer_init(&ml_churn_timer, ml_churn_one, NULL);
        mw_timer_set(
            &ml.loop.timers, &ml_churn_timer, ml.loop.now + ml.conf.churn);
    }

    if (ml.server->room(&ml.room[0]) != 0) {
        return 1;
    }

    mc_loop_run(&ml.loop);
    ml_close();

    return 0;
}
