/* An egress whose sends are written down. */

#ifndef EGRESS_FIXTURE_H
#define EGRESS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <cmocka.h>

#include "mw_egress.h"


static char log_text[4096];
static unsigned refuse; /* datagrams the kernel does not take */


/* "1:3x100+50 " is path 1, three datagrams of 100 and a last one of 50 */
static inline unsigned
record(void *ctx, const mw_path_t *path, const struct iovec *iov, unsigned n)
{
    size_t used;
    unsigned i, equal;

    (void) ctx;

    equal = 1;

    for (i = 1; i < n && iov[i].iov_len == iov[0].iov_len; i++) {
        equal++;
    }

    assert_true(n <= MW_EGRESS_RUN);
    assert_true(equal >= n - 1);
    assert_true(iov[n - 1].iov_len <= iov[0].iov_len);

    for (i = 0; i < n; i++) {
        assert_int_equal(iov[i].iov_len & 0xff,
            ((const uint8_t *) iov[i].iov_base)[iov[i].iov_len - 1]);
    }

    used = strlen(log_text);
    used += (size_t) snprintf(log_text + used, sizeof(log_text) - used,
        "%u:%ux%zu", path->remote.port, equal, iov[0].iov_len);

    if (equal < n) {
        used += (size_t) snprintf(log_text + used, sizeof(log_text) - used,
            "+%zu", iov[n - 1].iov_len);
    }

    (void) snprintf(log_text + used, sizeof(log_text) - used, " ");

    return n > refuse ? n - refuse : 0;
}


/* a packet of index 0 is not to be sent */
static inline size_t
seal(mw_egress_queue_t *queue, const mw_rtp_out_t *out, size_t padding,
    uint8_t *to)
{
    size_t len;

    (void) queue;

    assert_memory_equal("header______", out->header, 12);
    assert_memory_equal("head", out->head, 4);
    len = mw_rtp_out_len(out) + padding;
    memset(to, 0, len);
    to[len - 1] = (uint8_t) len;

    return out->index == 0 ? 0 : len;
}


static inline void
put_long(mw_egress_t *egress, mw_egress_queue_t *queue, size_t len,
    uint16_t header_len, uint64_t index)
{
    mw_rtp_out_t out;
    uint8_t header[232] = "header______";

    memset(&out, 0, sizeof(out));
    out.index = index;
    out.header = header;
    out.header_len = header_len;
    out.head = (const uint8_t *) "head";
    out.head_len = 4;
    out.body_len = (uint16_t) (len - header_len - 4);

    mw_egress_put(egress, queue, &out, len);
    memset(header, 0, sizeof(header)); /* it was copied */
}


static inline void
put_plain(
    mw_egress_t *egress, mw_egress_queue_t *queue, size_t len, uint64_t index)
{
    put_long(egress, queue, len, 12, index);
}


static inline void
open_queue(mw_egress_queue_t *queue, uint16_t port)
{
    mw_egress_queue_init(queue, seal);
    queue->path.remote.port = port;
}


static inline void
put(mw_egress_t *egress, mw_egress_queue_t *queue, size_t len)
{
    uint8_t *p;

    p = mw_egress_reserve(egress);
    assert_non_null(p);
    memset(p, 0, MW_EGRESS_ROOM);
    p[len - 1] = (uint8_t) len;
    mw_egress_commit(egress, queue, len);
}


static inline int
setup(void **state)
{
    (void) state;

    log_text[0] = '\0';
    refuse = 0;

    return 0;
}


#endif /* EGRESS_FIXTURE_H */
