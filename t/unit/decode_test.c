/*
 * A hundred forced switches of layers of each codec on a fake clock, with real
 * encoders before and a real decoder behind: it finds no fault, and the picture
 * never stands still for long, neither by the clock nor by its timestamps.
 * Sanitized, and of AV1 in one stream, fewer of them unless MEET_SOAK is set.
 */

#include <limits.h>
#include <stdio.h>

#include "dd_sender.h"
#include "decode_decoder.h"

#define CAM      0x101 /* low two bits: the kind */
#define STREAMS  3
#define DD_ID    11
#define ROOM     1100           /* bytes of a picture in one packet */
#define WAY      (80 * MW_MSEC) /* there and back to the publisher */
#define STAY     20             /* pictures between two switches */
#define SWITCHES 100
#define LOW      36u /* pixels from top to bottom, the smallest layer */

/* where one keyframe is for all layers, they may come every 2 s */
#define STAY_SHARED 60
#define LONGEST     (250 * MW_MSEC)

/* what coding costs of 256 steps of brightness; another picture is further */
#define LIKE 20


typedef struct {
    coder_t coder;
    uint16_t seq;
    uint16_t id;
    uint8_t tl0;
    mw_usec_t key_at; /* a keyframe was asked for, 0: not */
} stream_t;

static mw_codec_t codec;
static stream_t streams[STREAMS];
static dd_sender_t dd_sender;
static bool layered;
static unsigned nstreams;
static mw_source_t *source;
static mw_usec_t now;
static uint32_t ts;

/* the receiver */
static decoder_t decoder;
static uint8_t picture[1 << 20];
static size_t picture_len;
static uint64_t next_index;
static unsigned decoded, faults, sizes, last_height, sent, worst;
static mw_usec_t shown, longest;
static uint32_t shown_ts, longest_ts; /* as sent */


static mw_rc_t
on_rtcp(void *owner, const uint8_t *data, size_t len, mw_usec_t at)
{
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    stream_t *s;

    (void) owner;

    mw_rtcp_iter_init(&it, data, len);

    while (mw_rtcp_next(&it, &item) == MW_OK) {
        assert_int_equal(MW_RTCP_PLI, item.type);
        assert_in_range(item.ssrc - SOURCE_SSRC, 0, nstreams - 1);
        s = &streams[item.ssrc - SOURCE_SSRC];
        s->key_at = s->key_at == 0 ? at + WAY : s->key_at;
    }

    return MW_OK;
}


static void
on_arm(void *owner, mw_usec_t at)
{
    (void) owner;
    (void) at;
}


/* a dependency descriptor, if AV1 comes in layers */
static uint8_t dd[DD_SENDER_MAX];
static size_t dd_len;


static void
give_packet(stream_t *s, const uint8_t *payload, size_t len, bool marker)
{
    mw_rtp_t rtp;
    mw_demux_hit_t hit;

    memset(&rtp, 0, sizeof(rtp));
    rtp.ext[MW_EXT_DEPENDENCY] = dd;
    rtp.ext_len[MW_EXT_DEPENDENCY] = (uint8_t) dd_len;
    rtp.payload = payload;
    rtp.payload_len = len;
    rtp.ts = ts;
    rtp.ssrc = SOURCE_SSRC + (uint32_t) (s - streams);
    rtp.seq = s->seq++;
    rtp.marker = marker;

    memset(&hit, 0, sizeof(hit));
    hit.track = source;
    hit.codec = codec;
    hit.ssrc = rtp.ssrc;
    hit.layer = (uint8_t) (s - streams);
    assert_int_equal(MW_OK, mw_source_input(source, &rtp, &hit, now));
}


