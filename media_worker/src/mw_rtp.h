/*
 * RTP packets: reading with every length checked, header extensions, and
 * writing headers from a template.  Pure functions; nothing is owned here.
 */

#ifndef MW_RTP_H
#define MW_RTP_H

#include "mw.h"
#include "mw_sdp_codec.h"

#define MW_RTP_MIN 12 /* RFC 3550 section 5.1 */
#define MW_MID_MAX 16 /* longest MID or RID, MW_SDP_MID_MAX */

#define MW_RTP_DEPENDENCY_MAX 160 /* longest that is written */


/* ticks a second of the RTP timestamp; 0 for MW_CODEC_NONE */
uint32_t mw_codec_clock(mw_codec_t codec);


/* the header extensions read and written here: the first of mw_ext_t */
#define MW_RTP_EXTS (MW_EXT_DEPENDENCY + 1)

/* ids of one connection (section.exts of its offer); 0: not negotiated */
typedef struct {
    uint8_t id[MW_EXTS];
} mw_ext_ids_t;


/* points into the packet it was parsed from */
typedef struct {
    const uint8_t *payload; /* without padding */
    size_t payload_len;     /* 0: padding only, or empty */
    const uint8_t *ext_block;
    size_t ext_block_len;
    const uint8_t *ext[MW_RTP_EXTS]; /* NULL: not there */
    uint8_t ext_len[MW_RTP_EXTS];
    uint32_t ts;
    uint32_t ssrc;
    uint16_t seq;
    uint16_t ext_profile; /* 0: no extension block */
    uint8_t pt;
    bool marker;
} mw_rtp_t;


/* MW_OK, or MW_DROP: not RTP, or a length that lies; ext[] is empty then */
mw_rc_t mw_rtp_parse(mw_rtp_t *rtp, const uint8_t *data, size_t len);

/*
 * Fills rtp->ext[] from the block found by mw_rtp_parse().  A malformed block
 * ends the reading; what came before it stays.
 */
void mw_rtp_read_exts(mw_rtp_t *rtp, const mw_ext_ids_t *ids);


/*
 * Everything about outgoing headers that stays the same for one SSRC.
 * Written: fixed header, one CSRC, and, if there is any, a one-byte extension
 * block: room for the transport-wide number, or else the time of sending, and
 * MID in every packet, the others when the packet has them.  Ids above 14 are
 * not written; a long dependency descriptor takes the two-byte form.
 */
typedef struct {
    mw_ext_ids_t ids;
    uint32_t ssrc;
    uint8_t mid_elem_len; /* id byte and text, 0: none */
    uint8_t mid_elem[1 + MW_MID_MAX];
} mw_rtp_template_t;

typedef struct {
    uint32_t ts;
    uint32_t csrc; /* the source's id */
    uint16_t seq;
    uint8_t pt;
    bool marker;
    int16_t audio_level; /* the byte of RFC 6464, -1: none */
    int16_t orientation; /* the byte, -1: none */
    const uint8_t *capture_time;
    uint8_t capture_time_len; /* 0, 8 or 16 */
    uint8_t dependency_len;   /* 0: none */
    uint8_t dependency[MW_RTP_DEPENDENCY_MAX];
} mw_rtp_fields_t;

/*
 * 12 + 4 + 4 + (2 + 3) + (2 + 16) + 3 + 3 + (2 + 16) + (2 + 160), rounded up to words
 */
#define MW_RTP_HEADER_MAX 232

/* `mid` may be NULL */
void mw_rtp_template_init(mw_rtp_template_t *t, uint32_t ssrc,
    const mw_ext_ids_t *ids, const char *mid);

/* returns the length of the header, at most MW_RTP_HEADER_MAX */
size_t mw_rtp_write(
    const mw_rtp_template_t *t, const mw_rtp_fields_t *f, uint8_t *out);


/*
 * Puts the connection's number of a packet into the place that mw_rtp_write()
 * left for it, if `id` of MW_EXT_TRANSPORT_CC was negotiated; false: none.
 */
bool mw_rtp_number(uint8_t *header, size_t len, uint8_t id, uint16_t number);

/* the same with MW_EXT_ABS_SEND_TIME, for connections without those numbers */
bool mw_rtp_stamp(uint8_t *header, size_t len, uint8_t id, mw_usec_t now);

/* and read: seconds as 6.18 bits, in microseconds; they wrap every 64 s */
mw_usec_t mw_rtp_sent(const uint8_t stamp[3]);
#define MW_RTP_SENT_WRAP (64 * MW_SEC)


/*
 * One packet as a slot writes it.  The payload comes in two parts: `head` (a
 * codec's descriptor, the number of a retransmission) is the slot's own and
 * copied, `body` is shared by all receivers and read when the packet leaves,
 * so it must lie in a mw_pool_t, which keeps it until then.
 */
typedef struct {
    uint8_t *header; /* authenticated; the transport-wide number is put in */
    const uint8_t *head;
    const uint8_t *body;
    uint16_t header_len;
    uint16_t head_len;
    uint16_t body_len;
    uint16_t stream; /* as mw_peer_add_stream() numbered the SSRC */
    uint64_t index;  /* 48 bits: roll-over counter and sequence number */
    bool sound;
    bool twice; /* sound that is sent again with the next such packet */
} mw_rtp_out_t;


static inline size_t
mw_rtp_out_len(const mw_rtp_out_t *out)
{
    return (size_t) out->header_len + out->head_len + out->body_len;
}


/* writes the payload in one piece to `to`, which has room for it */
static inline size_t
mw_rtp_out_payload(const mw_rtp_out_t *out, uint8_t *to)
{
    memcpy(to, out->head, out->head_len);

    if (out->body_len > 0) {
        memcpy(to + out->head_len, out->body, out->body_len);
    }

    return (size_t) out->head_len + out->body_len;
}


#define MW_SINK_NEAR 3

/*
 * Where slots and sources put what they write.  The functions must not call
 * back into the slot or source.  An index is never given twice for one SSRC.
 * Any result but MW_OK is counted and otherwise ignored.
 */
typedef struct {
    mw_rc_t (*write_rtp)(void *owner, const mw_rtp_out_t *out, mw_usec_t now);
    mw_rc_t (*write_rtcp)(
        void *owner, const uint8_t *data, size_t len, mw_usec_t now);
    void *owner;

    /* what write_rtp() touches first: fetched ahead of the call */
    const void *near[MW_SINK_NEAR];
} mw_sink_t;


#endif /* MW_RTP_H */
