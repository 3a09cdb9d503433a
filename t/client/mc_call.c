/* The two media connections of a participant. */

#include <stdio.h>
#include <stdlib.h>

#include "mc_participant.h"


#define MC_MID_SCREEN "screen"


static void
mc_call_rtp_nothing(void *ctx, uint8_t *data, size_t len, mw_usec_t now)
{
    (void) ctx;
    (void) data;
    (void) len;
    (void) now;
}


static void
mc_call_up_rtcp(void *ctx, const uint8_t *data, size_t len, mw_usec_t now)
{
    mc_participant_t *who = ctx;

    mc_publish_rtcp(&who->publish, data, len, now);
}


static void
mc_call_up_state(void *ctx, mc_peer_state_t state, mw_usec_t now)
{
    mc_participant_t *who = ctx;

    if (state == MC_PEER_UP) {
        mc_publish_start(&who->publish, now);
        mc_participant_emit(who, "publishing", NULL);

    } else if (state == MC_PEER_FAILED) {
        mc_participant_emit(who, "publish-failed", NULL);
    }
}


static void
mc_call_down_rtp(void *ctx, uint8_t *data, size_t len, mw_usec_t now)
{
    mc_participant_t *who = ctx;

    if (who->first_frame == 0) {
        who->first_frame = now - who->started;
        mc_participant_emit(who, "first-packet", NULL);
    }

    mc_receive_rtp(&who->receive, data, len, now);
}


static void
mc_call_down_rtcp(void *ctx, const uint8_t *data, size_t len, mw_usec_t now)
{
    (void) ctx;
    (void) data;
    (void) len;
    (void) now;
}


static void
mc_call_down_state(void *ctx, mc_peer_state_t state, mw_usec_t now)
{
    mc_participant_t *who = ctx;

    if (state == MC_PEER_UP) {
        mc_receive_start(&who->receive, now);
        mc_participant_emit(who, "receiving", NULL);

    } else if (state == MC_PEER_FAILED) {
        mc_participant_emit(who, "subscribe-failed", NULL);
    }
}


static const mc_peer_handlers_t mc_call_up = { mc_call_rtp_nothing,
    mc_call_up_rtcp, mc_call_up_state };
static const mc_peer_handlers_t mc_call_down = { mc_call_down_rtp,
    mc_call_down_rtcp, mc_call_down_state };


static void
mc_call_track(
    mc_participant_t *who, const char *mid, bool video, unsigned layers)
{
    unsigned i;
    mc_track_t *track;
    mc_section_t *section;

    section = mc_offer_add(&who->up.offer, mid, video);

    for (i = 0; i < layers; i++) {
        track = mc_publish_add(&who->publish, mid, video, i, layers > 1);

        if (track != NULL && section != NULL) {
            section->ssrc = track->ssrc;
            section->rtx_ssrc = track->rtx_ssrc;
            section->simulcast = layers > 1;
            track->sent = who->conf->remb != 0;
        }
    }
}


static mc_track_t *
mc_call_find(mc_participant_t *who, const char *mid)
{
    unsigned i;

    for (i = 0; i + 1 < who->publish.count; i++) {
        if (strcmp(who->publish.track[i].mid, mid) == 0) {
            break;
        }
    }

    return &who->publish.track[i];
}


static json_t *
mc_call_tracks(const mc_offer_t *offer)
{
    unsigned i;
    json_t *tracks;
    const char *mid;

    tracks = json_array();

    for (i = 0; i < offer->count; i++) {
        mid = offer->sections[i].mid;
        json_array_append_new(
            tracks, json_pack("{ss ss}", "mid", mid, "kind", mid));
    }

    return tracks;
}


static json_t *
mc_call_pairs(const mc_conf_t *conf)
{
    unsigned i;
    json_t *slots;
    char audio[17], video[17];

    slots = json_array();

    for (i = 0; i < conf->pairs + conf->spare; i++) {
        snprintf(audio, sizeof(audio), "a%u", i);
        snprintf(video, sizeof(video), "v%u", i);

        json_array_append_new(
            slots, i < conf->pairs
                       ? json_pack("{si ss ss}", "slot", (int) i, "audio",
                           audio, "video", video)
                       : json_pack("{si ss}", "slot", (int) i, "audio", audio));
    }

    return slots;
}


