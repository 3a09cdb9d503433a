/*
 * Media made once, before anything is measured: a moving picture in VP8 and a
 * tone in Opus, replayed in a loop.  A browser can decode both.
 */

#ifndef MC_PREPARE_H
#define MC_PREPARE_H

#include "mw.h"


#define MC_FPS          15
#define MC_VIDEO_FRAMES (MC_FPS * 4)
#define MC_AUDIO_FRAMES 50 /* of 20 ms */

typedef struct {
    uint8_t *data;
    size_t len;
    bool key;
} mc_frame_t;

/* read-only after it is made, shared by all publishers of a process */
typedef struct {
    mc_frame_t video[MC_VIDEO_FRAMES];
    mc_frame_t audio[MC_AUDIO_FRAMES];
} mc_media_t;


/* `kbps` of the video; 0 or -1 */
int mc_prepare(
    mc_media_t *media, unsigned width, unsigned height, unsigned kbps);
void mc_prepare_free(mc_media_t *media);


#endif /* MC_PREPARE_H */
