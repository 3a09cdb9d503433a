#include "mw_view.h"


typedef struct {
    uint32_t key;
    uint32_t audio;
    uint32_t video;
    bool placed;
} mw_view_want_t;

typedef struct {
    mw_view_want_t wants[MEET_VIEW_MAX];
    unsigned n;
} mw_view_wants_t;


static void mw_view_want(
    mw_view_wants_t *wants, const mw_view_input_t *input, unsigned pairs);
static bool mw_view_want_one(mw_view_want_t *want, const mw_view_input_t *input,
    const meet_view_entry_t *entry);
static void mw_view_place(mw_view_t *view, mw_view_wants_t *wants);
static void mw_view_listen(mw_view_t *view, const mw_view_wants_t *wants,
    const mw_view_input_t *input);
static mw_view_slot_t *mw_view_ear(mw_view_t *view, const bool *taken);
static bool mw_view_is_pair(const mw_view_slot_t *slot);
static bool mw_view_wanted(const mw_view_wants_t *wants, uint32_t audio);


void
mw_view_init(mw_view_t *view)
{
    unsigned i;

    memset(view, 0, sizeof(mw_view_t));

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        view->slots[i].key = MEET_NO_SOURCE;
        view->slots[i].audio = MEET_NO_SOURCE;
        view->slots[i].video = MEET_NO_SOURCE;
    }
}


void
mw_view_negotiated(
    mw_view_t *view, unsigned slot, bool has_audio, bool has_video)
{
    view->slots[slot].has_audio = has_audio;
    view->slots[slot].has_video = has_video;

    /* one that is no longer negotiated has to be emptied first */

    if (view->n <= slot && (has_audio || has_video)) {
        view->n = slot + 1;
    }
}


bool
mw_view_update(mw_view_t *view, const mw_view_input_t *input)
{
    unsigned i, pairs;
    mw_view_t old;
    mw_view_wants_t wants;

    old = *view;
    pairs = 0;

    for (i = 0; i < view->n; i++) {
        if (mw_view_is_pair(&view->slots[i])) {
            pairs++;
        }
    }

    mw_view_want(&wants, input, pairs);
    mw_view_place(view, &wants);
    mw_view_listen(view, &wants, input);

    for (i = 0; i < view->n; i++) {
        if (view->slots[i].audio != old.slots[i].audio
            || view->slots[i].video != old.slots[i].video)
        {
            return true;
        }
    }

    return false;
}


unsigned
mw_view_sort(meet_view_entry_t *entries, unsigned n)
{
    unsigned i, j, len;
    meet_view_entry_t entry;

    len = 0;

    for (i = 0; i < n; i++) {
        entry = entries[i];

        if ((MEET_SOURCE_KIND(entry.source) & 1u) == 0) {
            continue;
        }

        for (j = 0; j < len && entries[j].source != entry.source; j++) {
            /* void */
        }

        if (j < len) {
            continue;
        }

        for (j = len; j > 0 && entries[j - 1].priority > entry.priority; j--) {
            entries[j] = entries[j - 1];
        }

        entries[j] = entry;
        len++;
    }

    return len;
}


/*
 * As many entries as there are pairs: those with a picture by their order,
 * then those who are only to be heard.
 */
static void
mw_view_want(
    mw_view_wants_t *wants, const mw_view_input_t *input, unsigned pairs)
{
    unsigned i, pass;
    mw_view_want_t want;

    wants->n = 0;

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < input->nentries && wants->n < pairs; i++) {

            if (mw_view_want_one(&want, input, &input->entries[i])
                && (want.video != MEET_NO_SOURCE) == (pass == 0))
            {
                wants->wants[wants->n++] = want;
            }
        }
    }
}


static bool
mw_view_want_one(mw_view_want_t *want, const mw_view_input_t *input,
    const meet_view_entry_t *entry)
{
    uint32_t number, audio;

    number = MEET_SOURCE_NUMBER(entry->source);

    if (number == input->self) {
        return false;
    }

    audio = MEET_SOURCE(number, MEET_SOURCE_KIND(entry->source) == MEET_KIND_CAM
                                    ? MEET_KIND_MIC
                                    : MEET_KIND_SCREEN_AUDIO);

    want->key = entry->source;
    want->placed = false;
    want->video = input->exists(input->ctx, entry->source) ? entry->source
                                                           : MEET_NO_SOURCE;
    want->audio = input->exists(input->ctx, audio) ? audio : MEET_NO_SOURCE;

    return want->video != MEET_NO_SOURCE || want->audio != MEET_NO_SOURCE;
}