/* RFC 7741 and RFC 9628 */
static void
give_vpx(stream_t *s, const coded_t *c, bool last)
{
    bool start, end;
    unsigned i;
    size_t at, len;
    uint8_t *p, buf[64 + ROOM];

    for (at = 0; at < c->len; at += len) {
        len = c->len - at > ROOM ? ROOM : c->len - at;
        start = at == 0;
        end = at + len == c->len;
        p = buf;

        if (codec == MW_CODEC_VP8) {
            *p++ = start ? 0x90 : 0x80;
            *p++ = 0xf0;
            mw_put16(p, (uint16_t) (0x8000 | (s->id & 0x7fff)));
            p += 2;
            *p++ = s->tl0;
            *p++ = (uint8_t) (c->tid << 6 | (c->sync ? 0x20 : 0) | 1);

        } else {
            *p++ = (uint8_t) (0xa0 | (c->key ? 0 : 0x40) | (start ? 8 : 0)
                              | (end ? 4 : 0)
                              | (c->key && c->sid == 0 && start ? 2 : 0));
            mw_put16(p, (uint16_t) (0x8000 | (s->id & 0x7fff)));
            p += 2;
            *p++ = (uint8_t) (c->tid << 5 | (c->tid < 2 ? 0x10 : 0)
                              | c->sid << 1 | (c->key && c->sid > 0));
            *p++ = s->tl0;

            if (c->key && c->sid == 0 && start) {
                *p++ = (SIDS - 1) << 5 | 0x10;

                for (i = 0; i < SIDS; i++, p += 4) {
                    mw_put16(p, (uint16_t) (s->coder.width >> (2 - i)));
                    mw_put16(p + 2, (uint16_t) (s->coder.height >> (2 - i)));
                }
            }
        }

        memcpy(p, c->data + at, len);
        give_packet(s, buf, (size_t) (p - buf) + len, last && end);
    }
}


/* one NAL unit after the other, in parts if it is long (RFC 6184) */
static void
give_h264(stream_t *s, const coded_t *c)
{
    size_t at, len, end, from;
    uint8_t buf[2 + ROOM];

    for (from = 4; from < c->len; from = end + 4) {
        for (end = from;
             end < c->len && (end + 4 > c->len || mw_get32(c->data + end) != 1);
             end++)
        {
            /* void */
        }

        if (end - from <= ROOM) {
            give_packet(s, c->data + from, end - from, end == c->len);
            continue;
        }

        for (at = from + 1; at < end; at += len) {
            len = end - at > ROOM ? ROOM : end - at;
            buf[0] = (uint8_t) ((c->data[from] & 0x60) | 28);
            buf[1] =
                (uint8_t) ((c->data[from] & 0x1f) | (at == from + 1 ? 0x80 : 0)
                           | (at + len == end ? 0x40 : 0));
            memcpy(buf + 2, c->data + at, len);
            give_packet(s, buf, 2 + len, at + len == end && end == c->len);
        }
    }
}


/* one unit an element, with its size, in parts if it is long */
static void
give_av1(stream_t *s, const coded_t *c, bool last)
{
    size_t at, part, len, head, from, end;
    unsigned shift;
    bool first;
    uint8_t buf[1 + ROOM];

    first = true;

    for (from = 0; from < c->len; from = end) {
        assert_true(c->data[from] & 0x02); /* has its size */
        head = 1 + (c->data[from] >> 2 & 1u);
        len = 0;
        shift = 0;

        do {
            len |= (size_t) (c->data[from + head] & 0x7f) << shift;
            shift += 7;
        } while (c->data[from + head++] & 0x80);

        end = from + head + len;
        assert_true(end <= c->len);

        if ((c->data[from] >> 3 & 15) == 2) {
            continue; /* a temporal delimiter does not travel */
        }

        for (at = from; at < end; at += part) {
            part = end - at > ROOM ? ROOM : end - at;
            buf[0] = (uint8_t) (0x10 | (at > from ? 0x80 : 0)
                                | (at + part < end ? 0x40 : 0)
                                | (first && c->key && c->sid == 0 ? 0x08 : 0));
            memcpy(buf + 1, c->data + at, part);
            dd_len = layered ? dd_write(&dd_sender, c->sid, c->tid, c->key,
                         first, at + part == c->len, dd)
                             : 0;
            give_packet(s, buf, 1 + part, last && at + part == c->len);
            first = false;
        }
    }

    dd_next(&dd_sender, c->sid, c->tid, c->key);
    dd_len = 0;
}


static void
send_pictures(unsigned n)
{
    bool key;
    unsigned i, sid;
    stream_t *s;

    sent = n;

    for (i = 0; i < nstreams; i++) {
        s = &streams[i];
        key = s->key_at != 0 && now >= s->key_at;
        s->key_at = key ? 0 : s->key_at;
        coder_picture(&s->coder, n, key);
        s->id++;
        s->tl0 += s->coder.coded[0].tid == 0;

        for (sid = 0; sid < s->coder.count; sid++) {
            switch (codec) {
            case MW_CODEC_AV1:
                give_av1(s, &s->coder.coded[sid], sid + 1 == s->coder.count);
                break;

            case MW_CODEC_H264:
                give_h264(s, &s->coder.coded[sid]);
                break;

            default:
                give_vpx(s, &s->coder.coded[sid], sid + 1 == s->coder.count);
            }
        }
    }

    ts += PERIOD;
    now += MW_SEC / FPS;
    mw_source_timeout(source, now);
}


