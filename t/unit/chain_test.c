/*
 * Frames that never come: who cannot decode without them gets fewer layers or a
 * keyframe, and nobody else notices.
 */

#include "dd_sender.h"
#include "media_fixture.h"

#define CAM    0x101 /* low two bits: the kind */
#define SIDS   3
#define LOW    90
#define EXT_ID 11
#define TICK   (40 * MW_MSEC)

/* by then what is lost has been given up, and a keyframe was asked for */
#define GIVEN_UP (300 * MW_MSEC / TICK + 5)

static mw_pool_t *pool;
static mw_source_clock_t rtp_clock;
static publisher_t pub;
static mw_source_t *source;
static mw_slot_t *slots[SIDS];
static mw_usec_t now;
static uint16_t seq;
static unsigned n, plis;
static dd_sender_t sender;

/* what each slot was sent: frames of layers and of pictures */
static unsigned sent[SIDS][SIDS], pictures_sent[SIDS];
static bool keys; /* what is asked for is sent */


static mw_rc_t
sink_frame(void *owner, const mw_rtp_out_t *out, mw_usec_t at)
{
    unsigned slot;
    mw_dd_t d;
    mw_rtp_t rtp;
    mw_ext_ids_t ids = { { 0 } };
    static mw_dd_structure_t structures[SIDS];

    (void) at;

    if (out->body_len == 0) {
        return MW_OK; /* into the number left for what went elsewhere */
    }

    slot = (unsigned) ((mw_slot_t **) owner - slots);
    ids.id[MW_EXT_DEPENDENCY] = EXT_ID;
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, out->header, out->header_len));
    mw_rtp_read_exts(&rtp, &ids);
    assert_int_equal(
        MW_OK, mw_dd_parse(&d, &structures[slot], rtp.ext[MW_EXT_DEPENDENCY],
                   rtp.ext_len[MW_EXT_DEPENDENCY]));
    sent[slot][d.sid]++;
    pictures_sent[slot] += rtp.marker;

    return MW_OK;
}


static mw_rc_t
sink_nothing(void *owner, const uint8_t *data, size_t len, mw_usec_t at)
{
    (void) owner;
    (void) data;
    (void) len;
    (void) at;

    return MW_OK;
}


static void
set_up(bool alone)
{
    unsigned i;
    mw_slot_conf_t conf;

    now = 1000 * MW_SEC;
    seq = 65000;
    n = 0;
    plis = 0;
    keys = true;
    memset(&sender, 0, sizeof(sender));
    sender.sids = SIDS;
    sender.tids = 3;
    sender.alone = alone;
    sender.height = LOW;
    sender.frame = 65500;
    memset(&rtp_clock, 0, sizeof(rtp_clock));
    pool = mw_pool_create(4096);
    source = make_source(&pub, pool, &rtp_clock, CAM);

    memset(&conf, 0, sizeof(conf));
    conf.video = true;
    conf.ssrc = SLOT_SSRC;
    conf.pt[MW_CODEC_AV1] = 100;
    conf.ids.id[MW_EXT_DEPENDENCY] = EXT_ID;
    conf.sink.write_rtp = sink_frame;
    conf.sink.write_rtcp = sink_nothing;

    for (i = 0; i < SIDS; i++) {
        conf.sink.owner = &slots[i];
        slots[i] = mw_slot_create(&conf);
        mw_slot_set_height(slots[i], LOW << i, now);
        mw_slot_assign(slots[i], source, now);
    }
}


static void
tear_down(void)
{
    unsigned i;

    for (i = 0; i < SIDS; i++) {
        mw_slot_destroy(slots[i]);
    }

    mw_source_destroy(source);
    assert_int_equal(0, mw_pool_used(pool));
    mw_pool_destroy(pool);
}


/* one packet of two of the frame that comes next */
static void
packet(unsigned sid, unsigned tid, bool key, bool start, uint16_t number)
{
    size_t len;
    mw_rtp_t rtp;
    mw_demux_hit_t hit;
    uint8_t dd[DD_SENDER_MAX], payload[8] = { 0x10, 0x30, 1, 2, 3, 4, 5, 6 };

    len = dd_write(&sender, sid, tid, key, start, !start, dd);
    payload[0] = key && sid == 0 && start ? 0x18 : 0x10;

    memset(&rtp, 0, sizeof(rtp));
    rtp.payload = payload;
    rtp.payload_len = sizeof(payload);
    rtp.ts = n * 3600u;
    rtp.ssrc = SOURCE_SSRC;
    rtp.seq = number;
    rtp.marker = !start && sid + 1 == SIDS;
    rtp.ext[MW_EXT_DEPENDENCY] = dd;
    rtp.ext_len[MW_EXT_DEPENDENCY] = (uint8_t) len;

    memset(&hit, 0, sizeof(hit));
    hit.track = source;
    hit.codec = MW_CODEC_AV1;
    hit.ssrc = SOURCE_SSRC;
    assert_int_equal(MW_OK, mw_source_input(source, &rtp, &hit, now));
}


