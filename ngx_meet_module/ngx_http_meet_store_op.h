/*
 * One write operation of the store, in plain C: what it does, what goes in,
 * what comes out.
 */

#ifndef NGX_HTTP_MEET_STORE_OP_H
#define NGX_HTTP_MEET_STORE_OP_H

#include "ngx_http_meet_store_types.h"


typedef enum {
    /*
     * in: room.name, .idle, .end, .settings (version is ignored), .key_id;
     * invites[], ninvites (1..8: id, kind, role, kdf, rounds, salt, verifier,
     * wrapped, key_id, expires).  out: room and invites complete.
     * EXISTS, LIMIT (rooms), INVALID.
     */
    NGX_HTTP_MEET_STORE_ROOM_CREATE = 1,

    /*
     * All that follow name the room by room.name and room.incarnation: GONE if
     * that incarnation is not there any more.  out: room as committed.
     *
     * in: `set` says which of room.settings, room.idle, room.end, room.key_id
     * and invites[] count; flags are changed under flags_mask; `expect` is the
     * settings version the change is based on, 0 for any.  out: version + 1,
     * invites[] as they are now if SET_INVITES.  CONFLICT: `room` holds what is
     * there.
     *
     * SET_INVITES: invites[] replaces all invites.  One with a serial stays as
     * it is stored (only .serial is read), one without is new and gets a
     * serial.  Those not named are REPLACED until `replaced_until` (when the
     * tokens made from them have ended: now + token lifetime); with 0 they,
     * and all replaced before, are REVOKED.  INVALID: none, an unknown serial,
     * or an id twice.
     */
    NGX_HTTP_MEET_STORE_ROOM_CHANGE,

    /*
     * in: person.participant and, as `set` says: SET_BAN: person.banned, when
     * the last token of that id has ended (now + token lifetime; 0 lifts the
     * ban).  SET_ROLE: person.role (_ROLE_NONE takes it back).  SET_DENIED:
     * those bits of person.denied that denied_mask names.  out: person, and
     * `before`: what it was.  Where there are too many people, the bans
     * that end first make room if there are more than BANS_MAX, otherwise what
     * is denied does, oldest first, then roles do (not for what is denied:
     * LIMIT).
     */
    NGX_HTTP_MEET_STORE_PERSON_CHANGE,

    /*
     * Compare-and-set: in: expect_placement as read, room.placement.worker.
     * out: room.placement with epoch + 1.  CONFLICT: room.placement is what
     * somebody else has set meanwhile: go there.
     */
    NGX_HTTP_MEET_STORE_PLACE,

    /*
     * in: entry.channel, .sender, .data, .len (data is copied by post()).
     * out: entry.sequence, entry.time_ms.  LIMIT, INVALID (too long).
     */
    NGX_HTTP_MEET_STORE_LOG_APPEND,

    /* somebody is there; costs nothing if the last touch is < 10 minutes old */
    NGX_HTTP_MEET_STORE_TOUCH,

    /*
     * The secret is zeroed and synced, then the record goes: from OK on, nobody
     * reads anything of it again.  Content is removed in the background.
     */
    NGX_HTTP_MEET_STORE_ROOM_DELETE,

    /* of the store itself: expiry, removal of the content of deleted rooms */
    NGX_HTTP_MEET_STORE_SWEEP,
    NGX_HTTP_MEET_STORE_PURGE,
    NGX_HTTP_MEET_STORE_RECOVER
} ngx_http_meet_store_verb_t;


#define NGX_HTTP_MEET_STORE_SET_FLAGS        0x01u
#define NGX_HTTP_MEET_STORE_SET_PARTICIPANTS 0x02u
#define NGX_HTTP_MEET_STORE_SET_RIGHTS       0x04u /* both */
#define NGX_HTTP_MEET_STORE_SET_IDLE         0x08u
#define NGX_HTTP_MEET_STORE_SET_END          0x10u
#define NGX_HTTP_MEET_STORE_SET_KEY_ID       0x20u
#define NGX_HTTP_MEET_STORE_SET_INVITES      0x40u
#define NGX_HTTP_MEET_STORE_SET_BAN          0x80u
#define NGX_HTTP_MEET_STORE_SET_ROLE         0x100u
#define NGX_HTTP_MEET_STORE_SET_DENIED       0x200u


typedef struct ngx_http_meet_store_op_s ngx_http_meet_store_op_t;

typedef void (*ngx_http_meet_store_handler_pt)(ngx_http_meet_store_op_t *op);

/*
 * One write.  The store owns it from post() on and destroys it after `handler`
 * returned; see ngx_http_meet_store.h.
 */
struct ngx_http_meet_store_op_s {
    ngx_http_meet_store_verb_t verb;
    ngx_http_meet_store_status_t status;
    ngx_http_meet_store_handler_pt handler; /* NULL: nobody waits */
    void *data;                             /* the caller's */

    ngx_http_meet_store_room_t room;

    uint32_t set;
    uint32_t flags_mask;
    uint64_t expect;
    ngx_http_meet_store_placement_t expect_placement;

    uint32_t ninvites;
    ngx_http_meet_store_invite_t invites[NGX_HTTP_MEET_STORE_INVITES_MAX];
    uint64_t replaced_until;

    ngx_http_meet_store_person_t person;
    ngx_http_meet_store_person_t before;
    uint8_t denied_mask;
    ngx_http_meet_store_entry_t entry;

    /* the store's own */
    ngx_http_meet_store_room_t *expired; /* sweep: room for a step's worth */
    uint32_t removed;                    /* rooms, or entries */
    uint32_t more;                       /* there is more to do: post again */
    uint64_t wait_ms;                    /* sweep: until the next pass */
    uint32_t slot;                       /* create: written */
    uint32_t wiped;                      /* a secret is zeroed */
    uint32_t panic;                      /* the store has to be reopened */
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX]; /* for the log, or empty */
    ngx_http_meet_store_op_t *next;
};


#endif /* NGX_HTTP_MEET_STORE_OP_H */
