/* Names of records, and the check that each one passes before it is used. */

#include <stdbool.h>
#include <string.h>

#include "meet_body.h"


static const struct {
    uint16_t type;
    const char *name;
} meet_record_names[] = {
    { MEET_ROOM_OPEN, "room-open" },
    { MEET_ROOM_CLOSE, "room-close" },
    { MEET_ROOM_SETTINGS, "room-settings" },
    { MEET_SESSION_OPEN, "session-open" },
    { MEET_SESSION_CLOSE, "session-close" },
    { MEET_LEAVE, "leave" },
    { MEET_OFFER, "offer" },
    { MEET_STATE, "state" },
    { MEET_VIEW, "view" },
    { MEET_ANNOUNCE, "announce" },
    { MEET_TELL, "tell" },
    { MEET_MODERATE, "moderate" },
    { MEET_RESOURCE_OPEN, "resource-open" },
    { MEET_RESOURCE_PATCH, "resource-patch" },
    { MEET_RESOURCE_CLOSE, "resource-close" },
    { MEET_REPORT, "report" },
    { MEET_DONE, "done" },
    { MEET_WELCOME, "welcome" },
    { MEET_ANSWER, "answer" },
    { MEET_RESOURCE, "resource" },
    { MEET_JOINED, "joined" },
    { MEET_LEFT, "left" },
    { MEET_CHANGED, "changed" },
    { MEET_ENTRY, "entry" },
    { MEET_SETTINGS, "settings" },
    { MEET_SNAPSHOT, "snapshot" },
    { MEET_SLOTS, "slots" },
    { MEET_RIGHTS, "rights" },
    { MEET_LOBBY, "lobby" },
    { MEET_QUALITY, "quality" },
    { MEET_LAYERS, "layers" },
    { MEET_SPEAKERS, "speakers" },
    { MEET_TOLD, "told" },
    { MEET_END, "end" },
    { MEET_RELAY_LOAD, "relay-load" },
    { MEET_RELAY_ROOM, "relay-room" },
    { MEET_RELAY_CLOSE, "relay-close" },
    { MEET_RELAY_MEMBER, "relay-member" },
    { MEET_RELAY_LEFT, "relay-left" },
    { MEET_RELAY_HEARD, "relay-heard" },
    { MEET_RELAY_STATE, "relay-state" },
    { MEET_RELAY_SOURCE, "relay-source" },
    { MEET_RELAY_PACKET, "relay-packet" },
    { MEET_RELAY_REPORT, "relay-report" },
    { MEET_RELAY_WANT, "relay-want" },
    { MEET_RELAY_KEYFRAME, "relay-keyframe" },
};


static const char *const meet_status_names[] = {
    [MEET_OK] = "ok",
    [MEET_E_BAD_RECORD] = "internal",
    [MEET_E_STALE] = "stale",
    [MEET_E_NO_ROOM] = "no-room",
    [MEET_E_NO_PARTICIPANT] = "no-participant",
    [MEET_E_FORBIDDEN] = "forbidden",
    [MEET_E_ROOM_FULL] = "room-full",
    [MEET_E_BUSY] = "unavailable",
    [MEET_E_BAD_OFFER] = "bad-offer",
    [MEET_E_REVISION] = "revision",
    [MEET_E_LOCKED] = "room-locked",
    [MEET_E_REPLACED] = "replaced",
    [MEET_E_REMOVED] = "removed",
    [MEET_E_DELETED] = "deleted",
    [MEET_E_EXPIRED] = "expired",
    [MEET_E_ENDED] = "ended",
    [MEET_E_ABSENT] = "absent",
    [MEET_E_TIMEOUT] = "timeout",
    [MEET_E_GONE] = "unavailable",
    [MEET_E_VERSION] = "version",
    [MEET_E_PROOF] = "proof",
    [MEET_E_LIMIT] = "limit",
    [MEET_E_WAITING] = "waiting",
    [MEET_E_REJECTED] = "rejected",
    [MEET_E_PRECONDITION] = "precondition",
};


static const char *const meet_codec_names[MEET_CODECS] = {
    [MEET_CODEC_AUTO] = "auto",
    [MEET_CODEC_VP8] = "vp8",
    [MEET_CODEC_VP9] = "vp9",
    [MEET_CODEC_AV1] = "av1",
    [MEET_CODEC_H264] = "h264",
};


