/*
 * Whatever is lost, late, doubled or switched, a slot's stream keeps its
 * promises.  Random runs on a fake clock; a failing seed is printed.
 */

#include <stdio.h>

#include "media_network.h"

#include "mw_aead.h"
#include "mw_vp8.h"
#include "mw_vp9.h"

#define SEEDS 60
#define STEPS 3000
#define STEP  (5 * MW_MSEC)


/* what the receiver knows of one number */
typedef struct {
    bool used;
    unsigned out; /* index in sink.out */
    int64_t packet;
} number_t;


static uint64_t seed;
static sink_t sink;
static mw_slot_t *slot;
static number_t *numbers;
static unsigned checked, shown;
static uint64_t first_index, high, gen_first;
static uint64_t rtx_index;
static bool gen_open, any;
static int64_t gen_packet, gen_last;
static uint32_t gen_frame, gen_id, gen_tl0, last_ts, last_frame;
static uint32_t last_id, last_tl0;
static bool had_id;
static unsigned gens, lates, rtxs, fillers;
static mw_aead_stream_t streams[2]; /* media, RTX */


static void
check_ids(
    const out_t *o, const sender_t *s, uint32_t frame, bool opens, bool newest)
{
    mw_vp8_t vp8;
    mw_vp9_t vp9;
    uint32_t id, tl0;

    if (s->codec == MW_CODEC_VP8) {
        assert_int_equal(MW_OK, mw_vp8_parse(&vp8, o->payload, o->len));
        assert_int_equal(15, vp8.id_bits);
        id = vp8.picture_id;
        tl0 = vp8.tl0;

    } else if (s->codec == MW_CODEC_VP9) {
        assert_int_equal(MW_OK, mw_vp9_parse(&vp9, o->payload, o->len));
        id = vp9.picture_id;
        tl0 = vp9.tl0;

    } else {
        return;
    }

    if (opens) {
        if (had_id) {
            assert_int_equal((last_id + 1) & 0x7fff, id);
            assert_int_equal((last_tl0 + 1) & 0xff, tl0);
        }

        gen_id = id;
        gen_tl0 = tl0;
    }

    assert_int_equal((gen_id + frame - gen_frame) & 0x7fff, id);
    assert_int_equal((gen_tl0 + frame - gen_frame) & 0xff, tl0);

    if (newest) {
        had_id = true;
        last_id = id;
        last_tl0 = tl0;
    }
}


/* every hole between the first and last number is a packet that never came */
static void
check_gaps(void)
{
    int64_t p;
    uint64_t i;
    unsigned holes, missing;

    if (!gen_open) {
        return;
    }

    holes = 0;
    missing = 0;

    for (i = gen_first; i <= high; i++) {
        holes += !numbers[i - first_index].used;
    }

    for (p = gen_packet; p <= gen_last; p++) {
        missing += !senders[shown].wire[p].delivered;
    }

    assert_int_equal(missing, holes);
}


static void
check_rtx(const out_t *o)
{
    uint16_t osn;
    uint64_t index;
    const out_t *orig;

    assert_int_equal(rtx_index++, o->index);
    assert_true(o->len > 2);

    osn = mw_get16(o->payload);
    index = high - (uint16_t) (high - osn);
    assert_true(index >= gen_first && numbers[index - first_index].used);
    orig = &sink.out[numbers[index - first_index].out];
    assert_int_equal(orig->seq, osn);
    assert_int_equal(orig->len + 2, o->len);
    assert_memory_equal(orig->payload, o->payload + 2, orig->len);
    assert_int_equal(orig->ts, o->ts);
    assert_int_equal(orig->csrc, o->csrc);
    assert_int_equal(orig->marker, o->marker);
    rtxs++;
}


static void
check_one(unsigned n)
{
    bool opens, newest;
    int64_t packet;
    uint32_t frame;
    number_t *num;
    const out_t *o;
    const sender_t *s;
    const uint8_t *tag;
    uint64_t i;

    o = &sink.out[n];
    assert_false(o->padding);
    assert_int_equal(
        MW_OK, mw_aead_claim(&streams[o->ssrc == SLOT_RTX ? 1 : 0], o->index));

    if (o->ssrc == SLOT_RTX) {
        check_rtx(o);
        return;
    }

    s = &senders[shown];
    assert_int_equal(mw_source_id(s->source), o->csrc);
    assert_true(o->index >= first_index);
    num = &numbers[o->index - first_index];
    assert_false(num->used);
    num->used = true;
    num->out = n;
    num->packet = -1;

    newest = !any || o->index > high;
    opens = !gen_open;

    if (o->len == 0) {
        /* a number that was left open for what turned out to be padding */
        assert_true(o->index > gen_first);
        fillers++;
        return;
    }

    tag = o->payload + o->len - TAG;
    assert_int_equal(0xee, tag[10]);
    assert_int_equal(shown, tag[0]);
    frame = mw_get32(tag + 1);
    packet = mw_get32(tag + 5);
    num->packet = packet;
    assert_int_equal((tag[9] & 4) != 0, o->marker);

    if (opens) {
        assert_int_equal(3, tag[9] & 3); /* the start of a keyframe */
        assert_true(newest);

        /* next, but for what was lost before padding at the very end */
        assert_in_range(o->index, any ? high + 1 : first_index,
            any ? high + 10 : first_index);
        assert_true(!any || (int32_t) (o->ts - last_ts) > 0);
        gen_open = true;
        gen_first = o->index;
        gen_packet = packet;
        gen_frame = frame;
        gens++;
    }

    if (newest) {
        assert_true(opens || packet > gen_last);

        if (!opens && frame != last_frame) {
            assert_true((int32_t) (o->ts - last_ts) > 0);
        }

        gen_last = packet;
        last_ts = o->ts;
        last_frame = frame;
        high = o->index;
        any = true;

    } else {
        assert_true(o->index > gen_first);
        lates++;
    }

    assert_int_equal((uint32_t) (last_ts - (last_frame - frame) * 3000), o->ts);

    /* the order of numbers is the order of the source */
    for (i = o->index - 1; i > gen_first && i + 64 > o->index; i--) {
        if (numbers[i - first_index].used
            && numbers[i - first_index].packet >= 0) {
            assert_true(numbers[i - first_index].packet < packet);
            break;
        }
    }

    for (i = o->index + 1; i <= high; i++) {
        if (numbers[i - first_index].used
            && numbers[i - first_index].packet >= 0) {
            assert_true(numbers[i - first_index].packet > packet);
            break;
        }
    }

    check_ids(o, s, frame, opens, newest);
}


