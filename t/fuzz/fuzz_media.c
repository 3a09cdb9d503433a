/*
 * The way of packets from demultiplexing to a slot.  Input: records of a
 * length, a kind and bytes: a packet of the publisher, RTCP of the subscriber,
 * time passing, the slot assigned and which layers it is to send.  Whatever
 * comes in, an index is used once.
 */

#include <stdlib.h>

#include "mw_slot.h"

#define WINDOW 1024


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static uint64_t used[2][WINDOW], highest[2];
static volatile uint8_t seen;


static mw_rc_t
write_rtp(void *owner, const mw_rtp_out_t *out, mw_usec_t now)
{
    size_t i, len;
    unsigned which;
    uint64_t index;
    uint8_t sum, payload[2 * MW_PKT_MAX];

    (void) owner;
    (void) now;

    index = out->index;
    which = mw_get32(out->header + 8) == 2;
    sum = 0;
    len = mw_rtp_out_payload(out, payload);

    for (i = 0; i < len; i++) {
        sum ^= payload[i];
    }

    seen = sum; /* so that all of it is read */

    if (out->header_len > MW_RTP_HEADER_MAX
        || mw_get16(out->header + 2) != (uint16_t) index
        || used[which][index % WINDOW] == index
        || (index < highest[which] && highest[which] - index >= WINDOW))
    {
        __builtin_trap();
    }

    used[which][index % WINDOW] = index;
    highest[which] = index > highest[which] ? index : highest[which];

    return len > 1000 ? MW_DROP : MW_OK;
}


static mw_rc_t
write_rtcp(void *owner, const uint8_t *data, size_t len, mw_usec_t now)
{
    (void) owner;
    (void) now;

    return len > 0 && data[0] >> 6 == 2 ? MW_OK : MW_DROP;
}


static void
arm(void *owner, mw_usec_t at)
{
    *(mw_usec_t *) owner = at;
}


static void
rtcp(mw_slot_t *slot, mw_source_t *source, const uint8_t *data, size_t len,
    mw_usec_t now)
{
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;

    mw_rtcp_iter_init(&it, data, len);

    while (mw_rtcp_next(&it, &item) == MW_OK) {
        if (item.type == MW_RTCP_SR) {
            mw_source_sr(source, 0, &item, now);

        } else {
            mw_slot_rtcp(slot, &item, now);
        }
    }
}


static void
run(mw_demux_t *demux, mw_slot_t *slot, mw_source_t *source,
    const mw_usec_t *armed, const uint8_t *data, size_t size)
{
    size_t len;
    unsigned kind;
    mw_rtp_t rtp;
    mw_usec_t now;
    uint8_t buf[64];
    mw_rtcp_writer_t w;
    mw_demux_hit_t hit;

    now = MW_SEC;

    while (size >= 3) {
        kind = data[0];
        len = mw_get16(data + 1) % 1500;
        data += 3;
        size -= 3;
        len = len > size ? size : len;

        if (kind < 0xc0) {
            if (mw_demux_input(demux, data, len, &rtp, &hit) == MW_OK) {
                (void) mw_source_input(source, &rtp, &hit, now);
            }

        } else if (kind < 0xd8) {
            rtcp(slot, source, data, len, now);

        } else if (kind < 0xf0) {
            now += (mw_usec_t) len * MW_MSEC;

            if (*armed <= now) {
                mw_source_timeout(source, now);
            }

            len = 0;

        } else {
            mw_slot_assign(slot, kind & 1 ? source : NULL, now);
            mw_slot_set_temporal(slot, (uint8_t) (kind >> 1 & 3));
            mw_slot_set_height(slot, 1 + 200 * (kind >> 2 & 3), now);
            mw_source_mute(source, kind == 0xf4, now);
            len = 0;
        }

        mw_rtcp_writer_init(&w, buf, sizeof(buf));
        (void) mw_slot_write_sr(slot, &w, now);
        mw_rtcp_writer_init(&w, buf, sizeof(buf));
        (void) mw_source_write_rr(source, &w, now);
        data += len;
        size -= len;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned i;
    mw_pool_t *pool;
    mw_slot_t *slot;
    mw_usec_t armed;
    mw_demux_t demux;
    mw_source_t *source;
    mw_slot_conf_t sl;
    mw_source_conf_t so;
    mw_source_clock_t clock;
    mw_demux_section_t s;
    mw_ext_ids_t ids;

    memset(used, 0, sizeof(used));
    memset(highest, 0, sizeof(highest));
    memset(&clock, 0, sizeof(clock));
    memset(&so, 0, sizeof(so));
    memset(&sl, 0, sizeof(sl));
    memset(&s, 0, sizeof(s));
    armed = MW_NEVER;

    pool = mw_pool_create(32);
    so.id = so.kind = MW_KIND_CAM;
    so.local_ssrc = 1;
    so.pool = pool;
    so.clock = &clock;
    so.ops.write_rtcp = write_rtcp;
    so.ops.arm = arm;
    so.ops.owner = &armed;
    source = mw_source_create(&so);

    sl.video = true;
    sl.ssrc = 1;
    sl.rtx_ssrc = 2;
    sl.first_seq = 1;
    sl.first_rtx_seq = 1;
    sl.sink.write_rtp = write_rtp;
    sl.sink.write_rtcp = write_rtcp;
    s.track = source;

    for (i = 1; i < MW_CODECS; i++) {
        sl.pt[i] = (uint8_t) (100 + i);
        sl.rtx_pt[i] = (uint8_t) (110 + i);
        s.codec[100 + i] = (uint8_t) i;
        s.apt[110 + i] = (uint8_t) (100 + i);
    }

    memset(&ids, 0, sizeof(ids));
    ids.id[MW_EXT_DEPENDENCY] = 5;
    sl.ids = ids;
    sl.pt[MW_CODEC_H264] = 0; /* one that was not negotiated */
    slot = mw_slot_create(&sl);
    mw_demux_init(&demux);
    mw_demux_set_ids(&demux, &ids);
    (void) mw_demux_set(&demux, &s);

    mw_slot_assign(slot, source, MW_SEC);
    run(&demux, slot, source, &armed, data, size);

    mw_slot_destroy(slot);
    mw_source_destroy(source);

    if (mw_pool_used(pool) != 0) {
        __builtin_trap();
    }

    mw_pool_destroy(pool);

    return 0;
}
