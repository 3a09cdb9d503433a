/* RTP: parsing, extensions, routing; what is found must lie in the packet. */

#include "mw_demux.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
setup(mw_demux_t *d)
{
    unsigned i;
    static char track[2];
    mw_ext_ids_t ids;
    mw_demux_section_t s;

    mw_demux_init(d);

    for (i = 0; i < MW_EXTS; i++) {
        ids.id[i] = (uint8_t) (i + 1);
    }

    mw_demux_set_ids(d, &ids);

    memset(&s, 0, sizeof(s));
    s.track = &track[0];
    strcpy(s.mid, "0");
    s.codec[111] = MW_CODEC_OPUS;
    (void) mw_demux_set(d, &s);

    memset(&s, 0, sizeof(s));
    s.track = &track[1];
    strcpy(s.mid, "1");
    s.codec[96] = MW_CODEC_VP8;
    s.apt[97] = 96;
    s.rids = 2;
    strcpy(s.rid[0], "h");
    strcpy(s.rid[1], "l");
    (void) mw_demux_set(d, &s);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned i, round;
    mw_rtp_t rtp;
    mw_demux_t d;
    mw_demux_hit_t hit;

    setup(&d);

    /* twice: by what it says, then by the SSRC learned */
    for (round = 0; round < 2; round++) {
        if (mw_demux_input(&d, data, size, &rtp, &hit) != MW_OK) {
            continue;
        }

        if (rtp.payload < data || rtp.payload + rtp.payload_len > data + size
            || hit.track == NULL || hit.layer >= MW_LAYERS
            || hit.codec == MW_CODEC_NONE)
        {
            __builtin_trap();
        }

        for (i = 0; i < MW_RTP_EXTS; i++) {
            if (rtp.ext[i] != NULL
                && (rtp.ext[i] < data
                    || rtp.ext[i] + rtp.ext_len[i] > data + size))
            {
                __builtin_trap();
            }
        }
    }

    return 0;
}
