/* RTP packets: reading with every length checked, and writing headers. */

#include "mw_rtp.h"

#define MW_RTP_ONE_BYTE     0xbede /* RFC 8285 section 4.2 */
#define MW_RTP_ONE_BYTE_MAX 14     /* highest id of that form */
#define MW_RTP_ONE_BYTE_LEN 16     /* longest element */
#define MW_RTP_NUMBER       20 /* fixed header, CSRC, head of the extensions */
#define MW_RTP_TWO_BYTE     0x1000 /* low four bits: appbits, section 4.3 */


static uint8_t *mw_rtp_place(
    uint8_t *header, size_t len, uint8_t id, size_t size);
static uint8_t *mw_rtp_element(
    uint8_t *p, bool one, uint8_t id, const uint8_t *data, size_t len);
static void mw_rtp_keep_ext(mw_rtp_t *rtp, const mw_ext_ids_t *ids, uint8_t id,
    const uint8_t *data, uint8_t len);


uint32_t
mw_codec_clock(mw_codec_t codec)
{
    switch (codec) {
    case MW_CODEC_OPUS:
        return 48000;

    case MW_CODEC_VP8:
    case MW_CODEC_VP9:
    case MW_CODEC_H264:
    case MW_CODEC_AV1:
        return 90000;

    default:
        return 0;
    }
}


mw_rc_t
mw_rtp_parse(mw_rtp_t *rtp, const uint8_t *data, size_t len)
{
    size_t head, padding;

    memset(rtp, 0, sizeof(*rtp));

    if (len < MW_RTP_MIN || (data[0] & 0xc0) != 0x80) {
        return MW_DROP;
    }

    rtp->marker = (data[1] & 0x80) != 0;
    rtp->pt = data[1] & 0x7f;
    rtp->seq = mw_get16(data + 2);
    rtp->ts = mw_get32(data + 4);
    rtp->ssrc = mw_get32(data + 8);

    head = MW_RTP_MIN + 4 * (size_t) (data[0] & 0x0f);

    if (data[0] & 0x10) {
        if (len < head + 4) {
            return MW_DROP;
        }

        rtp->ext_profile = mw_get16(data + head);
        rtp->ext_block_len = 4 * (size_t) mw_get16(data + head + 2);
        rtp->ext_block = data + head + 4;
        head += 4 + rtp->ext_block_len;
    }

    if (len < head) {
        return MW_DROP;
    }

    padding = 0;

    if (data[0] & 0x20) {
        /* the last byte counts itself, so zero is a lie, as is too much */
        if (len == head) {
            return MW_DROP;
        }

        padding = data[len - 1];

        if (padding == 0 || padding > len - head) {
            return MW_DROP;
        }
    }

    rtp->payload = data + head;
    rtp->payload_len = len - head - padding;

    return MW_OK;
}


void
mw_rtp_read_exts(mw_rtp_t *rtp, const mw_ext_ids_t *ids)
{
    uint8_t id;
    size_t len;
    bool one;
    const uint8_t *p, *end;

    one = rtp->ext_profile == MW_RTP_ONE_BYTE;

    if (!one && (rtp->ext_profile & 0xfff0) != MW_RTP_TWO_BYTE) {
        return;
    }

    p = rtp->ext_block;
    end = p + rtp->ext_block_len;

    while (p < end) {
        if (*p == 0) {
            p++; /* padding between elements */
            continue;
        }

        if (one) {
            id = *p >> 4;

            if (id == 15) {
                return; /* RFC 8285 section 4.2: stop reading here */
            }

            /* id 0 with a length is not padding but has to be skipped */
            len = (size_t) (*p & 0x0f) + 1;
            p++;

        } else {
            if (end - p < 2) {
                return;
            }

            id = p[0];
            len = p[1];
            p += 2;
        }

        if ((size_t) (end - p) < len) {
            return;
        }

        if (id != 0) {
            mw_rtp_keep_ext(rtp, ids, id, p, (uint8_t) len);
        }

        p += len;
    }
}


static void
mw_rtp_keep_ext(mw_rtp_t *rtp, const mw_ext_ids_t *ids, uint8_t id,
    const uint8_t *data, uint8_t len)
{
    unsigned i;

    for (i = 0; i < MW_RTP_EXTS; i++) {
        if (ids->id[i] == id) {
            rtp->ext[i] = data;
            rtp->ext_len[i] = len;
            return;
        }
    }
}


void
mw_rtp_template_init(mw_rtp_template_t *t, uint32_t ssrc,
    const mw_ext_ids_t *ids, const char *mid)
{
    size_t len;
    unsigned i;

    memset(t, 0, sizeof(*t));

    t->ssrc = ssrc;
    t->ids = *ids;

    for (i = 0; i < MW_EXTS; i++) {
        if (t->ids.id[i] > MW_RTP_ONE_BYTE_MAX) {
            t->ids.id[i] = 0;
        }
    }

    if (t->ids.id[MW_EXT_TRANSPORT_CC] != 0) {
        t->ids.id[MW_EXT_ABS_SEND_TIME] = 0;
    }

    len = mid == NULL ? 0 : strlen(mid);

    if (t->ids.id[MW_EXT_MID] != 0 && len > 0 && len <= MW_MID_MAX) {
        t->mid_elem[0] = (uint8_t) (t->ids.id[MW_EXT_MID] << 4 | (len - 1));
        memcpy(t->mid_elem + 1, mid, len);
        t->mid_elem_len = (uint8_t) (1 + len);
    }
}


