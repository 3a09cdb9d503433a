/*
 * A record out of a hostile region becomes JSON: if it passed the check of the
 * contract, what is written is one valid object of the size that was measured.
 */

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "ngx_http_meet_json.c"
#include "ngx_http_meet_text.c"
#include "ngx_http_meet_message_read.c"
#include "ngx_http_meet_message_moderate.c"
#include "ngx_http_meet_message_offer.c"
#include "ngx_http_meet_message_event.c"
#include "ngx_http_meet_message_out.c"
#include "ngx_http_meet_message_part.c"
#include "ngx_http_meet_message_write.c"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *root;
    size_t list;
    meet_record_t header;
    ngx_http_meet_out_t out;
    static unsigned char buffer[1024 * 1024];

    if (size < sizeof(header) || size > MEET_RECORD_MAX) {
        return 0;
    }

    memcpy(&header, data, sizeof(header));
    data += sizeof(header);
    size -= sizeof(header);

    if (meet_record_check(&header, data, size) != MEET_OK) {
        return 0;
    }

    list = header.list * sizeof(uint64_t);
    data += list;

    memset(&out, 0, sizeof(out));

    if (header.type == MEET_ANSWER) {
        ngx_http_meet_write_answer(&out, header.request, data);

    } else if (ngx_http_meet_write_shows(&header, data)) {
        ngx_http_meet_write_record(&out, &header, data);

    } else {
        return 0;
    }

    if (out.len > sizeof(buffer)) {
        return 0;
    }

    out.buf = buffer;
    out.size = out.len;
    out.len = 0;

    if (header.type == MEET_ANSWER) {
        ngx_http_meet_write_answer(&out, header.request, data);

    } else {
        ngx_http_meet_write_record(&out, &header, data);
    }

    /* jansson refuses a zero in a string, which is valid JSON all the same */

    root = json_loadb((const char *) buffer, out.len,
        JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    if (out.len != out.size || root == NULL) {
        abort();
    }

    json_decref(root);

    return 0;
}
