/*
 * meet-client: native participants in a room, driven by lines of JSON on
 * standard input, telling what happens in lines of JSON on standard output.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mc_attack.h"
#include "mc_options.h"


typedef struct {
    mc_options_t options;
    mc_loop_t loop;
    mc_link_t link;
    mc_media_t media[MC_LAYERS];
    mc_participant_t *who;
    unsigned started;
    mw_timer_t next;
    mw_timer_t end;
    mc_io_t input;
    mc_buf_t line;
    mc_attack_t attack;
} mc_main_t;

static mc_main_t mc;


static void
mc_print(json_t *event)
{
    char *text;

    text = json_dumps(event, JSON_COMPACT);
    json_decref(event);

    if (text != NULL) {
        puts(text);
        fflush(stdout);
        free(text);
    }
}


static void
mc_main_emit(mc_participant_t *who, json_t *event)
{
    (void) who;
    mc_print(event);
}


static void
mc_main_report(mw_usec_t now)
{
    unsigned i;
    json_t *all;
    struct rusage usage;

    all = json_array();

    for (i = 0; i < mc.started; i++) {
        json_array_append_new(all, mc_participant_report(&mc.who[i], now));
    }

    getrusage(RUSAGE_SELF, &usage);
    mc_print(json_pack("{ss so sI sI}", "event", "report", "participants", all,
        "late_max_us", (json_int_t) mc.loop.late_max, "cpu_us",
        (json_int_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000
            + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec));
}


static void
mc_main_command(mc_participant_t *who, const char *cmd, json_t *line)
{
    json_t *message;
    const char *text;

    if (strcmp(cmd, "chat") == 0) {
        text = json_string_value(json_object_get(line, "text"));
        mc_chat_say(who, text == NULL ? "" : text);

    } else if (strcmp(cmd, "send") == 0) {
        message = json_object_get(line, "message");
        if (message != NULL) {
            mc_participant_send(who, json_incref(message));
        }

    } else if (strcmp(cmd, "screen") == 0) {
        mc_call_screen(who, json_is_true(json_object_get(line, "on")));

    } else if (strcmp(cmd, "restart") == 0) {
        mc_call_restart(who, json_is_true(json_object_get(line, "rebind")));

    } else if (strcmp(cmd, "rebind") == 0) {
        mc_call_rebind(who, json_is_true(json_object_get(line, "aware")));

    } else if (strcmp(cmd, "cut") == 0) {
        mc_call_cut(who, json_is_true(json_object_get(line, "on")));

    } else if (strcmp(cmd, "quiet") == 0) {
        mc_publish_quiet(
            &who->publish, json_is_true(json_object_get(line, "on")));

    } else if (strcmp(cmd, "remb") == 0 && who->receive.half != NULL) {
        mc_receive_remb(&who->receive,
            (unsigned) json_integer_value(json_object_get(line, "kbps")));

    } else if (strcmp(cmd, "answer") == 0) {
        mc_call_answer(who, json_object_get(line, "message"), mc.loop.now);

    } else if (strcmp(cmd, "reset") == 0) {
        if (who->receive.half != NULL) {
            mc_receive_reset(&who->receive);
        }

        who->resume_max = 0;

    } else if (strcmp(cmd, "leave") == 0) {
        mc_participant_leave(who);
    }
}


static void
mc_main_attack(json_t *line, mw_usec_t now)
{
    json_t *rate, *ports;
    unsigned i;
    const char *kind;

    kind = json_string_value(json_object_get(line, "kind"));
    rate = json_object_get(line, "rate");
    ports = json_object_get(line, "ports");
    i = (unsigned) json_integer_value(json_object_get(line, "who"));

    if (kind == NULL || i >= mc.started
        || mc_attack_start(&mc.attack, &mc.who[i], kind,
               (unsigned) json_integer_value(rate),
               ports == NULL ? 1 : (unsigned) json_integer_value(ports), now)
               != 0)
    {
        mc_print(json_pack("{ss}", "event", "no-attack"));
    }
}


static void
mc_main_cease(void)
{
    json_t *done;

    done = mc_attack_stop(&mc.attack);

    if (done != NULL) {
        json_object_set_new(done, "event", json_string("ceased"));
        mc_print(done);
    }
}


static void
mc_main_line(const char *text, size_t len, mw_usec_t now)
{
    unsigned i;
    const char *cmd;
    json_t *line, *who;

    line = json_loadb(text, len, 0, NULL);
    cmd = json_string_value(json_object_get(line, "cmd"));
    who = json_object_get(line, "who");

    if (cmd == NULL) {
        fprintf(stderr, "not a command: %.*s\n", (int) len, text);

    } else if (strcmp(cmd, "exit") == 0) {
        mc.loop.stop = true;

    } else if (strcmp(cmd, "report") == 0) {
        mc_main_report(now);

    } else if (strcmp(cmd, "attack") == 0) {
        mc_main_attack(line, now);

    } else if (strcmp(cmd, "cease") == 0) {
        mc_main_cease();

    } else {
        for (i = 0; i < mc.started; i++) {
            if (who == NULL || json_integer_value(who) == (json_int_t) i) {
                mc_main_command(&mc.who[i], cmd, line);
            }
        }
    }

    json_decref(line);
}


static void
mc_main_input(void *ctx, uint32_t events, mw_usec_t now)
{
    ssize_t n;
    uint8_t *end;
    char bytes[4096];

    (void) ctx;
    (void) events;
    n = read(mc.input.fd, bytes, sizeof(bytes));

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) {
            mc.loop.stop = true;
        }

        return;
    }

    mc_buf_add(&mc.line, bytes, (size_t) n);

    while (mc.line.len != 0
           && (end = memchr(mc.line.data, '\n', mc.line.len)) != NULL)
    {
        n = end - mc.line.data;
        mc_main_line((char *) mc.line.data, (size_t) n, now);
        mc_buf_take(&mc.line, (size_t) n + 1);
    }
}


static void
mc_main_end(void *ctx, mw_usec_t now)
{
    (void) ctx;
    mc_main_report(now);
    mc.loop.stop = true;
}


static void
mc_main_next(void *ctx, mw_usec_t now)
{
    char name[80];

    (void) ctx;

    while (mc.started < mc.options.count) {
        snprintf(name, sizeof(name), mc.options.count == 1 ? "%s" : "%s %u",
            mc.options.name, mc.started + 1);
        mc_participant_start(&mc.who[mc.started], &mc.loop, &mc.link,
            &mc.options.conf, mc.started, name);
        mc.started++;

        if (mc.options.gap != 0) {
            mw_timer_set(&mc.loop.timers, &mc.next, now + mc.options.gap);
            return;
        }
    }
}


static void
mc_main_resolved(mc_link_t *link, unsigned status, json_t *body, mw_usec_t now)
{
    (void) link;

    if (status != 200) {
        mc_print(json_pack("{ss sI sO*}", "event", "no-room", "status",
            (json_int_t) status, "problem", body));
        mc.loop.stop = true;
        return;
    }

    mc_main_next(NULL, now);
}


static void
mc_main_created(mc_link_t *link, unsigned status, json_t *body, mw_usec_t now)
{
    (void) now;

    if (status != 201) {
        mc_print(json_pack("{ss sI sO*}", "event", "not-created", "status",
            (json_int_t) status, "problem", body));
        mc.loop.stop = true;
        return;
    }

    mc_print(json_pack("{ss ss ss ss}", "event", "created", "room",
        link->url.room, "password", link->password, "owner", link->owner));

    if (mc.options.create_only) {
        mc.loop.stop = true;
    } else {
        mc_link_resolve(link, mc_main_resolved);
    }
}


static int
mc_main_media(void)
{
    unsigned i, part;
    mc_video_t all, layer;

    if (!mc.options.conf.mic && !mc.options.conf.cam) {
        return 0;
    }

    all = mc.options.video;

    if (sscanf(
            mc.options.picture, "%ux%u@%u", &all.width, &all.height, &all.kbps)
        != 3)
    {
        fputs("not a size and rate\n", stderr);
        return -1;
    }

    for (i = 0; i < mc.options.conf.layers; i++) {
        part = 1u << (mc.options.conf.layers - 1 - i);

        layer = all;
        layer.width /= part;
        layer.height /= part;
        layer.kbps = all.kbps / part / part + (part > 1 ? all.kbps / 16 : 0);

        if (mc_prepare(&mc.media[i], &layer) != 0) {
            fputs("cannot prepare the media\n", stderr);
            return -1;
        }
    }

    mc.options.conf.media = mc.media;

    return 0;
}


int
main(int argc, char **argv)
{
    unsigned i;
    signal(SIGPIPE, SIG_IGN);

    if (mc_options_read(&mc.options, argc, argv) != 0) {
        mc_options_usage();
        return 2;
    }

    mc.who = calloc(mc.options.count, sizeof(*mc.who));

    if (mc.who == NULL || mc_loop_init(&mc.loop) != 0
        || mc_dtls_setup(mc.options.only_cm) != 0 || mc_main_media() != 0
        || (!mc.options.conf.raw
            && mc_url_parse(&mc.link.url, mc.options.link) != 0))
    {
        return 1;
    }

    mc.options.conf.emit = mc_main_emit;
    mc.link.loop = &mc.loop;
    mw_timer_init(&mc.next, mc_main_next, NULL);
    mw_timer_init(&mc.end, mc_main_end, NULL);

    if (mc.options.duration > 0) {
        mw_timer_set(&mc.loop.timers, &mc.end,
            mc.loop.now + (mw_usec_t) (mc.options.duration * 1e6));
        mc.input.fd = -1;

    } else {
        mc.input.fd = STDIN_FILENO;
        mc.input.handler = mc_main_input;
        fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        mc_io_add(&mc.loop, &mc.input, EPOLLIN);
    }

    if (mc.options.conf.raw) {
        mc_main_next(NULL, mc.loop.now);

    } else if (mc.options.create != NULL) {
        mc_link_create(&mc.link,
            mc.options.create[0] == '\0' ? NULL : mc.options.create,
            mc.options.rounds, mc_main_created);
    } else {
        mc_link_resolve(&mc.link, mc_main_resolved);
    }

    mc_loop_run(&mc.loop);
    json_decref(mc_attack_stop(&mc.attack));

    for (i = 0; i < mc.started; i++) {
        mc_participant_close(&mc.who[i]);
    }

    for (i = 0; i < MC_LAYERS; i++) {
        mc_prepare_free(&mc.media[i]);
    }

    mc_loop_close(&mc.loop);

    return 0;
}
