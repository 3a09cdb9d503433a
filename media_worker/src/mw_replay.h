/*
 * Which packet indices of which incoming SSRCs were seen (RFC 3711 section
 * 3.3.2), of one peer and one of SRTP and SRTCP.  Pure but for the table, which
 * grows by doubling up to MW_REPLAY_STREAMS.
 */

#ifndef MW_REPLAY_H
#define MW_REPLAY_H

#include "mw.h"

#define MW_REPLAY_WINDOW  1024 /* NACKs and probes move it fast */
#define MW_REPLAY_STREAMS 64   /* SSRCs of one peer */
#define MW_REPLAY_IDLE    (30 * MW_SEC)


typedef struct {
    uint32_t ssrc;
    uint64_t high; /* largest index seen */
    mw_usec_t heard;
    uint64_t seen[MW_REPLAY_WINDOW / 64]; /* by index modulo window */
} mw_replay_stream_t;

/* zeroed at the start */
typedef struct {
    unsigned n;
    mw_replay_stream_t *streams; /* valid until the next add */
} mw_replay_t;


void mw_replay_free(mw_replay_t *replay);

/* NULL: not known */
mw_replay_stream_t *mw_replay_find(mw_replay_t *replay, uint32_t ssrc);

/*
 * An SSRC whose first packet, of this index, was authentic.  When there are
 * MW_REPLAY_STREAMS, the one silent for longest gives way, if that was at least
 * MW_REPLAY_IDLE.  NULL: none does, or no memory.
 */
mw_replay_stream_t *mw_replay_add(
    mw_replay_t *replay, uint32_t ssrc, uint64_t index, mw_usec_t now);

/* false: an add() at that time would fail for want of room */
bool mw_replay_room(const mw_replay_t *replay, mw_usec_t now);

/* the stream that an add() at that time would replace, or NULL */
const mw_replay_stream_t *mw_replay_leaving(
    const mw_replay_t *replay, mw_usec_t now);

/* an index that was seen, or is too old to tell */
bool mw_replay_seen(const mw_replay_stream_t *stream, uint64_t index);
void mw_replay_mark(mw_replay_stream_t *stream, uint64_t index, mw_usec_t now);

/*
 * The index that a sequence number most likely stands for (section 3.3.1).
 * False: it lies before the first of all.
 */
bool mw_replay_guess(
    const mw_replay_stream_t *stream, uint16_t seq, uint64_t *index);


#endif /* MW_REPLAY_H */
