/*
 * Whatever is switched, lost or late, what a slot makes of layers is a stream
 * that a decoder accepts: numbers without holes of its own, time that rises, ids
 * that fit together, and no frame that refers to one that was kept back.
 * Random runs on a fake clock; a failing seed is printed.
 */

#include <stdio.h>

#include "mw_slot_int.h"

#include "layer_sender.h"

#define SEEDS 120
#define STEPS 2400
#define STEP  (5 * MW_MSEC)
#define OUT   65536

/* a frame that others hang on was lost so long ago that it is known */
#define KNOWN (800 * MW_MSEC)


typedef struct {
    bool used;
    bool filler;
    bool marker;
    uint32_t ts;
    uint32_t id; /* picture id, or number of the frame */
    uint32_t tl0;
    uint64_t epoch;
    unsigned stream;
    unsigned wire;
} got_t;

static uint64_t seed;
static mw_source_t *source;
static mw_slot_t *slot;
static got_t *got;
static uint64_t first, last;
static mw_dd_structure_t structure;
static unsigned total, switches, broken, lates;


static uint64_t
layer_epoch(void)
{
    return slot->state == MW_SLOT_LIVE ? slot->epoch : UINT64_MAX;
}


static mw_rc_t
write_rtp(void *owner, const mw_rtp_out_t *out, mw_usec_t at)
{
    size_t len;
    mw_dd_t d;
    mw_rtp_t rtp;
    mw_vp8_t vp8;
    mw_vp9_t vp9;
    got_t *g;
    wire_t *w;
    mw_ext_ids_t ids = { { 0 } };
    uint8_t payload[MW_PKT_MAX];

    (void) owner;
    (void) at;

    if (mw_get32(out->header + 8) != SLOT_SSRC) {
        return MW_OK;
    }

    assert_true(out->index >= first && out->index - first < OUT);
    g = &got[out->index - first];
    assert_false(g->used);
    lates += out->index < last;
    last = out->index > last ? out->index : last;
    ids.id[MW_EXT_DEPENDENCY] = DD_ID;
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, out->header, out->header_len));
    mw_rtp_read_exts(&rtp, &ids);
    len = mw_rtp_out_payload(out, payload);

    g->used = true;
    g->filler = len == 0;
    g->marker = rtp.marker;
    g->ts = rtp.ts;
    g->epoch = slot->epoch;

    if (g->filler) {
        return MW_OK;
    }

    g->stream = payload[len - 5];
    g->wire = mw_get32(payload + len - 4);
    w = &streams[g->stream].wires[g->wire];
    w->sent = true;
    w->out = slot->epoch;
    w->out_at = now;

    if (codec == MW_CODEC_VP8) {
        assert_int_equal(MW_OK, mw_vp8_parse(&vp8, payload, len));
        g->id = vp8.picture_id;
        g->tl0 = vp8.tl0;

    } else if (codec == MW_CODEC_VP9) {
        assert_int_equal(MW_OK, mw_vp9_parse(&vp9, payload, len));
        g->id = vp9.picture_id;
        g->tl0 = vp9.tl0;

    } else if (codec == MW_CODEC_AV1) {
        assert_int_equal(
            MW_OK, mw_dd_parse(&d, &structure, rtp.ext[MW_EXT_DEPENDENCY],
                       rtp.ext_len[MW_EXT_DEPENDENCY]));
        g->id = d.frame;
        assert_int_equal(d.sid, frames[w->frame].sid);

        /* nothing goes on for long that hangs on what will not come */
        broken += chain_lost(w->frame, INT64_MAX);
        assert_false(w->start && chain_lost(w->frame, now - KNOWN));
    }

    return MW_OK;
}


/* what follows a packet in the order of numbers */
static void
check_pair(const got_t *a, const got_t *b, unsigned holes)
{
    unsigned i, missing, low;
    uint32_t ids, tl0s;
    const frame_t *fa, *fb;
    const wire_t *w, *wa, *wb;

    wa = &streams[a->stream].wires[a->wire];
    wb = &streams[b->stream].wires[b->wire];
    fa = &frames[wa->frame];
    fb = &frames[wb->frame];

    if (a->epoch != b->epoch) {
        /* from the start of a keyframe on */
        switches++;
        assert_true(wb->start && fb->key && fb->sid == 0);
        assert_true((int32_t) (b->ts - a->ts) > 0);

        if (codec == MW_CODEC_AV1) {
            assert_int_equal(1, (uint16_t) (b->id - a->id));

        } else if (codec != MW_CODEC_H264) {
            assert_int_equal(1, (b->id - a->id) & 0x7fff);
            assert_int_equal(1, (b->tl0 - a->tl0) & 0xff);
        }

        return;
    }

    assert_int_equal(a->stream, b->stream);
    assert_true(b->wire > a->wire);
    missing = 0;

    for (i = a->wire + 1; i < b->wire; i++) {
        w = &streams[a->stream].wires[i];
        missing += !w->delivered || w->epoch != b->epoch;
    }

    assert_true(holes <= missing);

    if (fa->picture == fb->picture) {
        assert_int_equal(a->ts, b->ts);
        assert_false(a->marker);

    } else {
        assert_int_equal((fb->picture - fa->picture) * TICKS, b->ts - a->ts);
    }

    low = fb->picture != fa->picture;
    ids = fb->picture - fa->picture;
    tl0s = fb->tl0 - fa->tl0;

    switch (codec) {
    case MW_CODEC_VP8:
        /* those that were left out have none */
        assert_in_range((b->id - a->id) & 0x7fff, low, ids);
        assert_int_equal(tl0s & 0xff, (b->tl0 - a->tl0) & 0xff);
        break;

    case MW_CODEC_VP9:
        assert_int_equal(ids & 0x7fff, (b->id - a->id) & 0x7fff);
        assert_int_equal(tl0s & 0xff, (b->tl0 - a->tl0) & 0xff);
        break;

    case MW_CODEC_AV1:
        assert_int_equal(
            (uint16_t) (wb->frame - wa->frame), (uint16_t) (b->id - a->id));
        break;

    default:
        break;
    }
}


