/*
 * What a browser sends on a WebSocket.  The first byte says in how large pieces
 * it arrives: the pieces must make no difference to what comes out.
 */

#include <stdlib.h>

#include "ngx_http_meet_text.c"
#include "ngx_http_meet_ws_input.c"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* a sum over all that came out */
static uint64_t
run(const uint8_t *data, size_t size, size_t piece)
{
    size_t n, i;
    uint64_t sum;
    ngx_http_meet_utf8_t utf8 = { 0 };
    ngx_http_meet_ws_in_t event;
    ngx_http_meet_ws_input_t in;

    sum = 0;
    event = NGX_HTTP_MEET_WS_IN_MORE;

    if (ngx_http_meet_ws_input_init(&in, 1024) != 0) {
        return 0;
    }

    for (/* void */; size && event != NGX_HTTP_MEET_WS_IN_FAIL;
         data += n, size -= n)
    {
        n = piece < size ? piece : size;

        ngx_http_meet_ws_input_feed(&in, data, n);

        do {
            event = ngx_http_meet_ws_input_next(&in);

            if (event == NGX_HTTP_MEET_WS_IN_MORE) {
                break;
            }

            sum = sum * 31 + event;

            if (event == NGX_HTTP_MEET_WS_IN_FAIL) {
                sum = sum * 31 + in.code;

            } else if (event == NGX_HTTP_MEET_WS_IN_TEXT) {
                if (in.len > 1024
                    || ngx_http_meet_utf8_input(&utf8, in.data, in.len) != 0
                    || ngx_http_meet_utf8_end(&utf8) != 0)
                {
                    abort();
                }

                for (i = 0; i < in.len; i++) {
                    sum = sum * 31 + in.data[i];
                }
            }
        } while (event != NGX_HTTP_MEET_WS_IN_FAIL);
    }

    ngx_http_meet_ws_input_destroy(&in);

    return sum;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }

    if (run(data + 1, size - 1, (data[0] & 15) + 1u)
        != run(data + 1, size - 1, size))
    {
        abort();
    }

    return 0;
}
