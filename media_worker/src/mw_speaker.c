/* Who is heard and who speaks, for one room. */

#include <stdlib.h>

#include "mw_speaker.h"

#define MW_SPEAKER_MAX_LEVEL 127 /* RFC 6464: -127 dBov, digital silence */

/* levels from here on are silence; dropped after so many packets of it */
#define MW_SPEAKER_SILENCE 78
#define MW_SPEAKER_SILENT  10

/* smoothed loudness: 1/16 dB, fast up and slow down */
#define MW_SPEAKER_UNIT   16
#define MW_SPEAKER_ATTACK 4
#define MW_SPEAKER_DECAY  16
#define MW_SPEAKER_LOUDER (6 * MW_SPEAKER_UNIT) /* to push somebody out */
#define MW_SPEAKER_STALE  (300 * MW_MSEC)       /* nothing came: free place */
#define MW_SPEAKER_LEAVES MW_SEC                /* silent: place given up */

/*
 * Speech is so many dB above the noise of that microphone, and never fainter
 * than -70 dBov.  The noise estimate creeps up 1 dB a second.
 */
#define MW_SPEAKER_FRAME        (20 * MW_MSEC)
#define MW_SPEAKER_FAINTEST     57
#define MW_SPEAKER_ABOVE_NOISE  15
#define MW_SPEAKER_NOISE_MAX    67
#define MW_SPEAKER_NOISE_PACKET 50

/*
 * Three time scales, as in Volfin and Cohen, "Dominant speaker identification
 * for multipoint videoconferencing" (2012): how many bands of loudness a frame
 * reaches, how many frames of a block are active, how many blocks of the last
 * second.  The newest frames count together, for the very last may not be
 * here, and so do the newest two blocks: between words is no pause.
 */
#define MW_SPEAKER_BANDS  13
#define MW_SPEAKER_BAND   4 /* dB above the noise, each */
#define MW_SPEAKER_NEWEST 3
#define MW_SPEAKER_BLOCK  5 /* frames */
#define MW_SPEAKER_BLOCKS 10
#define MW_SPEAKER_FRAMES (MW_SPEAKER_BLOCK * MW_SPEAKER_BLOCKS)

/* active: from so many bands, from so many frames */
#define MW_SPEAKER_ACTIVE_BANDS  4
#define MW_SPEAKER_ACTIVE_FRAMES 3

/*
 * What a challenger's scores must be times those of the dominant one: e to the
 * power of C1 = 3, C2 = 2, C3 = 0.  And half a second of speech in the last
 * one, or a cough in a pause would do.
 */
#define MW_SPEAKER_C1    20.0855
#define MW_SPEAKER_C2    7.3891
#define MW_SPEAKER_C3    1.0
#define MW_SPEAKER_LEAST 5 /* blocks */


typedef struct {
    mw_usec_t last;                   /* packet; 0: never */
    mw_usec_t voiced;                 /* last packet that was not silence */
    int64_t frame;                    /* number of the newest one in `bands` */
    uint8_t bands[MW_SPEAKER_FRAMES]; /* ring: what each frame reached */
    uint16_t loudness; /* smoothed, MW_SPEAKER_UNIT a dB above -127 dBov */
    uint8_t noise;     /* dB above -127 dBov */
    uint8_t creep;     /* packets since the noise estimate rose */
    uint8_t silent;    /* packets of silence in a row */
    uint8_t place;     /* among the loudest, MW_SPEAKER_LOUDEST_MAX: none */
} mw_speaker_one_t;

/* activity at a moment */
typedef struct {
    double immediate;
    double medium;
    double longer;
    unsigned blocks; /* active ones of the last second */
} mw_speaker_rating_t;

struct mw_speaker_s {
    uint32_t participants;
    uint32_t loudest; /* places */
    uint32_t taken;
    uint32_t place[MW_SPEAKER_LOUDEST_MAX];
    uint32_t dominant;
    unsigned changed;
    mw_speaker_one_t one[];
};


