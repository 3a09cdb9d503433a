/*
 * Who is heard and who speaks, for one room: levels of RFC 6464 in, the
 * loudest N and the dominant speaker out.  The work for a packet depends on N
 * only, never on the number of participants.  Pure but for its own memory.
 */

#ifndef MW_SPEAKER_H
#define MW_SPEAKER_H

#include "mw.h"

#define MW_SPEAKER_LOUDEST_MAX 16
#define MW_SPEAKER_NONE        UINT32_MAX

typedef struct mw_speaker_s mw_speaker_t;

/* what mw_speaker_tick() found changed */
#define MW_SPEAKER_LOUDEST  1u
#define MW_SPEAKER_DOMINANT 2u

/*
 * Participants are numbers below `participants` (the index of its place in the
 * room, reused after mw_speaker_remove()).  `loudest` 1..16.  NULL: no memory.
 */
mw_speaker_t *mw_speaker_create(uint32_t participants, uint32_t loudest);
void mw_speaker_destroy(mw_speaker_t *s);

/*
 * One packet's level, 0 loudest to 127 silence.  True: forward this packet
 * (its sender is among the loudest and not silent for some packets).
 */
bool mw_speaker_level(
    mw_speaker_t *s, uint32_t participant, uint8_t level, mw_usec_t now);

/* left, or its microphone ended */
void mw_speaker_remove(mw_speaker_t *s, uint32_t participant);

/* every 200 to 300 ms: drops who fell silent, decides who is dominant */
unsigned mw_speaker_tick(mw_speaker_t *s, mw_usec_t now);

/* numbers of the loudest, unordered; returns how many are in `out` */
uint32_t mw_speaker_loudest(
    const mw_speaker_t *s, uint32_t out[MW_SPEAKER_LOUDEST_MAX]);

/* stays with the last one who spoke; MW_SPEAKER_NONE before anybody did */
uint32_t mw_speaker_dominant(const mw_speaker_t *s);

/* smoothed level for meters, 0 loudest to 127 silence */
uint8_t mw_speaker_smoothed(const mw_speaker_t *s, uint32_t participant);


#endif /* MW_SPEAKER_H */
