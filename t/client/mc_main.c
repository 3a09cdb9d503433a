/*
 * meet-client: native participants in a room, driven by lines of JSON on
 * standard input, telling what happens in lines of JSON on standard output.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mc_attack.h"


typedef struct {
    mc_loop_t loop;
    mc_link_t link;
    mc_conf_t conf;
    mc_media_t media[MC_LAYERS];
    mc_participant_t *who;
    unsigned count;
    unsigned started;
    const char *name;
    mw_usec_t gap; /* between two joins */
    mw_timer_t next;
    mw_timer_t end;
    mc_io_t input;
    mc_buf_t line;
    char *create; /* name of a room to make, "" for any */
    unsigned rounds;
    mc_video_t video;
    unsigned pending;
    bool create_only;
    mc_attack_t attack;
} mc_main_t;

static mc_main_t mc;


static void
mc_usage(void)
{
    fputs("usage: meet-client [options] "
          "https://HOST[:PORT]/[PREFIX/]ROOM#SECRET\n"
          "\n"
          "  --create[=NAME]   make the room first; the link ends before ROOM\n"
          "  --create-only     and do nothing else\n"
          "  --rounds N        of the password's derivation (default 300000)\n"
          "  --count N         participants (default 1)\n"
          "  --gap MS          between two joins (default 0)\n"
          "  --name NAME       of the participants\n"
          "  --publish LIST    mic, cam or mic,cam (default: nothing)\n"
          "  --pairs N         slot pairs to receive (default 0)\n"
          "  --spare N         spare audio slots (default 0)\n"
          "  --height N        pixels that a tile is shown at (default 180)\n"
          "  --video WxH@KBPS  prepared picture (default 320x180@200)\n"
          "  --simulcast       three sizes of it, that one the largest\n"
          "  --repeat S        from the keyframe on after so long (default 4)\n"
          "  --grain           which fills its rate, as a camera's does\n"
          "  --nack            ask for packets that are missing\n"
          "  --cm              offer only AES128_CM_SHA1_80\n"
          "  --hello HOW       split, reversed, doubled, lost or none\n"
          "  --liar            say a wrong fingerprint\n"
          "  --duration S      leave then and report (default: end of input)\n"
          "\n"
          "Input, one JSON object a line; \"who\" is an index, default all:\n"
          "  {\"cmd\": \"chat\", \"text\": T}   {\"cmd\": \"send\", "
          "\"message\": {...}}\n"
          "  {\"cmd\": \"screen\", \"on\": B}   {\"cmd\": \"restart\", "
          "\"rebind\": B}\n"
          "  {\"cmd\": \"rebind\", \"aware\": B}      "
          "{\"cmd\": \"quiet\", \"on\": B}   {\"cmd\": \"cut\", \"on\": B}\n"
          "  {\"cmd\": \"attack\", \"who\": I, \"kind\": K, \"rate\": N, "
          "\"ports\": N}  {\"cmd\": \"cease\"}\n"
          "  {\"cmd\": \"report\"}  {\"cmd\": \"reset\"}  {\"cmd\": \"leave\"} "
          " {\"cmd\": \"exit\"}\n",
        stderr);
}


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