size_t
mw_rtp_write(const mw_rtp_template_t *t, const mw_rtp_fields_t *f, uint8_t *out)
{
    bool one;
    uint8_t id, byte, *p;
    static const uint8_t empty[3] = { 0, 0, 0 };

    out[0] = 0x81; /* version 2, one CSRC */
    out[1] = (uint8_t) ((f->marker ? 0x80 : 0) | f->pt);
    mw_put16(out + 2, f->seq);
    mw_put32(out + 4, f->ts);
    mw_put32(out + 8, t->ssrc);
    mw_put32(out + 12, f->csrc);

    p = out + MW_RTP_NUMBER;
    one = t->ids.id[MW_EXT_DEPENDENCY] == 0
          || f->dependency_len <= MW_RTP_ONE_BYTE_LEN;

    /* first of all, so that its place is known; see mw_rtp_place() */
    id = t->ids.id[MW_EXT_TRANSPORT_CC];

    if (id != 0) {
        p = mw_rtp_element(p, one, id, empty, 2);

    } else if ((id = t->ids.id[MW_EXT_ABS_SEND_TIME]) != 0) {
        p = mw_rtp_element(p, one, id, empty, 3);
    }

    if (one) {
        memcpy(p, t->mid_elem, t->mid_elem_len);
        p += t->mid_elem_len;

    } else if (t->mid_elem_len != 0) {
        p = mw_rtp_element(p, one, t->ids.id[MW_EXT_MID], t->mid_elem + 1,
            t->mid_elem_len - 1u);
    }

    id = t->ids.id[MW_EXT_AUDIO_LEVEL];

    if (id != 0 && f->audio_level >= 0) {
        byte = (uint8_t) f->audio_level;
        p = mw_rtp_element(p, one, id, &byte, 1);
    }

    id = t->ids.id[MW_EXT_VIDEO_ORIENTATION];

    if (id != 0 && f->orientation >= 0) {
        byte = (uint8_t) f->orientation;
        p = mw_rtp_element(p, one, id, &byte, 1);
    }

    id = t->ids.id[MW_EXT_ABS_CAPTURE_TIME];

    if (id != 0 && f->capture_time_len > 0 && f->capture_time_len <= 16) {
        p = mw_rtp_element(p, one, id, f->capture_time, f->capture_time_len);
    }

    id = t->ids.id[MW_EXT_DEPENDENCY];

    if (id != 0 && f->dependency_len > 0
        && f->dependency_len <= MW_RTP_DEPENDENCY_MAX)
    {
        p = mw_rtp_element(p, one, id, f->dependency, f->dependency_len);
    }

    if (p == out + MW_RTP_NUMBER) {
        return 16;
    }

    while ((p - out) % 4 != 0) {
        *p++ = 0;
    }

    out[0] |= 0x10;
    mw_put16(out + 16, one ? MW_RTP_ONE_BYTE : MW_RTP_TWO_BYTE);
    mw_put16(out + 18, (uint16_t) ((p - out - 20) / 4));

    return (size_t) (p - out);
}


/* RFC 8285 sections 4.2 and 4.3 */
static uint8_t *
mw_rtp_element(
    uint8_t *p, bool one, uint8_t id, const uint8_t *data, size_t len)
{
    if (one) {
        *p++ = (uint8_t) (id << 4 | (len - 1));

    } else {
        *p++ = id;
        *p++ = (uint8_t) len;
    }

    memcpy(p, data, len);

    return p + len;
}


/* what mw_rtp_write() left for the first element; NULL: it is another one */
static uint8_t *
mw_rtp_place(uint8_t *header, size_t len, uint8_t id, size_t size)
{
    if (id == 0 || id > MW_RTP_ONE_BYTE_MAX || len < MW_RTP_NUMBER + 2 + size) {
        return NULL;
    }

    if (mw_get16(header + 16) == MW_RTP_TWO_BYTE) {
        return header[MW_RTP_NUMBER] == id && header[MW_RTP_NUMBER + 1] == size
                   ? header + MW_RTP_NUMBER + 2
                   : NULL;
    }

    return header[MW_RTP_NUMBER] == (uint8_t) (id << 4 | (size - 1))
               ? header + MW_RTP_NUMBER + 1
               : NULL;
}


bool
mw_rtp_number(uint8_t *header, size_t len, uint8_t id, uint16_t number)
{
    uint8_t *p;

    p = mw_rtp_place(header, len, id, 2);

    if (p == NULL) {
        return false;
    }

    mw_put16(p, number);

    return true;
}


bool
mw_rtp_stamp(uint8_t *header, size_t len, uint8_t id, mw_usec_t now)
{
    uint8_t *p;

    p = mw_rtp_place(header, len, id, 3);

    if (p == NULL) {
        return false;
    }

    mw_put24(p, (uint32_t) (((uint64_t) now << 18) / MW_SEC) & 0xffffff);

    return true;
}


mw_usec_t
mw_rtp_sent(const uint8_t stamp[3])
{
    return (mw_usec_t) mw_get24(stamp) * MW_SEC >> 18;
}
