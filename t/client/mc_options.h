/*
 * The command line of meet-client.
 */

#ifndef MC_OPTIONS_H
#define MC_OPTIONS_H

#include "mc_participant.h"


/* what points anywhere points into the command line */
typedef struct {
    unsigned count;
    mw_usec_t gap; /* between two joins */
    const char *name;
    const char *create; /* name of a room to make, "" for any */
    bool create_only;
    unsigned rounds;
    bool only_cm;
    double duration;     /* s, 0: until the end of input */
    const char *picture; /* WxH@KBPS of the largest */
    mc_video_t video;    /* the rest of what is said of it */
    mc_conf_t conf;
    const char *link; /* NULL: raw */
} mc_options_t;


void mc_options_usage(void);

/* into zeroed `o`; 0 or -1 */
int mc_options_read(mc_options_t *o, int argc, char **argv);


#endif /* MC_OPTIONS_H */
