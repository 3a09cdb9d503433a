/*
 * Bytes of stored records: bounded writing and reading, and the layouts.
 * Plain C, pure.  Integers are big-endian.
 */

#ifndef NGX_HTTP_MEET_STORE_RECORD_H
#define NGX_HTTP_MEET_STORE_RECORD_H

#include "ngx_http_meet_store_types.h"


/* what a room's record says in the clear: needed to remove it unread */
#define NGX_HTTP_MEET_STORE_HEADER_LEN (1 + 4 + 8 + 16 + 8)

#define NGX_HTTP_MEET_STORE_ROOM_LEN   512
#define NGX_HTTP_MEET_STORE_INVITE_LEN 512
#define NGX_HTTP_MEET_STORE_PERSON_LEN 64
#define NGX_HTTP_MEET_STORE_ENTRY_LEN  (8 + 8) /* in front of the data */


typedef struct {
    uint32_t slot;
    uint64_t number;
    unsigned char incarnation[NGX_HTTP_MEET_STORE_INCARNATION_LEN];
    uint64_t expires;
} ngx_http_meet_store_header_t;


unsigned char *ngx_http_meet_store_put(
    unsigned char *p, uint64_t value, size_t bytes);
uint64_t ngx_http_meet_store_get(const unsigned char *p, size_t bytes);

void ngx_http_meet_store_header_write(
    unsigned char *out, const ngx_http_meet_store_header_t *header);
/* 0, or -1: too short, or written by a newer version */
int ngx_http_meet_store_header_read(
    ngx_http_meet_store_header_t *header, const unsigned char *in, size_t len);

/* all but what the header holds; bytes written, <= _ROOM_LEN, _INVITE_LEN */
size_t ngx_http_meet_store_room_write(
    unsigned char *out, const ngx_http_meet_store_room_t *room);
int ngx_http_meet_store_room_read(
    ngx_http_meet_store_room_t *room, const unsigned char *in, size_t len);

size_t ngx_http_meet_store_invite_write(
    unsigned char *out, const ngx_http_meet_store_invite_t *invite);
int ngx_http_meet_store_invite_read(
    ngx_http_meet_store_invite_t *invite, const unsigned char *in, size_t len);

/* all but the participant's id */
size_t ngx_http_meet_store_person_write(
    unsigned char *out, const ngx_http_meet_store_person_t *person);
int ngx_http_meet_store_person_read(
    ngx_http_meet_store_person_t *person, const unsigned char *in, size_t len);

/* 1 if lengths are within bounds and what must be there is there */
int ngx_http_meet_store_invite_valid(
    const ngx_http_meet_store_invite_t *invite);
int ngx_http_meet_store_room_valid(const ngx_http_meet_store_room_t *room);

/* min(active + idle, end); 0: never */
uint64_t ngx_http_meet_store_expires(const ngx_http_meet_store_room_t *room);


#endif /* NGX_HTTP_MEET_STORE_RECORD_H */
