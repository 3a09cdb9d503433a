/*
 * Redundant audio data (RFC 2198): a packet that also carries the ones before
 * it.  Pure functions of bytes.
 */

#ifndef MW_RED_H
#define MW_RED_H

#include "mw.h"

#define MW_RED_BLOCKS 8      /* of one packet, the primary one included */
#define MW_RED_OFFSET 0x3fff /* the longest way back, timestamp units */
#define MW_RED_LENGTH 0x3ff  /* of a redundant block */

typedef struct {
    uint8_t pt;
    uint16_t offset; /* of its timestamp, back from the packet's; 0: primary */
    uint16_t len;
    const uint8_t *data;
} mw_red_block_t;


/*
 * The blocks of a payload, oldest first, the primary one last; returns how
 * many.  0: malformed, or more than MW_RED_BLOCKS.
 */
unsigned mw_red_read(
    mw_red_block_t blocks[MW_RED_BLOCKS], const uint8_t *payload, size_t len);

/* the other way round; 0: they do not fit into `room`, or cannot be written */
size_t mw_red_write(
    const mw_red_block_t *blocks, unsigned n, uint8_t *out, size_t room);


#endif /* MW_RED_H */
