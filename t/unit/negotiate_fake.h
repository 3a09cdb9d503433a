/* Participants with offers: rooms of room_fake.h that have media. */

#ifndef NEGOTIATE_FAKE_H
#define NEGOTIATE_FAKE_H

#include "room_fake.h"

#include "mw_srtp.h"

#include <stdio.h>

#define SDP_ROOM (64 * 1024)

typedef struct {
    const char *mid;
    const char *direction; /* "sendonly", "recvonly", "inactive" */
    uint8_t kind;
    uint8_t slot;
} line_t;

static char sdp[SDP_ROOM];
static char answer[SDP_ROOM];
static const char *ufrag;
static char digit;  /* of the fingerprint */
static bool modern; /* as browsers offer: feedback of all kinds, simulcast */
static mw_udp_t *udp;


static inline int
setup_media(void **state)
{
    const char *err;
    mw_udp_conf_t conf;

    assert_int_equal(setup(state), 0);

    memset(&conf, 0, sizeof(conf));
    conf.nlisten = 1;
    conf.listen[0].kind = MW_ADDR_UDP;
    conf.listen[0].ip[10] = 0xff;
    conf.listen[0].ip[11] = 0xff;
    conf.listen[0].ip[12] = 127;
    conf.listen[0].ip[15] = 1;

    assert_int_equal(mw_srtp_init(), MW_OK);
    udp = mw_udp_create(&conf, &err);
    assert_non_null(udp);

    context->udp = udp;
    context->packets = mw_pool_create(256);
    ufrag = "abcd";
    digit = 'A';

    return 0;
}


static inline int
teardown_media(void **state)
{
    unsigned i;
    mw_pool_t *packets;

    packets = context->packets;

    for (i = 0; i < NGINX; i++) {
        detach(&nginx[i]);
    }

    mw_rooms_clear(&rooms, now);
    mw_udp_destroy(udp);
    mw_pool_destroy(packets);
    mw_srtp_exit();

    rooms.deleted = NULL;

    return teardown(state);
}


static inline void
say(const char *format, ...)
{
    va_list args;
    size_t len;

    len = strlen(sdp);

    va_start(args, format);
    (void) vsnprintf(sdp + len, sizeof(sdp) - len, format, args);
    va_end(args);
}


static inline void
write_offer(const line_t *lines, unsigned n)
{
    unsigned i;
    bool video;

    sdp[0] = '\0';

    say("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");

    for (i = 0; i < n; i++) {
        say(" %s", lines[i].mid);
    }

    say("\r\n");

    for (i = 0; i < n; i++) {
        video = (lines[i].kind & 1u) != 0;

        say("m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\n",
            video ? "video" : "audio",
            video    ? "96 97"
            : modern ? "111 63"
                     : "111");
        say("a=ice-ufrag:%s\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n", ufrag);
        say("a=fingerprint:sha-256 %c0:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:"
            "0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n",
            digit);
        say("a=setup:actpass\r\na=mid:%s\r\na=%s\r\na=rtcp-mux\r\n",
            lines[i].mid, lines[i].direction);
        say("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");

        if (video) {
            say("a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n"
                "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n");

        } else {
            say("a=rtpmap:111 opus/48000/2\r\n");
        }

        if (modern && !video) {
            say("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n");
        }

        if (modern) {
            say("a=extmap:5 "
                "http://www.ietf.org/id/draft-holmer-rmcat-transport-"
                "wide-cc-extensions-01\r\na=rtcp-fb:%u transport-cc\r\n",
                video ? 96 : 111);
        }

        if (modern && video && strcmp(lines[i].direction, "sendonly") == 0) {
            say("a=extmap:10 "
                "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n");
            say("a=rid:a send\r\na=rid:b send\r\na=rid:c send\r\n"
                "a=simulcast:send a;b;c\r\n");
        }
    }
}


