/* Whatever a client says is read or refused, and what was read is bounded. */

#include <stdlib.h>

#include "ngx_http_meet_json.c"
#include "ngx_http_meet_text.c"
#include "ngx_http_meet_message_read.c"
#include "ngx_http_meet_message_moderate.c"
#include "ngx_http_meet_message_offer.c"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ngx_http_meet_message_t m;

    switch (ngx_http_meet_message_read(&m, data, size)) {

    case NGX_HTTP_MEET_MESSAGE_OK:

        if ((m.type == NGX_HTTP_MEET_MESSAGE_PUBLISH
                || m.type == NGX_HTTP_MEET_MESSAGE_SUBSCRIBE)
            && (m.u.offer.offer.tracks > MEET_TRACKS_MAX
                || m.u.offer.offer.sdp_len > MEET_OFFER_MAX))
        {
            abort();
        }
        break;

    case NGX_HTTP_MEET_MESSAGE_BAD:

        if (m.detail == NULL) {
            abort();
        }
        break;

    case NGX_HTTP_MEET_MESSAGE_BIG:
        break;
    }

    ngx_http_meet_message_done(&m);

    return 0;
}