/* what is behind the descriptor */
static void
unpack(const uint8_t *p, size_t len)
{
    mw_vp8_t vp8;
    mw_vp9_t vp9;
    size_t skip;
    static const uint8_t code[4] = { 0, 0, 0, 1 };
    static const uint8_t delimiter[2] = { 0x12, 0 };

    skip = 0;

    switch (codec) {
    case MW_CODEC_VP8:
        assert_int_equal(MW_OK, mw_vp8_parse(&vp8, p, len));
        assert_int_equal(vp8.start, picture_len == 0);
        skip = vp8.len;
        break;

    case MW_CODEC_VP9:
        assert_int_equal(MW_OK, mw_vp9_parse(&vp9, p, len));
        skip = vp9.len + (vp9.spatial != 0 ? 1u + 4 * vp9.spatial : 0);
        break;

    case MW_CODEC_H264:
        if ((p[0] & 0x1f) == 28) {
            skip = 2;

            if (p[1] & 0x80) {
                memcpy(picture + picture_len, code, 4);
                picture[picture_len + 4] =
                    (uint8_t) ((p[0] & 0x60) | (p[1] & 0x1f));
                picture_len += 5;
            }

        } else {
            memcpy(picture + picture_len, code, 4);
            picture_len += 4;
        }

        break;

    default:
        skip = 1;

        if (picture_len == 0) {
            memcpy(picture, delimiter, 2);
            picture_len = 2;
        }
    }

    assert_true(picture_len + len - skip <= sizeof(picture));
    memcpy(picture + picture_len, p + skip, len - skip);
    picture_len += len - skip;
}


/* a decoder shows some picture even where it lacks what that refers to */
static void
compare(void)
{
    unsigned n, scale, least, difference;

    scale = nstreams == 1 ? streams[0].coder.width / decoder.width : 1;
    least = UINT_MAX;

    /* it may be one of some time ago, of a keyframe that had just come */

    for (n = 0; n < STAY && n <= sent && least > LIKE; n++) {
        difference = decoder_differs(&decoder, sent - n, scale);
        least = difference < least ? difference : least;
    }

    worst = least > worst ? least : worst;
}


static mw_rc_t
receive(void *owner, const mw_rtp_out_t *out, mw_usec_t at)
{
    uint32_t stamp, step;
    uint8_t payload[MW_PKT_MAX];

    (void) owner;

    assert_true(next_index == 0 || out->index == next_index);
    next_index = out->index + 1;
    unpack(payload, mw_rtp_out_payload(out, payload));

    if ((out->header[1] & 0x80) == 0) {
        return MW_OK;
    }

    if (!decoder_picture(&decoder, picture, picture_len)) {
        faults++;

    } else {
        decoded++;
        sizes += decoder.height != last_height;
        last_height = decoder.height;
        stamp = mw_get32(out->header + 4);
        step = shown == 0 ? 0 : stamp - shown_ts;
        longest_ts = step > longest_ts ? step : longest_ts;
        longest = shown != 0 && at - shown > longest ? at - shown : longest;
        shown = at;
        shown_ts = stamp;
        compare();
    }

    picture_len = 0;

    return MW_OK;
}


static mw_rc_t
on_report(void *owner, const uint8_t *data, size_t len, mw_usec_t at)
{
    (void) owner;
    (void) data;
    (void) len;
    (void) at;

    return MW_OK;
}