/* something of it came when the slot was no longer where it sent the other */
static bool
came_after(const frame_t *r, const frame_t *f)
{
    unsigned i;
    const wire_t *w, *then;

    then = &streams[f->stream].wires[f->wire];

    while (!then->sent) {
        then++;
    }

    for (i = 0; i < r->count; i++) {
        w = &streams[r->stream].wires[r->wire + i];

        if (!w->sent && w->at > then->out_at && w->epoch != then->out) {
            return true;
        }
    }

    return false;
}


/* what is referred to was sent as well, unless it never came */
static void
check_references(void)
{
    unsigned i, k;
    const frame_t *f, *r;

    for (i = 0; i < nframes; i++) {
        f = &frames[i];

        if (!frame_sent(f, false) || !frame_delivered(f)) {
            continue;
        }

        for (k = 0; k < f->nrefs; k++) {
            r = &frames[f->refs[k]];

            if (!frame_delivered(r) || came_after(r, f)) {
                continue;
            }

            if (!frame_sent(r, true)) {
                print_error("# frame %u (picture %u, layer %u/%u) refers to %u "
                            "(%u, %u/%u)\n",
                    i, f->picture, f->sid, f->tid, f->refs[k], r->picture,
                    r->sid, r->tid);
                fail();
            }
        }
    }
}


static void
check_all(void)
{
    unsigned holes;
    uint64_t i;
    const got_t *before;

    before = NULL;
    holes = 0;

    for (i = 0; i <= last - first; i++) {
        if (!got[i].used) {
            holes++;
            continue;
        }

        if (got[i].filler) {
            continue;
        }

        if (before != NULL) {
            check_pair(before, &got[i], holes);
        }

        total++;
        before = &got[i];
        holes = 0;
    }

    check_references();
}


static void
steer(void)
{
    static const unsigned heights[] = { 90, 180, 360, 720, 1000 };
    static const uint8_t tids[] = { 0, 1, MW_SLOT_TEMPORAL_ALL };

    switch (rnd(12)) {
    case 0:
        mw_slot_pause(slot, !mw_slot_paused(slot), now);
        break;

    case 1:
        mw_slot_break(slot, now);
        break;

    case 2:
    case 3:
    case 4:
        mw_slot_set_temporal(slot, tids[rnd(3)]);
        break;

    default:
        mw_slot_pause(slot, false, now);
        mw_slot_set_height(slot, heights[rnd(5)], now);
    }
}


static void
one_run(void)
{
    unsigned step;
    mw_pool_t *pool;
    mw_slot_conf_t conf;
    mw_source_clock_t clock;

    rnd_state = seed * 0x9e3779b97f4a7c15ull + 1;
    now = 1000 * MW_SEC;
    memset(&clock, 0, sizeof(clock));
    memset(&structure, 0, sizeof(structure));
    pool = mw_pool_create(16384);
    source = layer_source(pool, &clock, (unsigned) seed % MODES);

    memset(&conf, 0, sizeof(conf));
    conf.video = true;
    conf.ssrc = SLOT_SSRC;
    conf.rtx_ssrc = SLOT_RTX;
    conf.first_seq = (uint16_t) rnd(32768);
    conf.first_ts = rnd(1 << 30) * 4u;
    conf.pt[codec] = 100;
    conf.rtx_pt[codec] = 101;
    conf.ids.id[MW_EXT_DEPENDENCY] = DD_ID;
    conf.sink.write_rtp = write_rtp;
    conf.sink.write_rtcp = layer_nothing;
    slot = mw_slot_create(&conf);
    first = conf.first_seq;
    last = first;
    memset(got, 0, OUT * sizeof(got_t));

    mw_slot_set_height(slot, 360, now);
    mw_slot_assign(slot, source, now);

    for (step = 0; step < STEPS; step++) {
        now += STEP;

        if (step % 8 == 0) {
            layer_pictures();
        }

        layer_deliver(source);

        if (layer_armed <= now) {
            layer_armed = MW_NEVER;
            mw_source_timeout(source, now);
        }

        /* mostly with a keyframe; without one chains stay broken */
        if (rnd(seed / MODES % 2 == 0 ? 60 : 600) == 0) {
            steer();
        }
    }

    check_all();
    mw_slot_destroy(slot);
    mw_source_destroy(source);
    layer_free();
    assert_int_equal(0, mw_pool_used(pool));
    mw_pool_destroy(pool);
}


static void
a_decoder_accepts_it(void **state)
{
    (void) state;

    got = calloc(OUT, sizeof(got_t));
    assert_non_null(got);

    for (seed = 1; seed <= SEEDS; seed++) {
        one_run();
    }

    /* the runs met what they are for */
    print_message("# %u packets, %u switches, %u late, %u on broken chains\n",
        total, switches, lates, broken);
    assert_true(total > 400 * SEEDS);
    assert_true(switches > 3 * SEEDS);
    assert_true(lates > 10 * SEEDS);
    assert_true(broken > SEEDS);
    free(got);
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
        cmocka_unit_test_teardown(a_decoder_accepts_it, tell_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
