/*
 * The SDP of the native participant: writes offers as a browser would, reads
 * what it needs out of the server's answers.
 */

#ifndef MC_SDP_H
#define MC_SDP_H

#include "mw.h"


#define MC_SECTIONS   64
#define MC_CANDIDATES 16

/* payload types and header extension ids that our offers use throughout */
#define MC_PT_OPUS 111
#define MC_PT_VP8  96
#define MC_PT_RTX  97

#define MC_EXT_MID     4
#define MC_EXT_LEVEL   1
#define MC_EXT_CAPTURE 5
#define MC_EXT_RID     6
#define MC_EXT_REPAIR  7
#define MC_EXT_SENT    3
#define MC_EXT_TWCC    2

#define MC_LAYERS 3 /* of a simulcast publisher, "0" the smallest */


typedef struct {
    char mid[17];
    bool video;
    bool inactive;
    bool simulcast; /* MC_LAYERS of them, without SSRCs */
    uint32_t ssrc;  /* publish: ours; answer to subscribe: the server's */
    uint32_t rtx_ssrc;
} mc_section_t;


typedef struct {
    bool send;   /* publish */
    bool remb;   /* asks for estimates of the rate */
    bool twcc;   /* asks for reports of packets */
    bool active; /* leaves the other no choice but to be DTLS server */
    char ufrag[32];
    char pwd[64];
    char fingerprint[128]; /* sha-256, colons */
    unsigned revision;
    unsigned count;
    mc_section_t sections[MC_SECTIONS];
} mc_offer_t;


typedef struct {
    char ufrag[64];
    char pwd[128];
    char fingerprint[128];
    unsigned candidates;
    mw_addr_t candidate[MC_CANDIDATES];
    unsigned count;
    mc_section_t sections[MC_SECTIONS];
    bool accepted[MC_SECTIONS]; /* port not 0, and not inactive */
} mc_answer_t;


/* one section more, NULL: too many */
mc_section_t *mc_offer_add(mc_offer_t *offer, const char *mid, bool video);

/* allocated; the caller frees it */
char *mc_offer_write(const mc_offer_t *offer);

/* 0, or -1 when something that we need is missing */
int mc_answer_read(mc_answer_t *answer, const char *sdp);


#endif /* MC_SDP_H */
