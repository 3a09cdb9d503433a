/*
 * Reads a browser's SDP offer (RFC 8866, 8829, 8839, 8843, 9143) into plain
 * arrays.  Pure: bytes in, a struct or a stable error code out.
 *
 * Slices (mw_sdp_str_t) point into the text, which the caller keeps as long
 * as it uses the offer.  Everything is bounded; what does not fit or is not
 * ours (codecs, extensions, attributes) is left out, what a transport cannot
 * do without is an error.
 */

#ifndef MW_SDP_OFFER_H
#define MW_SDP_OFFER_H

#include "mw.h"
#include "mw_dtls.h"
#include "mw_ice.h"
#include "mw_sdp_codec.h"

#define MW_SDP_MAX      (256 * 1024)
#define MW_SDP_SECTIONS 64
#define MW_SDP_CODECS   16
#define MW_SDP_RIDS     4
#define MW_SDP_SSRCS    8  /* a=ssrc sources of a section */
#define MW_SDP_MID_MAX  16 /* a RTP one-byte extension carries no more */
#define MW_SDP_RID_MAX  16


typedef struct {
    const char *data; /* not terminated; NULL: absent */
    size_t len;
} mw_sdp_str_t;


typedef enum {
    MW_SDP_OK = 0,
    MW_SDP_E_SIZE,        /* above MW_SDP_MAX, or empty */
    MW_SDP_E_LINE,        /* not `x=...`, control character, bad order */
    MW_SDP_E_SECTIONS,    /* none, or above MW_SDP_SECTIONS */
    MW_SDP_E_PROTO,       /* not UDP/TLS/RTP/SAVPF */
    MW_SDP_E_MID,         /* absent, twice, too long or odd characters */
    MW_SDP_E_BUNDLE,      /* not one group with every live section */
    MW_SDP_E_RTCP_MUX,    /* not offered */
    MW_SDP_E_ICE,         /* ufrag or pwd absent or malformed */
    MW_SDP_E_FINGERPRINT, /* none that is sha-256 or better, or malformed */
    MW_SDP_E_SETUP,       /* neither actpass nor active */
    MW_SDP_E_CODEC,       /* rtpmap, fmtp, rtcp-fb malformed; type used twice */
    MW_SDP_E_EXTMAP,      /* malformed, id 0 or 15, or twice in a section */
    MW_SDP_E_RID,         /* rid or simulcast malformed */
    MW_SDP_E_SSRC,        /* ssrc or ssrc-group malformed */
    MW_SDP_ERRORS
} mw_sdp_error_t;

/* stable code such as "offer_ice"; one sentence for people, no SDP in it */
const char *mw_sdp_error_code(mw_sdp_error_t error);
const char *mw_sdp_error_text(mw_sdp_error_t error);


typedef enum {
    MW_SDP_OTHER = 0, /* application and the like: always refused */
    MW_SDP_AUDIO,
    MW_SDP_VIDEO
} mw_sdp_kind_t;

/* as the offerer sees it */
typedef enum {
    MW_SDP_INACTIVE = 0,
    MW_SDP_SENDONLY = 1,
    MW_SDP_RECVONLY = 2,
    MW_SDP_SENDRECV = 3
} mw_sdp_dir_t;


#define MW_SDP_FB_NACK         0x01
#define MW_SDP_FB_PLI          0x02 /* nack pli */
#define MW_SDP_FB_FIR          0x04 /* ccm fir */
#define MW_SDP_FB_REMB         0x08 /* goog-remb */
#define MW_SDP_FB_TRANSPORT_CC 0x10

/* one payload type of a codec we forward; in the order of the m= line */
typedef struct {
    mw_codec_t codec;
    uint8_t pt;
    int16_t rtx;      /* payload type of its retransmissions, -1: none */
    int16_t red;      /* of itself with redundancy (RFC 2198), -1: none */
    uint8_t feedback; /* MW_SDP_FB_... */
    uint8_t mode;     /* H.264 packetization-mode */
    uint32_t profile; /* H.264 profile-level-id (24 bit), VP9 profile-id,
                         AV1 profile */
    uint32_t clock;
    uint8_t channels;
    mw_sdp_str_t fmtp;
} mw_sdp_codec_t;


typedef struct {
    uint32_t ssrc;
    uint32_t rtx; /* of ssrc-group FID, 0: none; only a hint in Firefox */
} mw_sdp_ssrc_t;

typedef struct {
    char id[MW_SDP_RID_MAX + 1];
    bool paused; /* `~` in a=simulcast */
} mw_sdp_rid_t;


typedef struct {
    mw_sdp_kind_t kind;
    mw_sdp_str_t media; /* "audio", "video", "application" */
    mw_sdp_str_t proto;
    mw_sdp_str_t format; /* the first one: an m= line must carry one */
    bool refused; /* port 0 without bundle-only: stopped by the offerer */
    char mid[MW_SDP_MID_MAX + 1];
    mw_sdp_dir_t direction;
    bool rtcp_rsize;

    mw_sdp_codec_t codecs[MW_SDP_CODECS];
    unsigned ncodecs;

    uint8_t exts[MW_EXTS]; /* id 1..14, 16..255; 0: not offered.  Those with a
                              direction against us are left out */

    mw_sdp_rid_t rids[MW_SDP_RIDS]; /* in the order of a=simulcast:send */
    unsigned nrids;

    mw_sdp_ssrc_t ssrcs[MW_SDP_SSRCS]; /* RTX ones only as `rtx` */
    unsigned nssrcs;

    mw_sdp_str_t stream; /* of the first a=msid */
    mw_sdp_str_t track;
} mw_sdp_section_t;


typedef struct {
    mw_sdp_section_t sections[MW_SDP_SECTIONS];
    unsigned nsections;
    bool extmap_allow_mixed;

    /* of the bundle: the first live section's, or the session's */
    mw_ice_creds_t ice;
    mw_fingerprint_t fingerprint;
} mw_sdp_offer_t;


/* clears *offer first; on an error its contents mean nothing */
mw_sdp_error_t mw_sdp_offer_parse(
    mw_sdp_offer_t *offer, const char *text, size_t len);

/* NULL: no such section; `mid` is terminated */
const mw_sdp_section_t *mw_sdp_offer_find(
    const mw_sdp_offer_t *offer, const char *mid);


#endif /* MW_SDP_OFFER_H */
