/* Text of SDP into a buffer of fixed size; for the writers of answers. */

#ifndef MW_SDP_OUT_H
#define MW_SDP_OUT_H

#include "mw.h"


typedef struct {
    char *pos;
    size_t room; /* with the terminating zero */
    bool full;
} mw_sdp_out_t;


/* what does not fit is left out whole and marks the text `full` */
void mw_sdp_print(mw_sdp_out_t *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* a=candidate lines of a lite agent, and that these are all */
void mw_sdp_print_candidates(
    mw_sdp_out_t *out, const mw_addr_t *candidates, unsigned n);


#endif /* MW_SDP_OUT_H */