static void
switches(mw_codec_t which, bool in_one, unsigned changes)
{
    unsigned i, n, step;
    mw_pool_t *pool;
    mw_slot_t *slot;
    mw_slot_conf_t conf;
    mw_source_conf_t so;
    mw_source_clock_t clock;
    static const unsigned heights[] = { 4 * LOW, LOW, 2 * LOW };
    static const uint8_t tids[] = { MW_SLOT_TEMPORAL_ALL, 1, 0 };

    codec = which;
    layered = in_one;
    nstreams = layered ? 1 : STREAMS;
    memset(&dd_sender, 0, sizeof(dd_sender));
    dd_sender.sids = SIDS;
    dd_sender.tids = 3;
    dd_sender.alone = true;
    dd_sender.height = LOW;
    dd_sender.frame = 65000;
    now = 1000 * MW_SEC;
    ts = 0xffff0000;
    next_index = 0;
    picture_len = 0;
    decoded = faults = sizes = last_height = 0;
    shown = longest = 0;
    longest_ts = worst = 0;

    memset(streams, 0, sizeof(streams));
    memset(&clock, 0, sizeof(clock));
    memset(&so, 0, sizeof(so));
    pool = mw_pool_create(8192);
    so.id = CAM;
    so.kind = MW_KIND_CAM;
    so.local_ssrc = SOURCE_LOCAL;
    so.pool = pool;
    so.clock = &clock;
    so.ops.write_rtcp = on_rtcp;
    so.ops.arm = on_arm;
    source = mw_source_create(&so);
    assert_int_equal(MW_OK, mw_source_set_layers(source, nstreams));

    memset(&conf, 0, sizeof(conf));
    conf.video = true;
    conf.ssrc = SLOT_SSRC;
    conf.first_seq = 1;
    conf.pt[codec] = 100;
    conf.ids.id[MW_EXT_DEPENDENCY] = DD_ID;
    conf.sink.write_rtp = receive;
    conf.sink.write_rtcp = on_report;
    slot = mw_slot_create(&conf);

    for (i = 0; i < nstreams; i++) {
        n = nstreams == 1 ? 2 : i;
        coder_open(
            &streams[i].coder, codec, 16 * LOW / 9 << n, LOW << n, layered);
        streams[i].seq = (uint16_t) (65000 + 9000 * i);
        streams[i].id = (uint16_t) (32000 + 300 * i);
    }

    decoder_open(&decoder, codec);
    mw_slot_set_height(slot, LOW, now);
    mw_slot_assign(slot, source, now);

    for (n = 0, step = 0; step <= changes; n++) {
        if (n >= 25 && n % (nstreams == 1 ? STAY_SHARED : STAY) == 0) {
            mw_slot_set_height(slot, heights[step % 3], now);
            mw_slot_set_temporal(slot, tids[step / 3 % 3]);
            step++;
        }

        send_pictures(n);
    }

    print_message("# %s%s: %u switches, %u sizes, %u pictures, %u faults, "
                  "longest pause %u ms, by timestamps %u ms, "
                  "differs by %u\n",
        mw_codec_name(codec), layered ? " in one stream" : "", changes, sizes,
        decoded, faults, (unsigned) (longest / MW_MSEC), longest_ts / 90,
        worst);

    for (i = 0; i < nstreams; i++) {
        while (streams[i].coder.count > 0) {
            free(streams[i].coder.coded[--streams[i].coder.count].data);
        }

        coder_close(&streams[i].coder);
    }

    decoder_close(&decoder);
    mw_slot_destroy(slot);
    mw_source_destroy(source);
    mw_pool_destroy(pool);

    assert_int_equal(0, faults);
    assert_true(worst <= LIKE);
    assert_true(sizes >= changes);
    assert_true(longest < LONGEST + WAY);
    assert_true(longest_ts / 90 < (LONGEST + WAY) / MW_MSEC);
}


static bool
all(void)
{
    const char *soak;

    soak = getenv("MEET_SOAK");

    return soak != NULL && *soak != '\0';
}


static unsigned
changes(void)
{
#ifdef __SANITIZE_ADDRESS__
    return all() ? SWITCHES : SWITCHES / 10;
#else
    return SWITCHES;
#endif
}


static void
of_vp8(void **state)
{
    (void) state;
    switches(MW_CODEC_VP8, false, changes());
}


static void
of_vp9(void **state)
{
    (void) state;
    switches(MW_CODEC_VP9, true, changes());
}


static void
of_h264(void **state)
{
    (void) state;
    switches(MW_CODEC_H264, false, changes());
}


static void
of_av1(void **state)
{
    (void) state;
    switches(MW_CODEC_AV1, false, changes());
}


static void
of_av1_in_layers(void **state)
{
    (void) state;
    switches(MW_CODEC_AV1, true, all() ? SWITCHES : SWITCHES / 10);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_vp8),
        cmocka_unit_test(of_vp9),
        cmocka_unit_test(of_h264),
        cmocka_unit_test(of_av1),
        cmocka_unit_test(of_av1_in_layers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
