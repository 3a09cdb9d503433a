#include "mw_replay.h"

#include <stdlib.h>


void
mw_replay_free(mw_replay_t *replay)
{
    free(replay->streams);
    memset(replay, 0, sizeof(*replay));
}


mw_replay_stream_t *
mw_replay_find(mw_replay_t *replay, uint32_t ssrc)
{
    unsigned i;

    for (i = 0; i < replay->n; i++) {
        if (replay->streams[i].ssrc == ssrc) {
            return &replay->streams[i];
        }
    }

    return NULL;
}


/* the one that may give way to a new SSRC, or NULL */
static mw_replay_stream_t *
mw_replay_idle(const mw_replay_t *replay, mw_usec_t now)
{
    unsigned i;
    mw_replay_stream_t *oldest;

    oldest = &replay->streams[0];

    for (i = 1; i < replay->n; i++) {
        if (replay->streams[i].heard < oldest->heard) {
            oldest = &replay->streams[i];
        }
    }

    return now - oldest->heard < MW_REPLAY_IDLE ? NULL : oldest;
}


const mw_replay_stream_t *
mw_replay_leaving(const mw_replay_t *replay, mw_usec_t now)
{
    return replay->n < MW_REPLAY_STREAMS ? NULL : mw_replay_idle(replay, now);
}


bool
mw_replay_room(const mw_replay_t *replay, mw_usec_t now)
{
    return replay->n < MW_REPLAY_STREAMS || mw_replay_idle(replay, now) != NULL;
}


mw_replay_stream_t *
mw_replay_add(mw_replay_t *replay, uint32_t ssrc, uint64_t index, mw_usec_t now)
{
    unsigned n;
    mw_replay_stream_t *stream, *streams;

    n = replay->n;

    if (n == MW_REPLAY_STREAMS) {
        stream = mw_replay_idle(replay, now);

        if (stream == NULL) {
            return NULL;
        }

    } else {
        if ((n & (n - 1)) == 0) {
            streams = realloc(
                replay->streams, (n == 0 ? 1 : 2 * n) * sizeof(*stream));

            if (streams == NULL) {
                return NULL;
            }

            replay->streams = streams;
        }

        stream = &replay->streams[replay->n++];
    }

    memset(stream, 0, sizeof(*stream));
    stream->ssrc = ssrc;
    stream->high = index;
    mw_replay_mark(stream, index, now);

    return stream;
}


static inline uint64_t
mw_replay_bit(uint64_t index)
{
    return 1ull << (index % 64);
}


static inline unsigned
mw_replay_word(uint64_t index)
{
    return (unsigned) (index % MW_REPLAY_WINDOW / 64);
}


bool
mw_replay_seen(const mw_replay_stream_t *stream, uint64_t index)
{
    if (index > stream->high) {
        return false;
    }

    return stream->high - index >= MW_REPLAY_WINDOW
           || (stream->seen[mw_replay_word(index)] & mw_replay_bit(index)) != 0;
}


void
mw_replay_mark(mw_replay_stream_t *stream, uint64_t index, mw_usec_t now)
{
    uint64_t i;

    stream->heard = now;

    if (index > stream->high) {
        if (index - stream->high >= MW_REPLAY_WINDOW) {
            memset(stream->seen, 0, sizeof(stream->seen));

        } else {
            for (i = stream->high + 1; i < index; i++) {
                stream->seen[mw_replay_word(i)] &= ~mw_replay_bit(i);
            }
        }

        stream->high = index;
    }

    stream->seen[mw_replay_word(index)] |= mw_replay_bit(index);
}


bool
mw_replay_guess(const mw_replay_stream_t *stream, uint16_t seq, uint64_t *index)
{
    uint16_t last;
    uint64_t rollovers;

    last = (uint16_t) stream->high;
    rollovers = stream->high >> 16;

    if (last < 0x8000 && seq - last > 0x8000) {
        if (rollovers == 0) {
            return false;
        }

        rollovers--;

    } else if (last >= 0x8000 && last - 0x8000 > seq) {
        rollovers++;
    }

    *index = rollovers << 16 | seq;

    return true;
}
