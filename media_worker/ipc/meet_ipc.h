/*
 * The contract between nginx and the media workers: version, names and
 * numbers that both sides share.
 *
 *   meet_ctl.h     messages on control.sock (bootstrap, life and death)
 *   meet_region.h  the shared memory of one nginx worker and one media worker
 *   meet_ring.h    the byte ring inside it
 *   meet_record.h  the header of a record, record types, audiences
 *   meet_body.h    the bodies of records and their validation
 *
 * Host byte order throughout (both processes run on one machine), fixed-width
 * integers, offsets instead of pointers, every size asserted.  Strings are
 * UTF-8 without a terminating zero.
 */

#ifndef MEET_IPC_H
#define MEET_IPC_H

#include <stddef.h>
#include <stdint.h>


#define MEET_IPC_MAGIC 0x4d454554u /* "MEET" */

/* a peer of the same major and of this or the previous minor is accepted */
#define MEET_IPC_MAJOR 1
#define MEET_IPC_MINOR 1

#define MEET_KEY_LEN         32  /* instance key, proofs, nonces */
#define MEET_INCARNATION_LEN 16  /* random, one per life of a room */
#define MEET_NAME_MAX        256 /* bytes of a name of 64 characters */
#define MEET_VERIFIER_LEN    32  /* SHA-256 of a secret */
#define MEET_MID_MAX         16 /* RFC 8843 section 9.1 leaves it open; we do not */
#define MEET_OFFER_MAX       (256 * 1024)
#define MEET_MESSAGE_MAX     (64 * 1024)
#define MEET_FRAGMENT_MAX    (16 * 1024) /* trickle-ice-sdpfrag, RFC 8840 */


/* who attaches to the supervisor */
typedef enum {
    MEET_ROLE_NGINX = 1
} meet_process_role_t;


/*
 * A source is one published track.  Its 32-bit id, stamped as CSRC on every
 * packet that carries it, is the participant's number within the room shifted
 * left by two, plus the kind: no table is needed on either side.
 */
#define MEET_KIND_MIC          0
#define MEET_KIND_CAM          1
#define MEET_KIND_SCREEN_AUDIO 2
#define MEET_KIND_SCREEN       3

#define MEET_SOURCE(number, kind) ((uint32_t) (number) << 2 | (uint32_t) (kind))
#define MEET_SOURCE_NUMBER(id)    ((uint32_t) (id) >> 2)
#define MEET_SOURCE_KIND(id)      ((uint32_t) (id) &3u)
#define MEET_NUMBER_MAX           0x3fffffffu


/* roles, from the invite or appointed; see the matrix in protocol.md */
#define MEET_ROLE_VIEWER      0
#define MEET_ROLE_PARTICIPANT 1
#define MEET_ROLE_MODERATOR   2
#define MEET_ROLE_OWNER       3

/* rights in force, a bit mask */
#define MEET_RIGHT_MIC      0x0001u
#define MEET_RIGHT_CAM      0x0002u
#define MEET_RIGHT_SCREEN   0x0004u
#define MEET_RIGHT_CHAT     0x0008u
#define MEET_RIGHT_TELL     0x0010u /* to-participant messages */
#define MEET_RIGHT_SETTINGS 0x0020u /* lock, limits */
#define MEET_RIGHT_MODERATE 0x0040u /* mute, remove, end */
#define MEET_RIGHT_DELETE   0x0080u
#define MEET_RIGHTS_PUBLISH 0x0007u
#define MEET_RIGHTS_ALL     0x00ffu


/* two connections per participant, both offered by the client */
#define MEET_CONNECTION_PUBLISH   0
#define MEET_CONNECTION_SUBSCRIBE 1

#define MEET_SLOTS_MAX  64  /* pairs and spare audio slots of one participant */
#define MEET_TRACKS_MAX 128 /* m-sections of one offer */
#define MEET_VIEW_MAX   64
#define MEET_LOBBY_MAX  200


/* status of a reply and reason of an end; names are part of protocol.md */
#define MEET_OK               0
#define MEET_E_BAD_RECORD     1 /* malformed: our own fault */
#define MEET_E_STALE          2 /* older epoch, or a deleted incarnation */
#define MEET_E_NO_ROOM        3 /* not opened here */
#define MEET_E_NO_PARTICIPANT 4
#define MEET_E_FORBIDDEN      5
#define MEET_E_ROOM_FULL      6
#define MEET_E_BUSY           7 /* too many rooms, or draining */
#define MEET_E_BAD_OFFER      8 /* SDP we cannot read or will not accept */
#define MEET_E_REVISION       9 /* not newer than the last one */
#define MEET_E_LOCKED         10
#define MEET_E_REPLACED       11 /* a newer socket of the same participant */
#define MEET_E_REMOVED        12
#define MEET_E_DELETED        13 /* the room and everything in it is gone */
#define MEET_E_EXPIRED        14
#define MEET_E_ENDED          15 /* the call was ended for everybody */
#define MEET_E_ABSENT         16 /* neither socket nor consent for too long */
#define MEET_E_TIMEOUT        17
#define MEET_E_GONE           18 /* the media worker is gone */
#define MEET_E_VERSION        19
#define MEET_E_PROOF          20
#define MEET_E_LIMIT          21
#define MEET_E_WAITING        22 /* in the lobby */
#define MEET_E_REJECTED       23 /* by a moderator, from the lobby */
#define MEET_E_PRECONDITION   24 /* another ICE session than was named */


#endif /* MEET_IPC_H */
