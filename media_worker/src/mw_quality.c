/* Grades of a participant's connections. */

#include "mw_quality.h"

#include "meet_body.h"

/* shares of packets lost on their way, and of those that never came */
#define MW_QUALITY_LOSS_FAIR 0.03
#define MW_QUALITY_LOSS_BAD  0.10
#define MW_QUALITY_MISSING   0.03

/* fewer packets between two looks say nothing about loss */
#define MW_QUALITY_PACKETS 20
#define MW_QUALITY_SMOOTH  0.6

/* looks without a packet, after which the last losses say nothing any more */
#define MW_QUALITY_SILENT 5

/* an estimate below these shares of what is wanted */
#define MW_QUALITY_ROOM_FAIR 0.95
#define MW_QUALITY_ROOM_BAD  0.4

/* looks in a row until it counts */
#define MW_QUALITY_WORSE  2
#define MW_QUALITY_BETTER 4


static void mw_quality_measure(mw_quality_t *q, const mw_quality_up_t *up);
static void mw_quality_listen(mw_quality_t *q, const mw_quality_up_t *up);
static unsigned mw_quality_of_up(
    const mw_quality_t *q, const mw_quality_up_t *up);
static unsigned mw_quality_of_down(const mw_quality_down_t *down);
static bool mw_quality_settle(mw_quality_side_t *side, unsigned grade);


bool
mw_quality_look(
    mw_quality_t *q, const mw_quality_up_t *up, const mw_quality_down_t *down)
{
    bool changed;

    mw_quality_measure(q, up);
    mw_quality_listen(q, up);

    changed = mw_quality_settle(&q->up, mw_quality_of_up(q, up));

    return mw_quality_settle(&q->down, mw_quality_of_down(down)) || changed;
}


static void
mw_quality_measure(mw_quality_t *q, const mw_quality_up_t *up)
{
    double sent, lost, recovered;

    if (up->packets < q->packets || up->recovered < q->recovered
        || up->lost < q->lost - MW_QUALITY_PACKETS)
    {
        /* a track has ended and took its counters along */
        q->packets = up->packets;
        q->recovered = up->recovered;
        q->lost = up->lost;
        return;
    }

    recovered = (double) (up->recovered - q->recovered);
    lost = (double) (up->lost - q->lost);
    lost = lost > 0 ? lost : 0;
    sent = (double) (up->packets - q->packets) - recovered + lost;

    if (sent < MW_QUALITY_PACKETS) {
        return; /* the interval goes on */
    }

    q->packets = up->packets;
    q->recovered = up->recovered;
    q->lost = up->lost;

    q->loss =
        MW_QUALITY_SMOOTH * q->loss + (1 - MW_QUALITY_SMOOTH) * lost / sent;

    lost = lost > recovered ? lost - recovered : 0;
    q->missing =
        MW_QUALITY_SMOOTH * q->missing + (1 - MW_QUALITY_SMOOTH) * lost / sent;
}


static void
mw_quality_listen(mw_quality_t *q, const mw_quality_up_t *up)
{
    if (up->packets != q->heard) {
        q->heard = up->packets;
        q->silent = 0;

    } else if (q->silent < MW_QUALITY_SILENT
               && ++q->silent == MW_QUALITY_SILENT) {
        q->loss = 0;
        q->missing = 0;
    }
}


static unsigned
mw_quality_of_up(const mw_quality_t *q, const mw_quality_up_t *up)
{
    if (!up->published || up->packets == 0) {
        return MEET_GRADE_UNKNOWN;
    }

    if (up->absent) {
        return MEET_GRADE_BAD;
    }

    if (q->silent == MW_QUALITY_SILENT) {
        return MEET_GRADE_UNKNOWN;
    }

    if (q->loss > MW_QUALITY_LOSS_BAD || q->missing > MW_QUALITY_MISSING) {
        return MEET_GRADE_BAD;
    }

    if (up->small || q->loss > MW_QUALITY_LOSS_FAIR) {
        return MEET_GRADE_FAIR;
    }

    return MEET_GRADE_GOOD;
}


static unsigned
mw_quality_of_down(const mw_quality_down_t *down)
{
    double share;

    if (down->absent) {
        return MEET_GRADE_BAD;
    }

    if (!down->known || down->wanted == 0) {
        return MEET_GRADE_UNKNOWN;
    }

    share = (double) down->estimate / down->wanted;

    if (share < MW_QUALITY_ROOM_BAD) {
        return MEET_GRADE_BAD;
    }

    if (share < MW_QUALITY_ROOM_FAIR) {
        return MEET_GRADE_FAIR;
    }

    return MEET_GRADE_GOOD;
}


static bool
mw_quality_settle(mw_quality_side_t *side, unsigned grade)
{
    unsigned least;

    if (grade == side->grade) {
        side->times = 0;
        return false;
    }

    if (side->times == 0 || side->next != grade) {
        side->next = (uint8_t) grade;
        side->times = 0;
    }

    side->times++;

    /* the first word, or that there is nothing to be said, is said at once */

    least = side->grade == MEET_GRADE_UNKNOWN || grade == MEET_GRADE_UNKNOWN ? 1
            : grade < side->grade ? MW_QUALITY_WORSE
                                  : MW_QUALITY_BETTER;

    if (side->times < least) {
        return false;
    }

    side->grade = (uint8_t) grade;
    side->times = 0;

    return true;
}
