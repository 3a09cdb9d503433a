/*
 * Payloads made once and stamped as they leave: shaped like Opus and VP8 as
 * far as a forwarding server looks (nobody decodes them), and at their end who
 * sent them, how manieth they are and when.
 */

#ifndef ML_MEDIA_H
#define ML_MEDIA_H

#include "mw.h"


#define ML_PAYLOAD_MAX 1300
#define ML_PAYLOAD_MIN 64
#define ML_OPUS        80 /* bytes of 20 ms at 32 kbit/s */

typedef struct {
    uint32_t source;
    uint32_t number; /* of the packet on its track */
    int64_t sent_ns; /* CLOCK_REALTIME, as the kernel stamps arrivals */
} ml_stamp_t;

/* what a packet says of its picture */
typedef struct {
    uint16_t picture;
    uint8_t tl0;
    bool key;
    bool first;
    unsigned width;
    unsigned height;
} ml_vp8_t;


void ml_media_init(void);
int64_t ml_media_clock(void);

/* both write `len` bytes, at least ML_PAYLOAD_MIN */
void ml_media_opus(uint8_t *out, size_t len, const ml_stamp_t *stamp);
void ml_media_vp8(
    uint8_t *out, size_t len, const ml_vp8_t *vp8, const ml_stamp_t *stamp);

/* false: not one of ours */
bool ml_media_stamp(const uint8_t *data, size_t len, ml_stamp_t *stamp);


#endif /* ML_MEDIA_H */