static const char *
meet_record_find(unsigned type)
{
    size_t i, n;

    n = sizeof(meet_record_names) / sizeof(*meet_record_names);

    for (i = 0; i < n; i++) {
        if (meet_record_names[i].type == type) {
            return meet_record_names[i].name;
        }
    }

    return NULL;
}


static bool
meet_record_known(unsigned type)
{
    return meet_record_find(type) != NULL;
}


unsigned
meet_record_minor(unsigned type)
{
    switch (type) {

    case MEET_RESOURCE_OPEN:
    case MEET_RESOURCE_PATCH:
    case MEET_RESOURCE_CLOSE:
    case MEET_REPORT:
    case MEET_RESOURCE:
    case MEET_QUALITY:
    case MEET_LAYERS:
        return 1;
    }

    return 0;
}


const char *
meet_record_name(unsigned type)
{
    const char *name;

    name = meet_record_find(type);

    return name == NULL ? "unknown" : name;
}


const char *
meet_status_name(unsigned status)
{
    if (status >= sizeof(meet_status_names) / sizeof(*meet_status_names)) {
        return "unknown";
    }

    return meet_status_names[status];
}


const char *
meet_codec_name(unsigned codec)
{
    return meet_codec_names[codec < MEET_CODECS ? codec : MEET_CODEC_AUTO];
}


/* takes `size` bytes off the front of the rest; false when they are not there */
static bool
meet_take(const uint8_t **p, size_t *len, void *dst, size_t size)
{
    if (*len < size) {
        return false;
    }

    if (dst != NULL) {
        memcpy(dst, *p, size);
    }

    *p += size;
    *len -= size;

    return true;
}


static bool
meet_check_offer(const uint8_t *p, size_t len)
{
    unsigned i;
    meet_offer_t offer;
    meet_track_t track;

    if (!meet_take(&p, &len, &offer, sizeof(offer))
        || offer.connection > MEET_CONNECTION_SUBSCRIBE
        || offer.tracks > MEET_TRACKS_MAX || offer.sdp_len > MEET_OFFER_MAX)
    {
        return false;
    }

    for (i = 0; i < offer.tracks; i++) {
        if (!meet_take(&p, &len, &track, sizeof(track))
            || track.kind > MEET_KIND_SCREEN || track.slot >= MEET_SLOTS_MAX)
        {
            return false;
        }
    }

    return len == offer.sdp_len;
}


static bool
meet_check_resource(const uint8_t *p, size_t len)
{
    meet_resource_open_t open;

    if (!meet_take(&p, &len, &open, sizeof(open))
        || open.connection > MEET_CONNECTION_SUBSCRIBE
        || open.role > MEET_ROLE_OWNER || open.name_len > MEET_NAME_MAX
        || open.sdp_len > MEET_OFFER_MAX
        || !meet_take(&p, &len, NULL, open.name_len))
    {
        return false;
    }

    return len == open.sdp_len;
}


static bool
meet_check_snapshot(const uint8_t *p, size_t len)
{
    uint32_t i;
    meet_snapshot_t snapshot;
    meet_participant_t who;

    if (!meet_take(&p, &len, &snapshot, sizeof(snapshot))
        || snapshot.first > snapshot.total
        || snapshot.participants > snapshot.total - snapshot.first)
    {
        return false;
    }

    for (i = 0; i < snapshot.participants; i++) {
        if (!meet_take(&p, &len, &who, sizeof(who))
            || who.number > MEET_NUMBER_MAX || who.name_len > MEET_NAME_MAX
            || !meet_take(&p, &len, NULL, who.name_len))
        {
            return false;
        }
    }

    return len == 0;
}


static bool
meet_check_lobby(const uint8_t *p, size_t len)
{
    uint32_t i;
    meet_lobby_t lobby;
    meet_waiting_t who;

    if (!meet_take(&p, &len, &lobby, sizeof(lobby))
        || lobby.entries > MEET_LOBBY_MAX)
    {
        return false;
    }

    for (i = 0; i < lobby.entries; i++) {
        if (!meet_take(&p, &len, &who, sizeof(who))
            || who.name_len > MEET_NAME_MAX
            || !meet_take(&p, &len, NULL, who.name_len))
        {
            return false;
        }
    }

    return len == 0;
}