static int
mc_main_hello(const char *name)
{
    unsigned i;
    static const char *const names[] = { "plain", "split", "reversed",
        "doubled", "lost", "none" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            mc.conf.hello = (mc_hello_t) i;
            return 0;
        }
    }

    return -1;
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

    while (mc.started < mc.count) {
        snprintf(name, sizeof(name), mc.count == 1 ? "%s" : "%s %u", mc.name,
            mc.started + 1);
        mc_participant_start(&mc.who[mc.started], &mc.loop, &mc.link, &mc.conf,
            mc.started, name);
        mc.started++;

        if (mc.gap != 0) {
            mw_timer_set(&mc.loop.timers, &mc.next, now + mc.gap);
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

    if (mc.create_only) {
        mc.loop.stop = true;
    } else {
        mc_link_resolve(link, mc_main_resolved);
    }
}


static int
mc_main_options(
    int argc, char **argv, double *duration, char *video, bool *only_cm)
{
    int c;
    static const struct option options[] = {
        { "create", optional_argument, NULL, 'c' },
        { "create-only", no_argument, NULL, 'C' },
        { "rounds", required_argument, NULL, 'r' },
        { "count", required_argument, NULL, 'n' },
        { "gap", required_argument, NULL, 'g' },
        { "name", required_argument, NULL, 'N' },
        { "publish", required_argument, NULL, 'p' },
        { "pairs", required_argument, NULL, 's' },
        { "spare", required_argument, NULL, 'S' },
        { "height", required_argument, NULL, 'H' },
        { "video", required_argument, NULL, 'v' },
        { "simulcast", no_argument, NULL, 'L' },
        { "repeat", required_argument, NULL, 'R' },
        { "grain", no_argument, NULL, 'G' },
        { "nack", no_argument, NULL, 'k' },
        { "cm", no_argument, NULL, 'm' },
        { "hello", required_argument, NULL, 'e' },
        { "liar", no_argument, NULL, 'l' },
        { "duration", required_argument, NULL, 'd' },
        { NULL, 0, NULL, 0 },
    };

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {

        case 'c':
            mc.create = optarg == NULL ? (char *) "" : optarg;
            break;

        case 'C':
            mc.create = mc.create == NULL ? (char *) "" : mc.create;
            mc.create_only = true;
            break;

        case 'r':
            mc.rounds = (unsigned) atoi(optarg);
            break;

        case 'n':
            mc.count = (unsigned) atoi(optarg);
            break;

        case 'g':
            mc.gap = atoi(optarg) * MW_MSEC;
            break;

        case 'N':
            mc.name = optarg;
            break;

        case 'p':
            mc.conf.mic = strstr(optarg, "mic") != NULL;
            mc.conf.cam = strstr(optarg, "cam") != NULL;
            break;

        case 's':
            mc.conf.pairs = (unsigned) atoi(optarg);
            break;

        case 'S':
            mc.conf.spare = (unsigned) atoi(optarg);
            break;

        case 'H':
            mc.conf.height = (unsigned) atoi(optarg);
            break;

        case 'v':
            snprintf(video, 64, "%s", optarg);
            break;

        case 'L':
            mc.conf.layers = MC_LAYERS;
            break;

        case 'R':
            mc.video.frames = (unsigned) atoi(optarg) * MC_FPS;
            break;

        case 'G':
            mc.video.grain = true;
            break;

        case 'k':
            mc.conf.nack = true;
            break;

        case 'm':
            *only_cm = true;
            break;

        case 'e':
            if (mc_main_hello(optarg) != 0) {
                return -1;
            }

            break;

        case 'l':
            mc.conf.liar = true;
            break;

        case 'd':
            *duration = atof(optarg);
            break;

        default:
            return -1;
        }
    }

    return optind == argc - 1 && mc.count != 0 && mc.video.frames != 0
                   && mc.video.frames <= MC_VIDEO_FRAMES
                   && mc.conf.pairs * 2 + mc.conf.spare <= MC_SECTIONS
               ? 0
               : -1;
}


static int
mc_main_media(const char *text)
{
    unsigned i, part;
    mc_video_t all, layer;

    if (!mc.conf.mic && !mc.conf.cam) {
        return 0;
    }

    all = mc.video;

    if (sscanf(text, "%ux%u@%u", &all.width, &all.height, &all.kbps) != 3) {
        fputs("not a size and rate\n", stderr);
        return -1;
    }

    for (i = 0; i < mc.conf.layers; i++) {
        part = 1u << (mc.conf.layers - 1 - i);

        layer = all;
        layer.width /= part;
        layer.height /= part;
        layer.kbps = all.kbps / part / part + (part > 1 ? all.kbps / 16 : 0);

        if (mc_prepare(&mc.media[i], &layer) != 0) {
            fputs("cannot prepare the media\n", stderr);
            return -1;
        }
    }

    mc.conf.media = mc.media;

    return 0;
}


int
main(int argc, char **argv)
{
    unsigned i;
    bool only_cm = false;
    double duration = 0;
    char video[64] = "320x180@200";

    mc.count = 1;
    mc.name = "native";
    mc.rounds = MC_ROUNDS;
    mc.video.frames = MC_VIDEO_PERIOD;
    mc.conf.height = 180;
    mc.conf.layers = 1;
    mc.conf.emit = mc_main_emit;
    signal(SIGPIPE, SIG_IGN);

    if (mc_main_options(argc, argv, &duration, video, &only_cm) != 0) {
        mc_usage();
        return 2;
    }

    mc.who = calloc(mc.count, sizeof(*mc.who));

    if (mc.who == NULL || mc_loop_init(&mc.loop) != 0
        || mc_dtls_setup(only_cm) != 0 || mc_main_media(video) != 0
        || mc_url_parse(&mc.link.url, argv[optind]) != 0)
    {
        return 1;
    }

    mc.link.loop = &mc.loop;
    mw_timer_init(&mc.next, mc_main_next, NULL);
    mw_timer_init(&mc.end, mc_main_end, NULL);

    if (duration > 0) {
        mw_timer_set(&mc.loop.timers, &mc.end,
            mc.loop.now + (mw_usec_t) (duration * 1e6));
        mc.input.fd = -1;

    } else {
        mc.input.fd = STDIN_FILENO;
        mc.input.handler = mc_main_input;
        fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        mc_io_add(&mc.loop, &mc.input, EPOLLIN);
    }

    if (mc.create != NULL) {
        mc_link_create(&mc.link, mc.create[0] == '\0' ? NULL : mc.create,
            mc.rounds, mc_main_created);
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
