/*
 * Private to mw_slot: answering a receiver's NACK from the source's packets
 * over the RTX stream (RFC 4588), and what its reports say.
 */

#ifndef MW_SLOT_RTX_H
#define MW_SLOT_RTX_H

#include "mw_slot_rewrite.h"

#define MW_SLOT_RTX_BURST 20000 /* bytes of credit to begin with */


/* every packet sent is credit for sending some again */
void mw_slot_rtx_earn(mw_slot_t *slot, size_t len);

void mw_slot_rtx_nack(
    mw_slot_t *slot, const mw_rtcp_item_t *item, mw_usec_t now);
void mw_slot_rtx_report(
    mw_slot_t *slot, const mw_rtcp_item_t *item, mw_usec_t now);


#endif /* MW_SLOT_RTX_H */