static void
check_new(void)
{
    for (; checked < sink.count; checked++) {
        check_one(checked);
    }
}


static void
ask_again(void)
{
    mw_rtcp_item_t item;

    memset(&item, 0, sizeof(item));
    item.type = MW_RTCP_NACK;
    item.ssrc = SLOT_SSRC;
    item.u.nack.pid = (uint16_t) (high - rnd(40));
    item.u.nack.blp = (uint16_t) (rnd(65536) & rnd(65536));
    mw_slot_rtcp(slot, &item, now);
}


static void
show(unsigned which)
{
    if (mw_slot_source(slot) == senders[which].source) {
        return;
    }

    check_gaps();
    gen_open = false;
    shown = which;
    mw_slot_assign(slot, senders[which].source, now);
    check_new();
}


static void
set_up(mw_pool_t *pool, mw_source_clock_t *clock)
{
    unsigned i;
    sender_t *s;
    static const mw_codec_t codecs[] = { MW_CODEC_VP8, MW_CODEC_VP8,
        MW_CODEC_VP9, MW_CODEC_H264, MW_CODEC_AV1 };

    rnd_state = seed * 0x9e3779b97f4a7c15ull + 1;
    now = 1000 * MW_SEC;

    for (i = 0; i < SOURCES; i++) {
        s = &senders[i];
        memset(s, 0, sizeof(*s));
        s->wire = calloc(PACKETS, sizeof(wire_t));
        assert_non_null(s->wire);
        s->source = make_source(&s->pub, pool, clock, (i + 1) << 2 | 1);
        assert_non_null(s->source);
        s->codec = codecs[rnd(5)];
        s->seq0 = (uint16_t) rnd(65536);
        s->ts0 = rnd(1 << 30) * 4u;
        s->id0 = (uint16_t) rnd(32768);
        s->id_bits = percent(50) ? 7 : 15;
    }

    first_index = rnd(32768);
    sink.count = 0;
    sink.result = MW_OK;
    sink.state = MW_SLOT_EMPTY;
    slot = make_slot(&sink, true, (uint16_t) first_index);
    assert_non_null(slot);
    memset(numbers, 0, OUT_MAX * sizeof(number_t));
    memset(streams, 0, sizeof(streams));
    checked = 0;
    any = false;
    gen_open = false;
    had_id = false;
    high = first_index;
    rtx_index = 77;
}


static void
one_run(void)
{
    unsigned i, step;
    sender_t *s;
    mw_pool_t *pool;
    mw_source_clock_t clock;

    memset(&clock, 0, sizeof(clock));
    pool = mw_pool_create(seed % 4 == 0 ? 128 : 4096);
    assert_non_null(pool);
    set_up(pool, &clock);
    show(0);

    for (step = 0; step < STEPS; step++) {
        now += STEP;

        for (i = 0; i < SOURCES; i++) {
            s = &senders[i];

            if (percent(15)) {
                make_frame(s);
            }

            run_wire(s);
            check_new();

            if (s->pub.armed <= now) {
                s->pub.armed = MW_NEVER;
                mw_source_timeout(s->source, now);
            }
        }

        if (rnd(150) == 0) {
            show(rnd(SOURCES));
        }

        if (any && gen_open && percent(20)) {
            ask_again();
            check_new();
        }
    }

    check_gaps();
    mw_slot_destroy(slot);

    for (i = 0; i < SOURCES; i++) {
        mw_source_destroy(senders[i].source);
        free(senders[i].wire);
    }

    assert_int_equal(0, mw_pool_used(pool));
    mw_pool_destroy(pool);
}


static void
the_stream_keeps_its_promises(void **state)
{
    (void) state;

    sink_init(&sink);
    numbers = calloc(OUT_MAX, sizeof(number_t));
    assert_non_null(numbers);

    for (seed = 1; seed <= SEEDS; seed++) {
        one_run();
    }

    /* the runs met what they are for */
    assert_true(gens > 10 * SEEDS);
    assert_true(lates > 100 * SEEDS);
    assert_true(rtxs > 100 * SEEDS);
    assert_true(fillers > SEEDS);

    free(numbers);
    free(sink.out);
}


static int
tell_seed(void **state)
{
    (void) state;

    if (seed <= SEEDS) {
        fprintf(stderr, "# seed %llu\n", (unsigned long long) seed);
    }

    return 0;
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_stream_keeps_its_promises, tell_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