static void
mw_view_place(mw_view_t *view, mw_view_wants_t *wants)
{
    unsigned i, j, pass;
    mw_view_slot_t *slot;
    mw_view_want_t *want;

    /* who stays */

    for (i = 0; i < view->n; i++) {
        slot = &view->slots[i];

        if (slot->key == MEET_NO_SOURCE) {
            continue;
        }

        for (j = 0; j < wants->n && wants->wants[j].key != slot->key; j++) {
            /* void */
        }

        if (j < wants->n && mw_view_is_pair(slot)) {
            wants->wants[j].placed = true;
            slot->audio = wants->wants[j].audio;
            slot->video = wants->wants[j].video;

        } else {
            slot->key = MEET_NO_SOURCE;
            slot->audio = MEET_NO_SOURCE;
            slot->video = MEET_NO_SOURCE;
        }
    }

    /* who comes; pairs that only carry sound are taken last */

    for (pass = 0; pass < 2; pass++) {
        j = 0;

        for (i = 0; i < view->n; i++) {
            slot = &view->slots[i];

            while (j < wants->n && wants->wants[j].placed) {
                j++;
            }

            if (j == wants->n) {
                break;
            }

            if (!mw_view_is_pair(slot) || slot->key != MEET_NO_SOURCE
                || (pass == 0 && slot->audio != MEET_NO_SOURCE))
            {
                continue;
            }

            want = &wants->wants[j];
            want->placed = true;

            slot->key = want->key;
            slot->audio = want->audio;
            slot->video = want->video;
        }
    }

    /* a pair without its audio half leaves the sound to the audio slots */

    for (i = 0; i < view->n; i++) {
        slot = &view->slots[i];

        if (slot->key == MEET_NO_SOURCE || slot->has_audio) {
            continue;
        }

        for (j = 0; j < wants->n; j++) {
            if (wants->wants[j].key == slot->key) {
                wants->wants[j].audio = MEET_NO_SOURCE;
            }
        }

        slot->audio = MEET_NO_SOURCE;
    }
}


static void
mw_view_listen(
    mw_view_t *view, const mw_view_wants_t *wants, const mw_view_input_t *input)
{
    unsigned i, j, ears, n;
    mw_view_slot_t *slot;
    bool taken[MEET_SLOTS_MAX];
    uint32_t chosen[MW_VIEW_HEARD];

    ears = 0;

    for (i = 0; i < view->n; i++) {
        slot = &view->slots[i];

        if (slot->key != MEET_NO_SOURCE) {
            continue;
        }

        if (slot->has_audio) {
            ears++;
        }

        /* ended, or moved into a pair */

        if (!slot->has_audio || !input->exists(input->ctx, slot->audio)
            || mw_view_wanted(wants, slot->audio))
        {
            slot->audio = MEET_NO_SOURCE;
        }
    }

    /* the most important ones, as many as there are slots for them */

    n = 0;

    for (j = 0; j < input->nheard && n < ears && n < MW_VIEW_HEARD; j++) {

        if (MEET_SOURCE_NUMBER(input->heard[j]) != input->self
            && input->exists(input->ctx, input->heard[j])
            && !mw_view_wanted(wants, input->heard[j]))
        {
            chosen[n++] = input->heard[j];
        }
    }

    for (i = 0; i < view->n; i++) {
        taken[i] = false;

        for (j = 0; j < n; j++) {
            if (view->slots[i].audio == chosen[j]) {
                taken[i] = true;
            }
        }
    }

    for (j = 0; j < n; j++) {

        for (i = 0; i < view->n; i++) {
            if (view->slots[i].audio == chosen[j]) {
                break;
            }
        }

        if (i == view->n) {
            slot = mw_view_ear(view, taken);

            if (slot == NULL) {
                return; /* somebody is named twice */
            }

            slot->audio = chosen[j];
            taken[slot - view->slots] = true;
        }
    }
}


/*
 * The best slot for one more voice: an audio slot that is empty, one whose
 * voice is not heard any more, then likewise among the pairs not in use.
 */
static mw_view_slot_t *
mw_view_ear(mw_view_t *view, const bool *taken)
{
    unsigned i, cost, best;
    mw_view_slot_t *slot, *found;

    found = NULL;
    best = 4;

    for (i = 0; i < view->n; i++) {
        slot = &view->slots[i];

        if (!slot->has_audio || slot->key != MEET_NO_SOURCE || taken[i]) {
            continue;
        }

        cost = (slot->has_video ? 2u : 0u)
               + (slot->audio != MEET_NO_SOURCE ? 1u : 0u);

        if (cost < best) {
            best = cost;
            found = slot;
        }
    }

    return found;
}


static bool
mw_view_is_pair(const mw_view_slot_t *slot)
{
    return slot->has_video;
}


static bool
mw_view_wanted(const mw_view_wants_t *wants, uint32_t audio)
{
    unsigned i;

    for (i = 0; i < wants->n; i++) {
        if (wants->wants[i].audio == audio) {
            return true;
        }
    }

    return false;
}
