/*
 * What the server says on a WebSocket: records of a media worker and our own
 * answers as JSON, as the protocol reference has them.  Pure functions in
 * plain C; see ngx_http_meet_message_out.h for how to measure and write.
 *
 * Records have passed meet_record_check(), so lengths and counts fit; values
 * are still the other process's and are shown only if they have a name.
 */

#ifndef NGX_HTTP_MEET_MESSAGE_WRITE_H
#define NGX_HTTP_MEET_MESSAGE_WRITE_H

#include "meet_body.h"

#include "ngx_http_meet_message_out.h"
#include "ngx_http_meet_store_types.h"


typedef struct {
    uint32_t re; /* 0: none */
    uint64_t participant;
    uint32_t epoch;
    meet_welcome_t body;
    const unsigned char *token;
    size_t token_len;
    uint64_t token_expires;
    const unsigned char *incarnation; /* MEET_INCARNATION_LEN bytes */
    const ngx_http_meet_store_invite_t *invite;
    uint64_t time_ms;
    uint32_t participants; /* limit of the room */
} ngx_http_meet_welcome_t;

void ngx_http_meet_write_welcome(
    ngx_http_meet_out_t *out, const ngx_http_meet_welcome_t *welcome);

/*
 * joined, left, changed, entry, settings, snapshot, slots, rights, lobby,
 * quality, layers, speakers, told, end.  shows() is 1 for a record that is one of these and 0 for those
 * that no client is to see; write_record() is for the former only.
 */
int ngx_http_meet_write_shows(
    const meet_record_t *header, const unsigned char *body);
void ngx_http_meet_write_record(ngx_http_meet_out_t *out,
    const meet_record_t *header, const unsigned char *body);

/* in the lobby */
void ngx_http_meet_write_waiting(ngx_http_meet_out_t *out, uint32_t re,
    uint64_t participant, uint64_t time_ms);

/* `body` is meet_answer_t and the SDP */
void ngx_http_meet_write_answer(
    ngx_http_meet_out_t *out, uint32_t re, const unsigned char *body);

/* `number`: of the sender; entries of the log have none (0), only its id */
void ngx_http_meet_write_log(ngx_http_meet_out_t *out, uint32_t re,
    unsigned channel, const ngx_http_meet_store_entry_t *entries, size_t n,
    uint64_t last);

void ngx_http_meet_write_posted(ngx_http_meet_out_t *out, uint32_t re,
    unsigned channel, uint64_t sequence, uint64_t time_ms);

/* done, pong, moving: a type and nothing else; re 0: none */
void ngx_http_meet_write_plain(
    ngx_http_meet_out_t *out, const char *type, uint32_t re);

/* `detail` may be NULL; it is `detail_len` bytes from wherever */
void ngx_http_meet_write_error(ngx_http_meet_out_t *out, uint32_t re,
    const char *error, const void *detail, size_t detail_len);

void ngx_http_meet_write_end(ngx_http_meet_out_t *out, unsigned reason);

/* the name of a refusal in `error`; everything unforeseen is "unavailable" */
const char *ngx_http_meet_write_error_name(unsigned status);


#endif /* NGX_HTTP_MEET_MESSAGE_WRITE_H */