static void
mc_call_offer(mc_participant_t *who, mc_connection_t *connection)
{
    char *sdp;
    bool up;
    mc_offer_t *offer;

    up = connection == &who->up;
    offer = &connection->offer;
    offer->send = up;
    offer->active = who->conf->raw;
    offer->revision++;
    mc_peer_offer(&connection->peer, offer);

    if (who->conf->liar) {
        offer->fingerprint[0] = offer->fingerprint[0] == '0' ? '1' : '0';
    }

    sdp = mc_offer_write(offer);
    if (sdp == NULL) {
        return;
    }

    who->offers++;
    mc_participant_send(who,
        json_pack("{ss sI sI ss so}", "type", up ? "publish" : "subscribe",
            "id", (json_int_t) ++who->requests, "revision",
            (json_int_t) offer->revision, "sdp", sdp, up ? "tracks" : "slots",
            up ? mc_call_tracks(offer) : mc_call_pairs(who->conf)));
    free(sdp);
}


static void
mc_call_publish(mc_participant_t *who)
{
    unsigned revision;

    if (!who->conf->mic && !who->conf->cam) {
        return;
    }

    if (who->up.made) {
        mc_publish_close(&who->publish);
        mc_peer_close(&who->up.peer);
    }

    revision = who->up.offer.revision;
    memset(&who->up, 0, sizeof(who->up));
    who->up.offer.revision = revision;
    who->up.offer.remb = who->conf->remb != 0;

    if (mc_peer_init(&who->up.peer, who->loop, &mc_call_up, who) != 0) {
        return;
    }

    who->up.made = true;
    who->up.peer.hello = who->conf->hello;
    mc_publish_init(&who->publish, who->loop, &who->up.peer, who->conf->media);

    if (who->conf->mic) {
        mc_call_track(who, "mic", false, 1);
    }

    if (who->conf->cam) {
        mc_call_track(who, "cam", true, who->conf->layers);
    }

    mc_call_offer(who, &who->up);
}


static void
mc_call_subscribe(mc_participant_t *who)
{
    char mid[17];
    unsigned i, revision;

    if (who->conf->pairs + who->conf->spare == 0) {
        return;
    }

    if (who->down.made) {
        mc_receive_close(&who->receive);
        mc_peer_close(&who->down.peer);
    }

    revision = who->down.offer.revision;
    memset(&who->down, 0, sizeof(who->down));
    who->down.offer.revision = revision;

    if (mc_peer_init(&who->down.peer, who->loop, &mc_call_down, who) != 0
        || mc_receive_init(&who->receive, who->loop, &who->down.peer) != 0)
    {
        return;
    }

    who->down.made = true;
    who->down.peer.hello = who->conf->hello;
    who->receive.nack = who->conf->nack;
    who->receive.remb = who->conf->remb;
    who->down.offer.remb = who->conf->remb != 0;
    who->down.offer.twcc = who->conf->twcc;

    for (i = 0; i < who->conf->pairs + who->conf->spare; i++) {
        snprintf(mid, sizeof(mid), "a%u", i);
        mc_offer_add(&who->down.offer, mid, false);

        if (i < who->conf->pairs) {
            snprintf(mid, sizeof(mid), "v%u", i);
            mc_offer_add(&who->down.offer, mid, true);
        }
    }

    mc_call_offer(who, &who->down);
}


void
mc_call_start(mc_participant_t *who, bool up, bool down)
{
    if (up) {
        mc_call_publish(who);
    }

    if (down) {
        mc_call_subscribe(who);
    }
}


static void
mc_call_halves(mc_participant_t *who, const mc_answer_t *answer)
{
    char kind;
    unsigned i, slot;
    const mc_section_t *s;

    for (i = 0; i < answer->count; i++) {
        s = &answer->sections[i];

        if (answer->accepted[i] && s->ssrc != 0
            && sscanf(s->mid, "%c%u", &kind, &slot) == 2)
        {
            mc_receive_half(
                &who->receive, slot, kind == 'v', s->ssrc, s->rtx_ssrc);
        }
    }
}


