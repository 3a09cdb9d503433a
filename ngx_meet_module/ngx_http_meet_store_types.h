/*
 * What the store keeps, in plain C: shared by its core, which knows LMDB and
 * OpenSSL but no nginx, and by its nginx side (ngx_http_meet_store.h).
 *
 * All structs are flat and of fixed size: they are copied, own nothing and
 * point nowhere, except `data` of a log entry and of an operation.  Times are
 * Unix seconds of the wall clock unless a name ends in _ms.
 */

#ifndef NGX_HTTP_MEET_STORE_TYPES_H
#define NGX_HTTP_MEET_STORE_TYPES_H

#include <stddef.h>
#include <stdint.h>


#define NGX_HTTP_MEET_STORE_NAME_MAX        64 /* bytes of a room id */
#define NGX_HTTP_MEET_STORE_ID_MAX          32 /* invite id, key id */
#define NGX_HTTP_MEET_STORE_SALT_MAX        32
#define NGX_HTTP_MEET_STORE_WRAPPED_MAX     128 /* wrapped room key */
#define NGX_HTTP_MEET_STORE_INCARNATION_LEN 16
#define NGX_HTTP_MEET_STORE_AUTH_LEN        32
#define NGX_HTTP_MEET_STORE_KEY_LEN         32 /* instance key */
#define NGX_HTTP_MEET_STORE_INVITES_MAX     8  /* of one room */
#define NGX_HTTP_MEET_STORE_ERROR_MAX       256

/* of one room: people it remembers something of, bans among them that leave
 * no space for anything else, replaced invites */
#define NGX_HTTP_MEET_STORE_PEOPLE_MAX   1024
#define NGX_HTTP_MEET_STORE_BANS_MAX     768
#define NGX_HTTP_MEET_STORE_REPLACED_MAX 64

#define NGX_HTTP_MEET_STORE_ROLE_NONE 0xff

/* one log entry, entries of a room, bytes of a room's entries */
#define NGX_HTTP_MEET_STORE_ENTRY_MAX     65536
#define NGX_HTTP_MEET_STORE_LOG_MAX       100000
#define NGX_HTTP_MEET_STORE_LOG_BYTES_MAX (256 * 1024 * 1024)

/* address space, not disk: the file grows with what is in it */
#ifndef NGX_HTTP_MEET_STORE_MAP_SIZE
#define NGX_HTTP_MEET_STORE_MAP_SIZE ((size_t) 16 << 30)
#endif

/* operations waiting for the storage thread of one nginx worker, and the
 * bytes of log entries that they carry */
#define NGX_HTTP_MEET_STORE_QUEUE_MAX       1024
#define NGX_HTTP_MEET_STORE_QUEUE_BYTES_MAX (16 * 1024 * 1024)

/* operations committed together */
#define NGX_HTTP_MEET_STORE_BATCH_MAX 64


typedef enum {
    NGX_HTTP_MEET_STORE_OK = 0,
    NGX_HTTP_MEET_STORE_GONE,     /* no such room, or another incarnation */
    NGX_HTTP_MEET_STORE_EXISTS,   /* the name is taken */
    NGX_HTTP_MEET_STORE_LIMIT,    /* rooms, invites or log entries */
    NGX_HTTP_MEET_STORE_CONFLICT, /* somebody else was faster: re-read */
    NGX_HTTP_MEET_STORE_INVALID,  /* the caller's fault: a field is wrong */
    NGX_HTTP_MEET_STORE_FULL,     /* map, disk or quota; logged */
    NGX_HTTP_MEET_STORE_ERROR     /* logged */
} ngx_http_meet_store_status_t;


/* bytes, not a C string; an empty one has len 0 */
typedef struct {
    uint8_t len;
    unsigned char data[NGX_HTTP_MEET_STORE_NAME_MAX];
} ngx_http_meet_store_name_t;

typedef struct {
    uint8_t len;
    unsigned char data[NGX_HTTP_MEET_STORE_ID_MAX];
} ngx_http_meet_store_id_t;