static inline void
put_offer(nginx_t *n, uint64_t who, uint32_t session, uint8_t connection,
    uint32_t revision, const line_t *lines, unsigned nlines)
{
    size_t len;
    unsigned i;
    meet_offer_t offer;
    meet_track_t track;
    static uint8_t body[MEET_BODY_MAX];

    memset(&offer, 0, sizeof(offer));
    offer.revision = revision;
    offer.connection = connection;
    offer.tracks = (uint16_t) nlines;
    offer.sdp_len = (uint32_t) strlen(sdp);

    memcpy(body, &offer, sizeof(offer));
    len = sizeof(offer);

    for (i = 0; i < nlines; i++) {
        memset(&track, 0, sizeof(track));
        memcpy(track.mid, lines[i].mid, strlen(lines[i].mid));
        track.kind = lines[i].kind;
        track.slot = lines[i].slot;
        memcpy(body + len, &track, sizeof(track));
        len += sizeof(track);
    }

    memcpy(body + len, sdp, offer.sdp_len);

    put(n, MEET_OFFER, who, session, body, len + offer.sdp_len);
}


/* events before it are passed over; the text is in `answer` */
static inline void
expect_answer(nginx_t *n, unsigned status)
{
    meet_answer_t reply;

    do {
        assert_non_null(get(n));
    } while (got->header.type != MEET_ANSWER);

    assert_string_equal(
        meet_status_name(got->header.status), meet_status_name(status));
    memcpy(&reply, got->body, sizeof(reply));
    assert_in_range(reply.sdp_len, 0, sizeof(answer) - 1);
    memcpy(answer, got->body + sizeof(reply), reply.sdp_len);
    answer[reply.sdp_len] = '\0';
}


static inline void
offer(nginx_t *n, uint64_t who, uint32_t session, uint8_t connection,
    uint32_t revision, const line_t *lines, unsigned nlines, unsigned status)
{
    write_offer(lines, nlines);
    put_offer(n, who, session, connection, revision, lines, nlines);
    turn();
    expect_answer(n, status);
}


/* the last record of a type among all that wait; false: none */
static inline bool
last_of(nginx_t *n, uint16_t type, record_t *r)
{
    bool found;

    found = false;

    while (get(n) != NULL) {
        if (got->header.type == type) {
            memcpy(r, got, sizeof(*r));
            found = true;
        }
    }

    return found;
}


static inline uint8_t
published(const record_t *r)
{
    meet_participant_t who;

    memcpy(&who, r->body, sizeof(who));

    return who.published;
}


static inline meet_slot_t
slot(const record_t *r, unsigned i)
{
    meet_slot_t s;
    meet_slots_t slots;

    memcpy(&slots, r->body, sizeof(slots));
    assert_true(i < slots.entries);
    memcpy(&s, r->body + sizeof(slots) + i * sizeof(s), sizeof(s));

    return s;
}


static inline void
view(nginx_t *n, uint64_t who, uint32_t session, uint32_t source)
{
    meet_view_t v;
    meet_view_entry_t entry;
    uint8_t body[sizeof(v) + sizeof(entry)];

    memset(&v, 0, sizeof(v));
    memset(&entry, 0, sizeof(entry));
    v.entries = 1;
    entry.source = source;
    entry.height = 720;
    memcpy(body, &v, sizeof(v));
    memcpy(body + sizeof(v), &entry, sizeof(entry));

    put(n, MEET_VIEW, who, session, body, sizeof(body));
}


static const line_t mic_cam[] = {
    { "0", "sendonly", MEET_KIND_MIC, 0 },
    { "1", "sendonly", MEET_KIND_CAM, 0 },
};

static const line_t two_pairs[] = {
    { "0", "recvonly", MEET_KIND_MIC, 0 },
    { "1", "recvonly", MEET_KIND_CAM, 0 },
    { "2", "recvonly", MEET_KIND_MIC, 1 },
    { "3", "recvonly", MEET_KIND_CAM, 1 },
    { "4", "recvonly", MEET_KIND_MIC, 2 },
};


#endif /* NEGOTIATE_FAKE_H */