static void mw_speaker_clear(mw_speaker_one_t *p);
static void mw_speaker_smooth(mw_speaker_one_t *p, unsigned loud);
static void mw_speaker_history(
    mw_speaker_one_t *p, unsigned loud, mw_usec_t now);
static void mw_speaker_advance(mw_speaker_one_t *p, mw_usec_t now);
static bool mw_speaker_enter(
    mw_speaker_t *s, uint32_t participant, mw_usec_t now);
static void mw_speaker_leave(mw_speaker_t *s, uint32_t place);
static void mw_speaker_decide(mw_speaker_t *s, mw_usec_t now);
static void mw_speaker_rate(
    mw_speaker_one_t *p, mw_speaker_rating_t *r, mw_usec_t now);


/*
 * Their equation 11: the logarithm of how much likelier it is that somebody
 * speaks than not, if v of n are active; p = 0.5, lambda = 0.78, 24 and 47,
 * and never below 1e-10, so that quotients mean something.
 */
static const double mw_speaker_immediate[MW_SPEAKER_BANDS + 1] = { 1e-10, 1e-10,
    1e-10, 1e-10, 0.930, 2.298, 3.365, 4.145, 4.638, 4.830, 4.694, 4.174, 3.162,
    1.378 };

static const double mw_speaker_medium[MW_SPEAKER_BLOCK + 1] = { 1e-10, 18.966,
    43.659, 67.659, 90.966, 113.356 };

static const double mw_speaker_long[MW_SPEAKER_BLOCKS + 1] = { 1e-10, 38.521,
    87.025, 135.006, 182.565, 229.748, 276.565, 323.006, 369.025, 414.521,
    459.218 };


mw_speaker_t *
mw_speaker_create(uint32_t participants, uint32_t loudest)
{
    uint32_t i;
    mw_speaker_t *s;

    s = calloc(1, sizeof(*s) + participants * sizeof(s->one[0]));

    if (s == NULL) {
        return NULL;
    }

    s->participants = participants;
    s->loudest =
        loudest > MW_SPEAKER_LOUDEST_MAX ? MW_SPEAKER_LOUDEST_MAX : loudest;
    s->dominant = MW_SPEAKER_NONE;

    for (i = 0; i < participants; i++) {
        mw_speaker_clear(&s->one[i]);
    }

    return s;
}


void
mw_speaker_destroy(mw_speaker_t *s)
{
    free(s);
}


bool
mw_speaker_level(
    mw_speaker_t *s, uint32_t participant, uint8_t level, mw_usec_t now)
{
    bool silence;
    mw_speaker_one_t *p;

    if (participant >= s->participants) {
        return false;
    }

    if (level > MW_SPEAKER_MAX_LEVEL) {
        level = MW_SPEAKER_MAX_LEVEL;
    }

    p = &s->one[participant];
    silence = level >= MW_SPEAKER_SILENCE;

    if (!silence) {
        p->silent = 0;
        p->voiced = now;

    } else if (p->silent < UINT8_MAX) {
        p->silent++;
    }

    p->last = now;
    mw_speaker_smooth(p, MW_SPEAKER_MAX_LEVEL - level);
    mw_speaker_history(p, MW_SPEAKER_MAX_LEVEL - level, now);

    if (p->place == MW_SPEAKER_LOUDEST_MAX
        && (silence || !mw_speaker_enter(s, participant, now)))
    {
        return false;
    }

    return p->silent <= MW_SPEAKER_SILENT;
}


void
mw_speaker_remove(mw_speaker_t *s, uint32_t participant)
{
    mw_speaker_one_t *p;

    if (participant >= s->participants) {
        return;
    }

    p = &s->one[participant];

    if (p->place != MW_SPEAKER_LOUDEST_MAX) {
        mw_speaker_leave(s, p->place);
    }

    if (s->dominant == participant) {
        s->dominant = MW_SPEAKER_NONE;
        s->changed |= MW_SPEAKER_DOMINANT;
    }

    mw_speaker_clear(p);
}


