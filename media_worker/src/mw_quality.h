/*
 * How well a participant's connections carry what is to pass through them, in
 * three grades, for people.  Worse shows soon, better only when it lasts.
 * Embedded in the participant; pure.
 */

#ifndef MW_QUALITY_H
#define MW_QUALITY_H

#include "mw.h"

/* what was received of everything it publishes, since the beginning */
typedef struct {
    uint64_t packets;   /* accepted, those sent again included */
    uint64_t recovered; /* of them: sent again */
    int64_t lost;       /* on their first way */
    bool published;     /* it sends anything at all */
    bool absent;        /* its connection has not been heard of for long */
    bool small;         /* somebody waits for a picture larger than it sends */
} mw_quality_up_t;

/* what it can receive; what gets lost of it, the receiver knows best */
typedef struct {
    uint32_t wanted;   /* bit/s of what it wants to see and hear; 0: nothing */
    uint32_t estimate; /* bit/s */
    bool known;        /* the estimate is more than a guess */
    bool absent;
} mw_quality_down_t;

/* one direction: a grade, and whether another one lasts */
typedef struct {
    uint8_t grade; /* MEET_GRADE_... */
    uint8_t next;
    uint8_t times; /* that `next` was seen in a row */
} mw_quality_side_t;

typedef struct {
    mw_quality_side_t up;
    mw_quality_side_t down;
    uint64_t packets; /* at the last look */
    uint64_t recovered;
    int64_t lost;
    uint64_t heard;  /* packets at the last look, however few */
    uint32_t silent; /* looks without a packet, in a row */
    double loss;     /* smoothed shares of the way up */
    double missing;
} mw_quality_t;


/* about once a second; true: a grade has changed */
bool mw_quality_look(
    mw_quality_t *q, const mw_quality_up_t *up, const mw_quality_down_t *down);


#endif /* MW_QUALITY_H */
