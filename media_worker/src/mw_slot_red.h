/* Private to mw_slot: redundancy (RFC 2198) in what is sent of sound. */

#ifndef MW_SLOT_RED_H
#define MW_SLOT_RED_H

#include "mw_slot_rewrite.h"

#define MW_SLOT_RED 1200 /* longer payloads are not made */


/*
 * The payload of a packet with those before it, as far as they are kept; 0:
 * none are, or the receiver needs or takes none: it is sent as it is.
 */
size_t mw_slot_red(const mw_slot_t *slot, const mw_stored_t *pkt, uint8_t pt,
    uint8_t out[MW_SLOT_RED]);


/* it needs them and takes none: each packet is sent twice */
bool mw_slot_repeats(const mw_slot_t *slot);


#endif /* MW_SLOT_RED_H */
