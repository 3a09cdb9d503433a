/* Records of the store: whatever reads well is written back the same. */

#include "ngx_http_meet_store_record.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    unsigned char out[NGX_HTTP_MEET_STORE_ROOM_LEN];
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_header_t header;
    ngx_http_meet_store_invite_t invite;
    ngx_http_meet_store_person_t person;

    if (ngx_http_meet_store_header_read(&header, data, size) == 0) {
        ngx_http_meet_store_header_write(out, &header);

        if (memcmp(out, data, NGX_HTTP_MEET_STORE_HEADER_LEN) != 0) {
            abort();
        }
    }

    memset(&room, 0, sizeof(room));

    if (ngx_http_meet_store_room_read(&room, data, size) == 0) {
        len = ngx_http_meet_store_room_write(out, &room);

        if (len > size || memcmp(out, data, len) != 0) {
            abort();
        }
    }

    memset(&invite, 0, sizeof(invite));

    if (ngx_http_meet_store_invite_read(&invite, data, size) == 0) {
        len = ngx_http_meet_store_invite_write(out, &invite);

        if (len > size || memcmp(out, data, len) != 0) {
            abort();
        }
    }

    memset(&person, 0, sizeof(person));

    if (ngx_http_meet_store_person_read(&person, data, size) == 0) {
        len = ngx_http_meet_store_person_write(out, &person);

        /* one of before ends a byte earlier, and nothing was denied */

        if (len == size + 1 && person.denied == 0) {
            len--;
        }

        if (len > size || memcmp(out, data, len) != 0) {
            abort();
        }
    }

    return 0;
}
