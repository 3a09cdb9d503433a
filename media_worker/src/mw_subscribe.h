/*
 * A participant's subscribe connection: its peer and its fixed pool of slots,
 * each with an audio half, a video half or both.
 */

#ifndef MW_SUBSCRIBE_H
#define MW_SUBSCRIBE_H

#include "mw_connection.h"
#include "mw_bwe.h"
#include "mw_pacer.h"
#include "mw_slot.h"

#define MW_HALVES 2 /* of a slot */
#define MW_AUDIO  0
#define MW_VIDEO  1

/* of the lower eight bits of SSRCs, see mw_subscribe.c */
#define MW_SSRC_INDEX 0x7fu
#define MW_SSRC_RTX   0x80u


/* msid of both halves: one stream, so that browsers keep lips in step */
typedef struct {
    char stream[8];
    char track[MW_HALVES][10];
} mw_slot_names_t;

/* when a picture last got less of the estimate */
typedef struct {
    mw_usec_t at;      /* 0: never */
    mw_usec_t raised;  /* when it last got more */
    uint32_t estimate; /* then, or what more was tried with in vain */
    uint32_t tried;    /* the estimate when it last got more */
    int8_t level;      /* see mw_allocate_t; -1: nothing */
    uint8_t vain;      /* times in a row that more did not last */
} mw_lowered_t;

/* what every packet touches comes first */
struct mw_subscribe_s {
    mw_connection_t connection;

    uint8_t twcc;  /* id of the header extension, 0: packets are not reported */
    uint8_t stamp; /* of that with the time of sending, for receivers that
                      estimate by themselves (REMB); 0: none */
    bool remb;
    bool probing;    /* what is written now does not wait */
    bool tight;      /* less than all that is wanted */
    uint64_t broken; /* bit per slot: its picture is to be given up */
    uint64_t begun;  /* and: something was sent again */
    mw_pacer_t pacer;
    mw_bwe_t bwe;

    char cname[17];
    mw_slot_names_t names[MEET_SLOTS_MAX];
    uint32_t base; /* upper 24 bits of all SSRCs, see mw_subscribe.c */
    mw_slot_t *slots[MEET_SLOTS_MAX][MW_HALVES];
    bool active[MEET_SLOTS_MAX][MW_HALVES]; /* in the last offer */
    uint8_t told[MEET_SLOTS_MAX];           /* MEET_SLOT_..., of the video */

    /* mw_subscribe_rate.c */
    mw_timer_t probe;
    mw_usec_t probe_at; /* what it is set to, MW_NEVER: nothing */
    mw_usec_t allocated;
    mw_usec_t known; /* since when the estimate is more than a guess, or 0 */
    uint32_t wanted; /* bit/s if there were no limit */
    uint16_t cap[MEET_SLOTS_MAX]; /* height within the estimate */
    mw_lowered_t lowered[MEET_SLOTS_MAX];
    uint8_t protect;     /* packets that one of sound carries besides */
    mw_usec_t protected; /* when that was last needed */

    /* mw_subscribe_pace.c */
    mw_timer_t pace;
    mw_usec_t pace_at;               /* what it is set to, MW_NEVER: nothing */
    uint8_t waiting[MEET_SLOTS_MAX]; /* the layer that waits, of each slot */
    mw_usec_t given_up[MEET_SLOTS_MAX]; /* the last picture of it, or 0 */
    mw_usec_t impatient;                /* the last one of any */
};


/* NULL: no memory */
mw_subscribe_t *mw_subscribe_create(
    mw_participant_t *p, const mw_sdp_offer_t *offer, mw_usec_t now);
void mw_subscribe_destroy(mw_subscribe_t *subscribe, mw_usec_t now);

/*
 * Takes the offered sections into `answer`: new slots come, known ones keep
 * their SSRCs.  `tracks` have been matched with the offer.  The participant's
 * view learns which halves there are.  MW_ERROR: no memory, some sections are
 * refused.
 */
mw_rc_t mw_subscribe_apply(mw_subscribe_t *subscribe, mw_sdp_answer_t *answer,
    const meet_track_t *tracks, unsigned ntracks, mw_usec_t now);

/*
 * Shows these sources, or nothing (NULL), in a slot; which layer of the video
 * is decided by the height that the participant's view says.
 */
void mw_subscribe_assign(mw_subscribe_t *subscribe, unsigned slot,
    mw_source_t *audio, mw_source_t *video, mw_usec_t now);

/* mw_subscribe_rate.c */

void mw_subscribe_rate_open(mw_subscribe_t *subscribe, mw_usec_t now);
void mw_subscribe_rate_close(mw_subscribe_t *subscribe);

/* transport-wide feedback of the receiver */
void mw_subscribe_rate_feedback(
    mw_subscribe_t *subscribe, const mw_rtcp_item_t *item, mw_usec_t now);

/* REMB, and receivers' reports, of one that estimates by itself */
void mw_subscribe_rate_told(
    mw_subscribe_t *subscribe, const mw_rtcp_item_t *item, mw_usec_t now);

/* there is an estimate, or will be as soon as something was sent */
static inline bool
mw_subscribe_rated(const mw_subscribe_t *subscribe)
{
    return subscribe->twcc != 0 || subscribe->bwe.told;
}

/* after slots or the view have changed: who gets what of the estimate */
void mw_subscribe_allocate(mw_subscribe_t *subscribe, mw_usec_t now);

/* of the picture on view in a slot, in pixels */
unsigned mw_subscribe_height(const mw_participant_t *p, unsigned slot);

/* MEET_SLOT_...: why there is no picture in a slot */
uint8_t mw_subscribe_state(const mw_subscribe_t *subscribe, unsigned slot);

/* mw_subscribe_pace.c */

void mw_subscribe_pace_open(mw_subscribe_t *subscribe);
void mw_subscribe_pace_close(mw_subscribe_t *subscribe);

/* after the estimate or who gets what of it has changed */
void mw_subscribe_pace_limit(mw_subscribe_t *subscribe, mw_usec_t now);

/* a picture gets less: where it cannot go on as it was until it is replaced */
void mw_subscribe_pace_lowered(
    mw_subscribe_t *subscribe, unsigned slot, mw_usec_t now);

/* of slots; see mw_sink_t */
mw_rc_t mw_subscribe_write_rtp(
    void *owner, const mw_rtp_out_t *out, mw_usec_t now);

void mw_subscribe_count(const mw_subscribe_t *subscribe, meet_stats_t *stats);


#endif /* MW_SUBSCRIBE_H */