/* who runs the room's actor; {0, 0} until somebody placed it */
typedef struct {
    uint64_t worker; /* instance of a media worker */
    uint32_t epoch;  /* +1 with every change of `worker`, never reused */
} ngx_http_meet_store_placement_t;


/* `flags`, `rights_...` as in the ipc contract: MEET_ROOM_, MEET_RIGHT_ */
typedef struct {
    uint64_t version; /* 1 at first, +1 with every committed change */
    uint32_t flags;
    uint32_t participants; /* most at one time */
    uint32_t rights_viewer;
    uint32_t rights_participant;
} ngx_http_meet_store_settings_t;


typedef struct {
    ngx_http_meet_store_name_t name;
    uint64_t number; /* random, never 0 */
    unsigned char incarnation[NGX_HTTP_MEET_STORE_INCARNATION_LEN];
    uint64_t created;
    uint64_t active; /* last activity */
    uint32_t idle;   /* seconds without activity after which it expires */
    uint64_t end;    /* absolute end or 0 */
    ngx_http_meet_store_settings_t settings;
    ngx_http_meet_store_id_t key_id; /* of the room key in use */
    ngx_http_meet_store_placement_t placement;
    uint32_t serial;  /* of the newest invite */
    uint64_t expires; /* min(active + idle, end) */
} ngx_http_meet_store_room_t;


/*
 * `serial` is given by the store, rises within a room and is never reused: a
 * session token carries it, so that a replaced or revoked invite is known as
 * such.  A revoked invite is removed; of a replaced one all but the verifier
 * is kept, sealed, as long as tokens made from it may live.  `kind` and `kdf`
 * are the caller's numbers, `role` is MEET_ROLE_...
 */
typedef struct {
    ngx_http_meet_store_id_t id; /* unique within the room */
    uint32_t serial;
    uint8_t kind;
    uint8_t role;
    uint8_t kdf;     /* 0: none */
    uint32_t rounds; /* of the KDF */
    uint8_t salt_len;
    unsigned char salt[NGX_HTTP_MEET_STORE_SALT_MAX];
    unsigned char verifier[NGX_HTTP_MEET_STORE_AUTH_LEN]; /* SHA-256(auth) */
    uint8_t wrapped_len;
    unsigned char wrapped[NGX_HTTP_MEET_STORE_WRAPPED_MAX];
    ngx_http_meet_store_id_t key_id; /* of the wrapped key */
    uint64_t expires;                /* 0: with the room */
} ngx_http_meet_store_invite_t;


typedef enum {
    NGX_HTTP_MEET_STORE_INVITE_NONE = 0, /* never given out */
    NGX_HTTP_MEET_STORE_INVITE_LIVE,
    NGX_HTTP_MEET_STORE_INVITE_EXPIRED,  /* its own end has passed */
    NGX_HTTP_MEET_STORE_INVITE_REPLACED, /* nobody new, who is in may return */
    NGX_HTTP_MEET_STORE_INVITE_REVOKED   /* nobody */
} ngx_http_meet_store_invite_state_t;


/* what the room remembers of one participant id */
typedef struct {
    uint64_t participant;
    uint64_t banned; /* until then nobody comes in under this id; 0: not */
    uint64_t since;  /* of the last change */
    uint8_t role;    /* MEET_ROLE_... appointed, or _ROLE_NONE */
    uint8_t denied;  /* bit per MEET_KIND_...: may not publish it */
} ngx_http_meet_store_person_t;


/* entries come back in order of `sequence`, which starts at 1 and has no gap */
typedef struct {
    uint64_t sequence;
    uint64_t sender;
    uint64_t time_ms;
    uint16_t channel;
    uint32_t len;
    unsigned char *data;
} ngx_http_meet_store_entry_t;


/* how far somebody has read all of a room's channels; zeroed: nothing yet */
typedef struct {
    uint16_t channel;
    uint64_t sequence;
} ngx_http_meet_store_position_t;


#endif /* NGX_HTTP_MEET_STORE_TYPES_H */