/* layers 0 2 1 2; of the frames of layers in `lost` the second half */
static void
picture(unsigned lost)
{
    bool key;
    unsigned sid, tid;
    static const unsigned tids[4] = { 0, 2, 1, 2 };

    key = sender.frame == 65500 || (keys && plis != pub.plis);
    n = key ? (n + 3) / 4 * 4 : n;
    plis = keys ? pub.plis : plis;
    tid = tids[n % 4];

    for (sid = 0; sid < SIDS; sid++) {
        packet(sid, tid, key, true, seq);

        if ((lost & 1u << sid) == 0) {
            packet(sid, tid, key, false, (uint16_t) (seq + 1));
        }

        seq = (uint16_t) (seq + 2);
        dd_next(&sender, sid, tid, key);
    }

    n++;
    now += TICK;
    mw_source_timeout(source, now);
}


static void
pictures(unsigned count)
{
    while (count-- > 0) {
        picture(0);
    }
}


/* up to one before the next of the lowest temporal layer */
static void
align(void)
{
    pictures(40 - n % 4);
    assert_int_equal(0, pub.plis);
}


static void
clear(void)
{
    memset(sent, 0, sizeof(sent));
    memset(pictures_sent, 0, sizeof(pictures_sent));
}


static void
a_keyframe_where_layers_are_alone(void **state)
{
    unsigned i;

    (void) state;

    set_up(true);
    align();
    clear();
    keys = false;
    picture(1u << 2);
    pictures(2);
    assert_int_equal(0, pub.plis); /* it may still come */

    for (i = 0; i < SIDS; i++) {
        assert_int_equal(MW_SLOT_LIVE, mw_slot_state(slots[i]));
    }

    pictures(GIVEN_UP);
    assert_true(pub.plis > 0);
    assert_int_equal(MW_SLOT_WAITING, mw_slot_state(slots[2]));
    assert_int_equal(MW_SLOT_LIVE, mw_slot_state(slots[1]));
    assert_int_equal(MW_SLOT_LIVE, mw_slot_state(slots[0]));

    clear();
    pictures(8);
    assert_int_equal(0, sent[2][2]);
    assert_int_equal(16, sent[1][1]);
    assert_int_equal(16, sent[0][0]);

    /* then all of it */
    keys = true;
    pictures(2);
    clear();
    pictures(8);
    assert_int_equal(16, sent[2][2]);
    assert_int_equal(8, pictures_sent[2]);
    tear_down();
}


static void
fewer_layers_where_they_build_on_each_other(void **state)
{
    (void) state;

    set_up(false);
    align();
    keys = false;
    picture(1u << 2);
    pictures(GIVEN_UP);
    assert_true(pub.plis > 0);

    clear();
    pictures(8);
    assert_int_equal(MW_SLOT_LIVE, mw_slot_state(slots[2]));
    assert_int_equal(0, sent[2][2]);
    assert_int_equal(16, sent[2][1]);
    assert_int_equal(16, sent[2][0]);
    assert_int_equal(8, pictures_sent[2]);

    keys = true;
    pictures(2);
    clear();
    pictures(8);
    assert_int_equal(16, sent[2][2]);
    assert_int_equal(8, pictures_sent[2]);

    /* without the lowest there is none */
    while (n % 4 != 0) {
        picture(0);
    }

    keys = false;
    picture(1u << 0);
    pictures(GIVEN_UP);
    assert_int_equal(MW_SLOT_WAITING, mw_slot_state(slots[2]));
    assert_int_equal(MW_SLOT_WAITING, mw_slot_state(slots[0]));
    tear_down();
}


static void
what_nothing_hangs_on_is_not_missed(void **state)
{
    unsigned i;

    (void) state;

    set_up(true);
    align();

    for (i = 0; i < 3; i++) {
        pictures(1);
        picture(7);
        pictures(2);
    }

    pictures(GIVEN_UP);
    assert_int_equal(0, pub.plis);
    assert_int_equal(MW_SLOT_LIVE, mw_slot_state(slots[2]));
    tear_down();
}


static void
what_comes_late_is_there(void **state)
{
    uint16_t hole;
    dd_sender_t then, after;

    (void) state;

    set_up(true);
    align();
    hole = (uint16_t) (seq + 5);
    then = sender;
    dd_next(&then, 0, 0, false);
    dd_next(&then, 1, 0, false);
    picture(1u << 2);
    pictures(4);

    after = sender;
    sender = then;
    n -= 5;
    packet(2, 0, false, false, hole);
    n += 5;
    sender = after;
    pictures(GIVEN_UP);
    assert_int_equal(0, pub.plis);
    assert_int_equal(MW_SLOT_LIVE, mw_slot_state(slots[2]));
    tear_down();
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_keyframe_where_layers_are_alone),
        cmocka_unit_test(fewer_layers_where_they_build_on_each_other),
        cmocka_unit_test(what_nothing_hangs_on_is_not_missed),
        cmocka_unit_test(what_comes_late_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