static bool
meet_check_packet(const uint8_t *p, size_t len)
{
    meet_relay_packet_t packet;

    return meet_take(&p, &len, &packet, sizeof(packet))
           && packet.layer < MEET_RELAY_LAYERS
           && packet.payload <= MEET_RELAY_PAYLOAD
           && len
                  == (size_t) packet.level + packet.orientation
                         + packet.capture_time + packet.dependency
                         + packet.payload;
}


/* bodies between media workers */
static bool
meet_check_relay(unsigned type, const uint8_t *p, size_t len)
{
    meet_relay_member_t member;
    meet_relay_state_t state;
    meet_relay_source_t source;
    meet_relay_report_t report;

    switch (type) {

    case MEET_RELAY_LOAD:
        return len == sizeof(meet_relay_load_t);

    case MEET_RELAY_ROOM:
        return len == sizeof(meet_room_t);

    case MEET_RELAY_CLOSE:
    case MEET_RELAY_LEFT:
        return len == 0;

    case MEET_RELAY_MEMBER:
        return len == sizeof(member)
               && meet_take(&p, &len, &member, sizeof(member))
               && member.number <= MEET_NUMBER_MAX
               && member.role <= MEET_ROLE_OWNER;

    case MEET_RELAY_STATE:
        return len == sizeof(state)
               && meet_take(&p, &len, &state, sizeof(state))
               && state.up <= MEET_GRADE_GOOD && state.down <= MEET_GRADE_GOOD;

    case MEET_RELAY_SOURCE:
        return len == sizeof(source)
               && meet_take(&p, &len, &source, sizeof(source))
               && source.layers <= MEET_RELAY_LAYERS;

    case MEET_RELAY_PACKET:
        return meet_check_packet(p, len);

    case MEET_RELAY_REPORT:
        return len == sizeof(report)
               && meet_take(&p, &len, &report, sizeof(report))
               && report.layer < MEET_RELAY_LAYERS;

    case MEET_RELAY_WANT:
    case MEET_RELAY_KEYFRAME:
        return len == sizeof(meet_relay_want_t);
    }

    return false;
}


/* a count, then that many entries of one size */
static bool
meet_check_array(const uint8_t *p, size_t len, size_t head, size_t count_at,
    size_t entry, uint32_t max)
{
    uint32_t n;

    if (len < head) {
        return false;
    }

    memcpy(&n, p + count_at, sizeof(n));

    return n <= max && len - head == n * entry;
}


/* a struct whose length field announces the bytes behind it */
static bool
meet_check_tail16(
    const uint8_t *p, size_t len, size_t head, size_t len_at, size_t max)
{
    uint16_t n;

    if (len < head) {
        return false;
    }

    memcpy(&n, p + len_at, sizeof(n));

    return n <= max && len - head == n;
}


static bool
meet_check_tail32(
    const uint8_t *p, size_t len, size_t head, size_t len_at, size_t max)
{
    uint32_t n;

    if (len < head) {
        return false;
    }

    memcpy(&n, p + len_at, sizeof(n));

    return n <= max && len - head == n;
}