void
mc_call_answer(mc_participant_t *who, json_t *message, mw_usec_t now)
{
    bool up;
    mc_answer_t answer;
    mc_connection_t *connection;
    const char *which, *sdp;

    which = json_string_value(json_object_get(message, "connection"));
    sdp = json_string_value(json_object_get(message, "sdp"));

    if (which == NULL || sdp == NULL || mc_answer_read(&answer, sdp) != 0) {
        mc_participant_emit(who, "bad-answer", NULL);
        return;
    }

    up = strcmp(which, "publish") == 0;
    connection = up ? &who->up : &who->down;

    if (!connection->made
        || json_integer_value(json_object_get(message, "revision"))
               != connection->offer.revision)
    {
        return;
    }

    if (!up) {
        mc_call_halves(who, &answer);
    }

    mc_peer_answer(&connection->peer, &answer, now);
}


void
mc_call_slots(mc_participant_t *who, json_t *message, mw_usec_t now)
{
    size_t i;
    unsigned slot;
    json_t *one, *audio, *video;

    if (who->receive.half == NULL) {
        return;
    }

    json_array_foreach(json_object_get(message, "slots"), i, one)
    {
        slot = (unsigned) json_integer_value(json_object_get(one, "slot"));
        audio = json_object_get(one, "audio");
        video = json_object_get(one, "video");

        mc_receive_map(&who->receive, slot, false,
            json_is_integer(audio) ? (uint32_t) json_integer_value(audio)
                                   : MC_NO_SOURCE,
            now);
        mc_receive_map(&who->receive, slot, true,
            json_is_integer(video) ? (uint32_t) json_integer_value(video)
                                   : MC_NO_SOURCE,
            now);
    }
}


void
mc_call_screen(mc_participant_t *who, bool on)
{
    unsigned i;
    mc_track_t *track;
    mc_offer_t *offer;

    if (!who->up.made) {
        return;
    }

    offer = &who->up.offer;

    for (i = 0; i < offer->count; i++) {
        if (strcmp(offer->sections[i].mid, MC_MID_SCREEN) == 0) {
            offer->sections[i].inactive = !on;
            track = mc_call_find(who, MC_MID_SCREEN);
            track->active = on;
            track->want_key = true;
            track->due = mc_now();
            mc_call_offer(who, &who->up);
            return;
        }
    }

    if (on) {
        mc_call_track(who, MC_MID_SCREEN, true, 1);
        who->publish.track[who->publish.count - 1].due = mc_now();
        mc_call_offer(who, &who->up);
    }
}


static void
mc_call_restart_one(
    mc_participant_t *who, mc_connection_t *connection, bool rebind)
{
    if (!connection->made) {
        return;
    }

    if (rebind) {
        mc_peer_rebind(&connection->peer, true);
    }

    mc_peer_credentials(&connection->peer);
    mc_call_offer(who, connection);
}


void
mc_call_restart(mc_participant_t *who, bool rebind)
{
    mc_call_restart_one(who, &who->up, rebind);
    mc_call_restart_one(who, &who->down, rebind);
}


void
mc_call_cut(mc_participant_t *who, bool cut)
{
    who->up.peer.cut = cut;
    who->down.peer.cut = cut;
}


void
mc_call_rebind(mc_participant_t *who, bool aware)
{
    if (who->up.made) {
        mc_peer_rebind(&who->up.peer, aware);
    }

    if (who->down.made) {
        mc_peer_rebind(&who->down.peer, aware);
    }
}


void
mc_call_close(mc_participant_t *who)
{
    if (who->up.made) {
        mc_publish_close(&who->publish);
        mc_peer_close(&who->up.peer);
        who->up.made = false;
    }

    if (who->down.made) {
        mc_receive_close(&who->receive);
        mc_peer_close(&who->down.peer);
        who->down.made = false;
    }
}