unsigned
mw_speaker_tick(mw_speaker_t *s, mw_usec_t now)
{
    uint32_t i;
    unsigned changed;

    for (i = s->taken; i-- > 0;) {
        if (now - s->one[s->place[i]].voiced > MW_SPEAKER_LEAVES) {
            mw_speaker_leave(s, i);
        }
    }

    mw_speaker_decide(s, now);

    changed = s->changed;
    s->changed = 0;

    return changed;
}


uint32_t
mw_speaker_loudest(const mw_speaker_t *s, uint32_t out[MW_SPEAKER_LOUDEST_MAX])
{
    memcpy(out, s->place, s->taken * sizeof(out[0]));

    return s->taken;
}


uint32_t
mw_speaker_dominant(const mw_speaker_t *s)
{
    return s->dominant;
}


uint8_t
mw_speaker_smoothed(const mw_speaker_t *s, uint32_t participant)
{
    if (participant >= s->participants) {
        return MW_SPEAKER_MAX_LEVEL;
    }

    return (uint8_t) (MW_SPEAKER_MAX_LEVEL
                      - s->one[participant].loudness / MW_SPEAKER_UNIT);
}


static void
mw_speaker_clear(mw_speaker_one_t *p)
{
    memset(p, 0, sizeof(*p));

    p->place = MW_SPEAKER_LOUDEST_MAX;
    p->noise = MW_SPEAKER_NOISE_MAX;
}


static void
mw_speaker_smooth(mw_speaker_one_t *p, unsigned loud)
{
    int step;

    step = (int) (loud * MW_SPEAKER_UNIT) - (int) p->loudness;
    step /= step > 0 ? MW_SPEAKER_ATTACK : MW_SPEAKER_DECAY;
    p->loudness = (uint16_t) ((int) p->loudness + step);
}


static void
mw_speaker_history(mw_speaker_one_t *p, unsigned loud, mw_usec_t now)
{
    unsigned bands;
    uint8_t *newest;

    mw_speaker_advance(p, now);

    if (loud >= MW_SPEAKER_FAINTEST
        && loud >= (unsigned) p->noise + MW_SPEAKER_ABOVE_NOISE)
    {
        bands = (loud - p->noise) / MW_SPEAKER_BAND + 1;
        bands = bands < MW_SPEAKER_BANDS ? bands : MW_SPEAKER_BANDS;
        newest = &p->bands[(uint64_t) p->frame % MW_SPEAKER_FRAMES];
        *newest = *newest > bands ? *newest : (uint8_t) bands;
    }

    if (loud <= p->noise) {
        p->noise = (uint8_t) loud;
        p->creep = 0;

    } else if (++p->creep == MW_SPEAKER_NOISE_PACKET) {
        p->creep = 0;
        p->noise += p->noise < MW_SPEAKER_NOISE_MAX ? 1 : 0;
    }
}


/* frames in which nothing came were silent */
static void
mw_speaker_advance(mw_speaker_one_t *p, mw_usec_t now)
{
    int64_t frame;

    frame = now / MW_SPEAKER_FRAME;

    if (frame - p->frame > MW_SPEAKER_FRAMES) {
        p->frame = frame - MW_SPEAKER_FRAMES;
    }

    while (p->frame < frame) {
        p->bands[(uint64_t) ++p->frame % MW_SPEAKER_FRAMES] = 0;
    }
}