static bool
meet_check_body(unsigned type, const uint8_t *p, size_t len)
{
    switch (type) {

    case MEET_ROOM_OPEN:
    case MEET_ROOM_SETTINGS:
    case MEET_SETTINGS:
        return len == sizeof(meet_room_t);

    case MEET_ROOM_CLOSE:
    case MEET_END:
        return len == sizeof(meet_close_t);

    case MEET_SESSION_OPEN:
        return meet_check_tail16(p, len, sizeof(meet_session_open_t),
            offsetof(meet_session_open_t, name_len), MEET_NAME_MAX);

    case MEET_SESSION_CLOSE:
    case MEET_LEAVE:
    case MEET_DONE:
        return len == 0;

    case MEET_OFFER:
        return meet_check_offer(p, len);

    case MEET_STATE:
        return meet_check_tail16(p, len, sizeof(meet_state_t),
            offsetof(meet_state_t, name_len), MEET_NAME_MAX);

    case MEET_VIEW:
        return meet_check_array(p, len, sizeof(meet_view_t),
            offsetof(meet_view_t, entries), sizeof(meet_view_entry_t),
            MEET_VIEW_MAX);

    case MEET_ANNOUNCE:
    case MEET_ENTRY:
        return meet_check_tail32(p, len, sizeof(meet_entry_t),
            offsetof(meet_entry_t, len), MEET_MESSAGE_MAX);

    case MEET_TELL:
    case MEET_TOLD:
        return meet_check_tail32(p, len, sizeof(meet_tell_t),
            offsetof(meet_tell_t, len), MEET_MESSAGE_MAX);

    case MEET_MODERATE:
        return len == sizeof(meet_moderate_t);

    case MEET_RESOURCE_OPEN:
        return meet_check_resource(p, len);

    case MEET_RESOURCE_PATCH:
        return meet_check_tail32(p, len, sizeof(meet_resource_patch_t),
            offsetof(meet_resource_patch_t, sdp_len), MEET_FRAGMENT_MAX);

    case MEET_RESOURCE_CLOSE:
        return len == sizeof(meet_resource_t);

    case MEET_REPORT:
        return len == sizeof(meet_report_t);

    case MEET_WELCOME:
        return len == sizeof(meet_welcome_t);

    case MEET_ANSWER:
        return meet_check_tail32(p, len, sizeof(meet_answer_t),
            offsetof(meet_answer_t, sdp_len), MEET_OFFER_MAX);

    case MEET_RESOURCE:
        return meet_check_tail32(p, len, sizeof(meet_resource_answer_t),
            offsetof(meet_resource_answer_t, sdp_len), MEET_OFFER_MAX);

    case MEET_JOINED:
    case MEET_CHANGED:
        return meet_check_tail16(p, len, sizeof(meet_participant_t),
            offsetof(meet_participant_t, name_len), MEET_NAME_MAX);

    case MEET_LEFT:
        return len == sizeof(meet_left_t);

    case MEET_SNAPSHOT:
        return meet_check_snapshot(p, len);

    case MEET_SLOTS:
        return meet_check_array(p, len, sizeof(meet_slots_t),
            offsetof(meet_slots_t, entries), sizeof(meet_slot_t),
            MEET_SLOTS_MAX);

    case MEET_RIGHTS:
        return len == sizeof(meet_rights_t);

    case MEET_LOBBY:
        return meet_check_lobby(p, len);

    case MEET_QUALITY:
        return meet_check_array(p, len, sizeof(meet_quality_t),
            offsetof(meet_quality_t, entries), sizeof(meet_grade_t),
            MEET_QUALITY_MAX);

    case MEET_LAYERS:
        return meet_check_array(p, len, sizeof(meet_layers_t),
            offsetof(meet_layers_t, entries), sizeof(meet_layer_set_t),
            MEET_LAYER_SETS_MAX);

    case MEET_SPEAKERS:
        return meet_check_array(p, len, sizeof(meet_speakers_t),
            offsetof(meet_speakers_t, entries), sizeof(meet_speaker_t),
            MEET_SLOTS_MAX);

    case MEET_RELAY_HEARD:
        return meet_check_array(p, len, sizeof(meet_relay_heard_t),
            offsetof(meet_relay_heard_t, entries), sizeof(uint32_t),
            MEET_RELAY_EARS);
    }

    return meet_check_relay(type, p, len);
}


uint32_t
meet_record_check(const meet_record_t *header, const uint8_t *body, size_t len)
{
    size_t list;

    if (header->audience > MEET_TO_LIST
        || (header->audience != MEET_TO_LIST && header->list != 0)
        || (header->request != 0 && header->list != 0))
    {
        return MEET_E_BAD_RECORD;
    }

    list = header->list * sizeof(uint64_t);

    if (list > len) {
        return MEET_E_BAD_RECORD;
    }

    if (!meet_record_known(header->type)) {
        return MEET_E_VERSION;
    }

    if (!meet_check_body(header->type, body + list, len - list)) {
        return MEET_E_BAD_RECORD;
    }

    return MEET_OK;
}
