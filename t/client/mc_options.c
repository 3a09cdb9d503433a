/* The command line of meet-client. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "mc_options.h"


void
mc_options_usage(void)
{
    fputs(
        "usage: meet-client [options] "
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
        "  --temporal        and three temporal layers in each\n"
        "  --nack            ask for packets that are missing\n"
        "  --remb KBPS       no reports of packets: that much is said to fit\n"
        "  --twcc            promise reports of packets, but send none\n"
        "  --cm              offer only AES128_CM_SHA1_80\n"
        "  --hello HOW       split, reversed, doubled, lost or none\n"
        "  --liar            say a wrong fingerprint\n"
        "  --raw             no link: offers go to the output, answers come\n"
        "                    by the command \"answer\"\n"
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
        "  {\"cmd\": \"remb\", \"kbps\": N}\n"
        "  {\"cmd\": \"answer\", \"message\": {...}}\n"
        "  {\"cmd\": \"report\"}  {\"cmd\": \"reset\"}  {\"cmd\": \"leave\"} "
        " {\"cmd\": \"exit\"}\n",
        stderr);
}


static int
mc_options_hello(mc_options_t *o, const char *name)
{
    unsigned i;
    static const char *const names[] = { "plain", "split", "reversed",
        "doubled", "lost", "none" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            o->conf.hello = (mc_hello_t) i;
            return 0;
        }
    }

    return -1;
}


int
mc_options_read(mc_options_t *o, int argc, char **argv)
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
        { "temporal", no_argument, NULL, 'T' },
        { "nack", no_argument, NULL, 'k' },
        { "remb", required_argument, NULL, 'b' },
        { "twcc", no_argument, NULL, 't' },
        { "cm", no_argument, NULL, 'm' },
        { "hello", required_argument, NULL, 'e' },
        { "liar", no_argument, NULL, 'l' },
        { "raw", no_argument, NULL, 'w' },
        { "duration", required_argument, NULL, 'd' },
        { NULL, 0, NULL, 0 },
    };

    o->count = 1;
    o->name = "native";
    o->rounds = MC_ROUNDS;
    o->picture = "320x180@200";
    o->video.frames = MC_VIDEO_PERIOD;
    o->conf.height = 180;
    o->conf.layers = 1;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {

        case 'c':
            o->create = optarg == NULL ? (char *) "" : optarg;
            break;

        case 'C':
            o->create = o->create == NULL ? (char *) "" : o->create;
            o->create_only = true;
            break;

        case 'r':
            o->rounds = (unsigned) atoi(optarg);
            break;

        case 'n':
            o->count = (unsigned) atoi(optarg);
            break;

        case 'g':
            o->gap = atoi(optarg) * MW_MSEC;
            break;

        case 'N':
            o->name = optarg;
            break;

        case 'p':
            o->conf.mic = strstr(optarg, "mic") != NULL;
            o->conf.cam = strstr(optarg, "cam") != NULL;
            break;

        case 's':
            o->conf.pairs = (unsigned) atoi(optarg);
            break;

        case 'S':
            o->conf.spare = (unsigned) atoi(optarg);
            break;

        case 'H':
            o->conf.height = (unsigned) atoi(optarg);
            break;

        case 'v':
            o->picture = optarg;
            break;

        case 'L':
            o->conf.layers = MC_LAYERS;
            break;

        case 'R':
            o->video.frames = (unsigned) atoi(optarg) * MC_FPS;
            break;

        case 'G':
            o->video.grain = true;
            break;

        case 'T':
            o->video.temporal = true;
            break;

        case 'k':
            o->conf.nack = true;
            break;

        case 'b':
            o->conf.remb = (unsigned) atoi(optarg);
            break;

        case 't':
            o->conf.twcc = true;
            break;

        case 'm':
            o->only_cm = true;
            break;

        case 'e':
            if (mc_options_hello(o, optarg) != 0) {
                return -1;
            }

            break;

        case 'l':
            o->conf.liar = true;
            break;

        case 'w':
            o->conf.raw = true;
            break;

        case 'd':
            o->duration = atof(optarg);
            break;

        default:
            return -1;
        }
    }

    o->link = argv[optind];

    return optind == argc - (o->conf.raw ? 0 : 1) && o->count != 0
                   && o->video.frames != 0 && o->video.frames <= MC_VIDEO_FRAMES
                   && o->conf.pairs * 2 + o->conf.spare <= MC_SECTIONS
               ? 0
               : -1;
}
