/*
 * The few RTCP packets that the native participant reads and writes, apart
 * from the media worker's own code so that one checks the other.
 */

#ifndef MC_RTCP_H
#define MC_RTCP_H

#include "mw.h"


#define MC_RTCP_SR    200
#define MC_RTCP_RR    201
#define MC_RTCP_RTPFB 205
#define MC_RTCP_PSFB  206


/* one packet of a compound; walks `at` forward; false at the end */
typedef struct {
    unsigned type;
    unsigned count; /* or FMT */
    const uint8_t *data;
    size_t len;
} mc_rtcp_t;

bool mc_rtcp_next(
    const uint8_t *data, size_t len, size_t *at, mc_rtcp_t *packet);

/* what receivers ask of whoever sends `media` (on_remb: NULL if of no use);
 * walks a whole compound */
typedef struct {
    void (*on_key)(void *ctx, uint32_t media, mw_usec_t now);
    void (*on_nack)(void *ctx, uint32_t media, uint16_t seq, mw_usec_t now);
    void (*on_remb)(void *ctx, uint32_t media, double rate);
} mc_rtcp_asked_t;

void mc_rtcp_feedback(const uint8_t *data, size_t len,
    const mc_rtcp_asked_t *asked, void *ctx, mw_usec_t now);

/* each returns the length written */
size_t mc_rtcp_sr(uint8_t *out, uint32_t ssrc, mw_usec_t now,
    uint32_t timestamp, uint32_t packets, uint32_t octets);
size_t mc_rtcp_rr(uint8_t *out, uint32_t ssrc, uint32_t media, uint8_t lost,
    uint32_t total_lost, uint32_t highest, uint32_t jitter);
size_t mc_rtcp_pli(uint8_t *out, uint32_t ssrc, uint32_t media);
size_t mc_rtcp_nack(
    uint8_t *out, uint32_t ssrc, uint32_t media, uint16_t seq, uint16_t mask);
size_t mc_rtcp_remb(uint8_t *out, uint32_t ssrc, uint32_t media, unsigned kbps);

/* CLOCK_MONOTONIC microseconds as the 32.32 format of NTP */
uint64_t mc_ntp(mw_usec_t now);
mw_usec_t mc_from_ntp(uint64_t ntp);


#endif /* MC_RTCP_H */
