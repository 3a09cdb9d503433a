/*
 * A participant's publish connection: its peer and up to one source of each
 * kind.
 */

#ifndef MW_PUBLISH_H
#define MW_PUBLISH_H

#include "mw_connection.h"
#include "mw_demux.h"
#include "mw_remb.h"
#include "mw_source.h"
#include "mw_twcc.h"


typedef struct {
    mw_publish_t *publish;
    mw_kind_t kind;
    mw_source_t *source; /* NULL: not published */
    mw_timer_t timer;    /* of the source */
} mw_track_t;

struct mw_publish_s {
    mw_connection_t connection;
    mw_demux_t demux;
    mw_source_clock_t clock;
    uint32_t ssrc; /* of our reports */
    mw_twcc_t twcc;
    mw_timer_t feedback;   /* of twcc */
    mw_usec_t feedback_at; /* what it is set to, MW_NEVER: nothing */
    uint32_t heard;        /* SSRC of the last packet */
    mw_remb_t *remb;       /* NULL: it asks for reports of each packet */
    mw_track_t tracks[MW_KINDS];
};


/* NULL: no memory */
mw_publish_t *mw_publish_create(
    mw_participant_t *p, const mw_sdp_offer_t *offer, mw_usec_t now);

/* destroys the sources; slots that showed them are left empty */
void mw_publish_destroy(mw_publish_t *publish, mw_usec_t now);

/*
 * Takes the offered sections into `answer`: sources come and go.  `tracks`
 * have been matched with the offer.  MW_ERROR: no memory, some sections are
 * refused.
 */
mw_rc_t mw_publish_apply(mw_publish_t *publish, mw_sdp_answer_t *answer,
    const meet_track_t *tracks, unsigned ntracks, mw_usec_t now);

/* bit per MEET_KIND_...: sources that exist; `publish` may be NULL */
uint8_t mw_publish_kinds(const mw_publish_t *publish);

/* NULL: not published; `publish` may be NULL */
mw_source_t *mw_publish_source(const mw_publish_t *publish, unsigned kind);

/* bit per MEET_KIND_...: received, but forwarded to nobody */
void mw_publish_silence(mw_publish_t *publish, uint8_t kinds, mw_usec_t now);

/* mw_publish_feedback.c */

void mw_publish_feedback_open(mw_publish_t *publish);
void mw_publish_feedback_close(mw_publish_t *publish);

/* after an offer: how it wants to be told; MW_ERROR: no memory */
mw_rc_t mw_publish_feedback_choose(
    mw_publish_t *publish, bool remb, mw_usec_t now);

/* each packet; `video`: its timestamp is that of a picture just sent */
void mw_publish_feedback_note(mw_publish_t *publish, const mw_rtp_t *rtp,
    bool video, size_t len, mw_usec_t now);

/* mw_publish_layers.c */

/* true: others of its layers are needed than before */
bool mw_publish_want(mw_publish_t *publish, mw_usec_t now);

/* LAYERS to its participant; MW_AGAIN: no room, still marked */
mw_rc_t mw_publish_send_layers(mw_participant_t *p);

void mw_publish_count(const mw_publish_t *publish, meet_stats_t *stats);


#endif /* MW_PUBLISH_H */
