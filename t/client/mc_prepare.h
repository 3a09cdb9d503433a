/*
 * Media made once, before anything is measured: a moving picture in VP8, a
 * tone and the noise of a quiet room in Opus, replayed in a loop.  A browser
 * can decode all of it.
 */

#ifndef MC_PREPARE_H
#define MC_PREPARE_H

#include "mw.h"


#define MC_FPS          15
#define MC_VIDEO_PERIOD (MC_FPS * 4) /* until the picture repeats */
#define MC_VIDEO_FRAMES (MC_FPS * 60)
#define MC_AUDIO_FRAMES 50 /* of 20 ms */

typedef struct {
    uint8_t *data;
    size_t len;
    bool key;
    uint8_t layer; /* temporal */
    bool sync;     /* needs none of the same layer */
} mc_frame_t;

/* read-only after it is made, shared by all publishers of a process */
typedef struct {
    mc_frame_t video[MC_VIDEO_FRAMES];
    unsigned frames; /* of video: the first alone is a keyframe */
    bool temporal;
    mc_frame_t audio[MC_AUDIO_FRAMES];
    mc_frame_t quiet[MC_AUDIO_FRAMES];
} mc_media_t;


typedef struct {
    unsigned width;
    unsigned height;
    unsigned kbps;
    unsigned frames; /* up to MC_VIDEO_FRAMES */
    bool grain;      /* of a camera: it needs the rate that it may have */
    bool temporal;   /* three temporal layers, as browsers send simulcast */
} mc_video_t;


/* 0 or -1 */
int mc_prepare(mc_media_t *media, const mc_video_t *video);
void mc_prepare_free(mc_media_t *media);


#endif /* MC_PREPARE_H */
