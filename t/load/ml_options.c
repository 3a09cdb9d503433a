/* The command line. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "mc_sdp.h"
#include "ml.h"
#include "ml_media.h"


typedef enum {
    ML_OPTION_NUMBER,
    ML_OPTION_ON,
    ML_OPTION_OFF,
    ML_OPTION_MSEC,
    ML_OPTION_SEC,
    ML_OPTION_TEXT,
    ML_OPTION_VIDEO
} ml_option_kind_t;

typedef struct {
    const char *name;
    ml_option_kind_t kind;
    size_t offset;
} ml_option_t;

#define ml_option(name, kind, field)                                           \
    {                                                                          \
        name, ML_OPTION_##kind, offsetof(ml_conf_t, field)                     \
    }

static const ml_option_t ml_option_list[] = {
    ml_option("rooms", NUMBER, rooms),
    ml_option("senders", NUMBER, senders),
    ml_option("people", NUMBER, people),
    ml_option("viewers", NUMBER, viewers),
    ml_option("pairs", NUMBER, pairs),
    ml_option("spare", NUMBER, spare),
    ml_option("height", NUMBER, height),
    ml_option("no-audio", OFF, audio),
    ml_option("no-video", OFF, video),
    ml_option("simulcast", ON, simulcast),
    ml_option("share", ON, share),
    ml_option("pace", ON, pace),
    ml_option("video", VIDEO, kbps),
    ml_option("size", NUMBER, size),
    ml_option("nack", ON, nack),
    ml_option("check", NUMBER, check),
    ml_option("local", TEXT, local),
    ml_option("sink", TEXT, sink),
    ml_option("rate", NUMBER, rate),
    ml_option("gap", MSEC, gap),
    ml_option("churn", MSEC, churn),
    ml_option("warm", SEC, warm),
    ml_option("seconds", SEC, seconds),
    ml_option("janus", ON, janus),
};

#define ML_OPTIONS (sizeof(ml_option_list) / sizeof(ml_option_list[0]))


static void
ml_usage(void)
{
    fputs(
        "usage: meet-load [options] URL\n"
        "\n"
        "URL is https://HOST[:PORT]/[PREFIX/] of ngx-meet, or with --janus\n"
        "http://HOST:PORT/ where Janus' WebSocket transport listens.\n"
        "\n"
        "  --rooms N       (1)\n"
        "  --senders N     of a room, send only (0)\n"
        "  --people N      send and receive (0)\n"
        "  --viewers N     receive only (0)\n"
        "  --pairs N       slots with a picture (25)\n"
        "  --spare N       audio slots beside them (3)\n"
        "  --height N      that tiles are shown at (720)\n"
        "  --no-audio      --no-video      --simulcast     --share\n"
        "  --video KBPS[@FPS]  of the largest picture (1500@25)\n"
        "  --size N        payload of a video packet (1100)\n"
        "  --pace          pictures leave at 2.5 times the rate, in bursts of\n"
        "                  5 ms, as browsers send them, not each at once\n"
        "  --nack          checked receivers ask for what is missing\n"
        "  --check N       percent of receivers whose packets are decrypted\n"
        "                  and checked (100); of the others they are counted\n"
        "  --local IP      address of senders and checked receivers\n"
        "  --sink IP       address of counted receivers\n"
        "  --rate N        percent of all that, to begin with (100)\n"
        "  --gap MS        between two joins (5)\n"
        "  --churn MS      every so often one viewer leaves and joins again\n"
        "  --warm S        from the last join to what counts (2)\n"
        "  --seconds S     then report and leave; without it commands are\n"
        "                  read, one JSON object a line:\n"
        "                    {\"cmd\": \"mark\"}  report, and count anew\n"
        "                    {\"cmd\": \"rate\", \"percent\": N}\n"
        "                    {\"cmd\": \"join\", \"count\": N, \"gap_ms\": N}\n"
        "                    {\"cmd\": \"chat\", \"count\": N}  lines at once\n"
        "                    {\"cmd\": \"exit\"}\n",
        stderr);
}


static void
ml_option_set(ml_conf_t *conf, const ml_option_t *option, const char *value)
{
    void *field;

    field = (uint8_t *) conf + option->offset;

    switch (option->kind) {

    case ML_OPTION_NUMBER:
        *(unsigned *) field = (unsigned) atoi(value);
        break;

    case ML_OPTION_ON:
    case ML_OPTION_OFF:
        *(bool *) field = option->kind == ML_OPTION_ON;
        break;

    case ML_OPTION_MSEC:
        *(mw_usec_t *) field = atoi(value) * MW_MSEC;
        break;

    case ML_OPTION_SEC:
        *(mw_usec_t *) field = (mw_usec_t) (atof(value) * 1e6);
        break;

    case ML_OPTION_TEXT:
        *(const char **) field = value;
        break;

    case ML_OPTION_VIDEO:
        (void) sscanf(value, "%u@%u", &conf->kbps, &conf->fps);
        break;
    }
}


static void
ml_option_defaults(ml_conf_t *conf)
{
    memset(conf, 0, sizeof(*conf));
    conf->rooms = 1;
    conf->pairs = 25;
    conf->spare = 3;
    conf->height = 720;
    conf->audio = true;
    conf->video = true;
    conf->kbps = 1500;
    conf->fps = 25;
    conf->size = 1100;
    conf->check = 100;
    conf->rate = 100;
    conf->gap = 5 * MW_MSEC;
    conf->warm = 2 * MW_SEC;
}


static bool
ml_option_sound(const ml_conf_t *conf)
{
    return conf->rooms != 0 && conf->senders + conf->people + conf->viewers != 0
           && conf->pairs <= MC_SECTIONS && conf->spare <= MC_SECTIONS
           && conf->pairs * 2 + conf->spare <= MC_SECTIONS
           && conf->size >= ML_PAYLOAD_MIN && conf->size <= ML_PAYLOAD_MAX;
}


int
ml_options(ml_conf_t *conf, int argc, char **argv)
{
    int c;
    size_t i;
    bool flag;
    struct option options[ML_OPTIONS + 1];

    memset(options, 0, sizeof(options));

    for (i = 0; i < ML_OPTIONS; i++) {
        flag = ml_option_list[i].kind == ML_OPTION_ON
               || ml_option_list[i].kind == ML_OPTION_OFF;
        options[i].name = ml_option_list[i].name;
        options[i].has_arg = flag ? no_argument : required_argument;
        options[i].val = 256 + (int) i;
    }

    ml_option_defaults(conf);

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c < 256) {
            ml_usage();
            return -1;
        }

        ml_option_set(conf, &ml_option_list[c - 256], optarg);
    }

    if (optind != argc - 1 || !ml_option_sound(conf)) {
        ml_usage();
        return -1;
    }

    return 0;
}
