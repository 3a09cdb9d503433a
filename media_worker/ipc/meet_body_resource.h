/*
 * Bodies about participants without a session, both ways; see meet_body.h for
 * how a body is laid out.
 */

#ifndef MEET_BODY_RESOURCE_H
#define MEET_BODY_RESOURCE_H

#include "meet_record.h"

/*
 * RESOURCE_...: header.participant and this number name it, the verifier of
 * the secret it was opened with proves whose it is.
 */
typedef struct {
    uint64_t resource; /* random, of one opening */
    uint8_t verifier[MEET_VERIFIER_LEN];
} meet_resource_t;

_Static_assert(sizeof(meet_resource_t) == 40, "resource");


/* the newest opening of a participant wins; its first offer comes along */
typedef struct {
    meet_resource_t resource;
    uint32_t source;    /* to play; MEET_NO_SOURCE: whoever speaks */
    uint8_t connection; /* MEET_CONNECTION_...: sends or plays */
    uint8_t role;
    uint16_t name_len; /* <= MEET_NAME_MAX */
    uint32_t sdp_len;  /* <= MEET_OFFER_MAX */
    uint8_t denied;    /* bit per MEET_KIND_...: taken from it for good */
    uint8_t reserved[3];
} meet_resource_open_t;

_Static_assert(sizeof(meet_resource_open_t) == 56, "resource open");


typedef struct {
    meet_resource_t resource;
    uint32_t etag;    /* of the ICE session it is about; 0: the present one */
    uint32_t sdp_len; /* <= MEET_FRAGMENT_MAX */
} meet_resource_patch_t;

_Static_assert(sizeof(meet_resource_patch_t) == 48, "resource patch");


/*
 * Status in the header; with MEET_E_BAD_OFFER the text is the reason.  To a
 * PATCH that was no ICE restart the text is empty.
 */
typedef struct {
    uint32_t etag; /* of the ICE session, from 1 */
    uint32_t sdp_len;
} meet_resource_answer_t;

_Static_assert(sizeof(meet_resource_answer_t) == 8, "resource answer");


#endif /* MEET_BODY_RESOURCE_H */
