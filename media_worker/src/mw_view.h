/*
 * Which source sits in which slot of one subscriber.  Pure: what is shown,
 * who is heard and what exists go in, the assignment is updated in place.
 *
 * - A cam or screen on view takes a pair; its microphone (its screen audio)
 *   takes the audio half of the same pair, also when there is no picture.
 * - Who is heard and not on view takes an audio slot; when those run out, the
 *   audio half of an unused pair.
 * - A source keeps its slot as long as it has a claim to one, and an audio
 *   slot also afterwards, until somebody else needs it.
 * - No source is in two slots, nobody gets its own back, and without a view
 *   nothing but sound is sent.
 */

#ifndef MW_VIEW_H
#define MW_VIEW_H

#include "mw.h"

#include "meet_body.h"

#define MW_VIEW_HEARD 32 /* sources heard, at most */


typedef struct {
    bool has_audio; /* that half is negotiated */
    bool has_video;
    uint32_t key;   /* what is on view here, MEET_NO_SOURCE: nothing */
    uint32_t audio; /* source ids or MEET_NO_SOURCE */
    uint32_t video;
} mw_view_slot_t;

typedef struct {
    mw_view_slot_t slots[MEET_SLOTS_MAX];
    unsigned n; /* those behind are not negotiated */
} mw_view_t;

typedef struct {
    uint32_t self;                    /* own number; 0: shown as others are */
    const meet_view_entry_t *entries; /* most important first */
    unsigned nentries;
    const uint32_t *heard; /* audio source ids, most important first */
    unsigned nheard;
    bool (*exists)(void *ctx, uint32_t source);
    void *ctx;
} mw_view_input_t;


void mw_view_init(mw_view_t *view);

/* what is negotiated; an update has to follow */
void mw_view_negotiated(
    mw_view_t *view, unsigned slot, bool has_audio, bool has_video);

/* true: some slot has changed */
bool mw_view_update(mw_view_t *view, const mw_view_input_t *input);

/* sorts by priority, keeps the order otherwise, drops doubles and non-video;
   returns how many are left */
unsigned mw_view_sort(meet_view_entry_t *entries, unsigned n);


#endif /* MW_VIEW_H */