/* a free place, or that of somebody silent or clearly fainter */
static bool
mw_speaker_enter(mw_speaker_t *s, uint32_t participant, mw_usec_t now)
{
    uint32_t i, weakest;
    unsigned loudness, lowest;
    mw_speaker_one_t *p, *other;

    p = &s->one[participant];

    if (s->taken == s->loudest) {
        weakest = 0;
        lowest = UINT16_MAX;

        for (i = 0; i < s->taken; i++) {
            other = &s->one[s->place[i]];
            loudness = other->loudness;

            if (other->silent > MW_SPEAKER_SILENT
                || now - other->last > MW_SPEAKER_STALE) {
                loudness = 0;
            }

            if (loudness < lowest) {
                weakest = i;
                lowest = loudness;
            }
        }

        if (s->taken == 0
            || (lowest != 0 && p->loudness < lowest + MW_SPEAKER_LOUDER)) {
            return false;
        }

        mw_speaker_leave(s, weakest);
    }

    p->place = (uint8_t) s->taken;
    s->place[s->taken++] = participant;
    s->changed |= MW_SPEAKER_LOUDEST;

    return true;
}


static void
mw_speaker_leave(mw_speaker_t *s, uint32_t place)
{
    s->one[s->place[place]].place = MW_SPEAKER_LOUDEST_MAX;
    s->taken--;

    if (place != s->taken) {
        s->place[place] = s->place[s->taken];
        s->one[s->place[place]].place = (uint8_t) place;
    }

    s->changed |= MW_SPEAKER_LOUDEST;
}


/*
 * A challenger must be more active than the dominant one on each time scale,
 * now and of late far more: that one has to have paused.  Of several the one
 * who spoke most of late.
 */
static void
mw_speaker_decide(mw_speaker_t *s, mw_usec_t now)
{
    uint32_t i, best;
    double most;
    mw_speaker_rating_t r, d;

    memset(&d, 0, sizeof(d));
    d.immediate = mw_speaker_immediate[0];
    d.medium = mw_speaker_medium[0];
    d.longer = mw_speaker_long[0];

    if (s->dominant != MW_SPEAKER_NONE) {
        mw_speaker_rate(&s->one[s->dominant], &d, now);
    }

    best = MW_SPEAKER_NONE;
    most = 0;

    for (i = 0; i < s->taken; i++) {
        if (s->place[i] == s->dominant) {
            continue;
        }

        mw_speaker_rate(&s->one[s->place[i]], &r, now);

        if (r.blocks >= MW_SPEAKER_LEAST
            && r.immediate > d.immediate * MW_SPEAKER_C1
            && r.medium > d.medium * MW_SPEAKER_C2
            && r.longer > d.longer * MW_SPEAKER_C3 && r.medium > most)
        {
            most = r.medium;
            best = s->place[i];
        }
    }

    if (best != MW_SPEAKER_NONE) {
        s->dominant = best;
        s->changed |= MW_SPEAKER_DOMINANT;
    }
}


static void
mw_speaker_rate(mw_speaker_one_t *p, mw_speaker_rating_t *r, mw_usec_t now)
{
    uint8_t bands, highest;
    unsigned i, active, lately;

    mw_speaker_advance(p, now);

    highest = 0;
    active = 0;
    lately = 0;
    r->blocks = 0;

    for (i = 0; i < MW_SPEAKER_FRAMES; i++) {
        bands = p->bands[((uint64_t) p->frame + MW_SPEAKER_FRAMES - i)
                         % MW_SPEAKER_FRAMES];

        if (i < MW_SPEAKER_NEWEST && bands > highest) {
            highest = bands;
        }

        active += bands >= MW_SPEAKER_ACTIVE_BANDS;

        if (i % MW_SPEAKER_BLOCK == MW_SPEAKER_BLOCK - 1) {
            lately =
                i < 2 * MW_SPEAKER_BLOCK && active > lately ? active : lately;
            r->blocks += active >= MW_SPEAKER_ACTIVE_FRAMES;
            active = 0;
        }
    }

    r->immediate = mw_speaker_immediate[highest];
    r->medium = mw_speaker_medium[lately];
    r->longer = mw_speaker_long[r->blocks];
}
