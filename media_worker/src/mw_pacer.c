/* Spreads packets to one receiver over time. */

#include "mw_pacer.h"

#include <stdlib.h>


struct mw_pacer_pool_s {
    mw_paced_t *packets;
    mw_paced_t *free; /* given back */
    uint32_t fresh;   /* never used from here on */
    uint32_t count;
    uint32_t used;
};


static mw_paced_t *mw_pacer_take(mw_pacer_pool_t *pool);
static void mw_pacer_give(mw_pacer_pool_t *pool, mw_paced_t *pkt);


mw_pacer_pool_t *
mw_pacer_pool_create(uint32_t packets)
{
    mw_pacer_pool_t *pool;

    pool = calloc(1, sizeof(mw_pacer_pool_t));
    if (pool == NULL) {
        return NULL;
    }

    pool->packets = malloc(packets * sizeof(mw_paced_t));
    if (pool->packets == NULL) {
        free(pool);
        return NULL;
    }

    pool->count = packets;

    return pool;
}


void
mw_pacer_pool_destroy(mw_pacer_pool_t *pool)
{
    if (pool != NULL) {
        free(pool->packets);
        free(pool);
    }
}


uint32_t
mw_pacer_pool_used(const mw_pacer_pool_t *pool)
{
    return pool->used;
}


void
mw_pacer_init(mw_pacer_t *p, mw_pacer_pool_t *pool)
{
    unsigned i;

    memset(p, 0, sizeof(*p));
    p->pool = pool;

    for (i = 0; i < MW_PACER_CLASSES; i++) {
        p->queues[i].tail = &p->queues[i].head;
    }
}


void
mw_pacer_clear(mw_pacer_t *p)
{
    unsigned i;
    mw_paced_t *pkt;

    for (i = 0; i < MW_PACER_CLASSES; i++) {
        while ((pkt = p->queues[i].head) != NULL) {
            p->queues[i].head = pkt->next;
            mw_pacer_give(p->pool, pkt);
        }
    }

    mw_pacer_init(p, p->pool);
}


void
mw_pacer_limit(mw_pacer_t *p, uint32_t rate, mw_usec_t burst)
{
    p->rate = rate;
    p->burst = burst;
}


bool
mw_pacer_open(const mw_pacer_t *p, mw_pacer_class_t class, mw_usec_t now)
{
    unsigned i;

    if (p->rate == 0 || p->pool == NULL) {
        return p->bytes == 0;
    }

    for (i = 0; i <= (unsigned) class; i++) {
        if (p->queues[i].head != NULL) {
            return false;
        }
    }

    return p->busy < now + p->burst;
}


void
mw_pacer_sent(mw_pacer_t *p, size_t size, mw_usec_t now)
{
    if (p->rate == 0) {
        return;
    }

    p->busy = p->busy > now ? p->busy : now;
    p->busy += mw_pacer_time(p, size);

    /* sound does not ask whether there is room for it; no debt lasts for that */

    if (p->busy > now + MW_PACER_LONGEST) {
        p->busy = now + MW_PACER_LONGEST;
    }
}


bool
mw_pacer_fits(const mw_rtp_out_t *out)
{
    return out->head_len + out->body_len <= MW_PACER_PAYLOAD;
}


mw_rc_t
mw_pacer_put(mw_pacer_t *p, mw_pacer_class_t class, unsigned stream,
    const mw_rtp_out_t *out)
{
    mw_paced_t *pkt;
    mw_pacer_queue_t *queue;

    pkt = p->pool == NULL
                  || (p->bytes > MW_PACER_LEAST
                      && mw_pacer_time(p, p->bytes) >> p->patience
                             > MW_PACER_LONGEST)
                  || !mw_pacer_fits(out)
              ? NULL
              : mw_pacer_take(p->pool);

    if (pkt == NULL) {
        p->full++;
        return MW_AGAIN;
    }

    pkt->next = NULL;
    pkt->stream = (uint8_t) (stream % MW_PACER_STREAMS);
    memcpy(pkt->header, out->header, out->header_len);

    pkt->out = *out;
    pkt->out.header = pkt->header;
    pkt->out.head = pkt->payload;
    pkt->out.head_len = (uint16_t) mw_rtp_out_payload(out, pkt->payload);
    pkt->out.body = NULL;
    pkt->out.body_len = 0;

    queue = &p->queues[class];
    *queue->tail = pkt;
    queue->tail = &pkt->next;
    p->bytes += mw_rtp_out_len(out);
    p->stream_bytes[pkt->stream] += mw_rtp_out_len(out);
    p->waited++;

    return MW_OK;
}


mw_paced_t *
mw_pacer_next(mw_pacer_t *p, mw_usec_t now)
{
    unsigned i;
    mw_paced_t *pkt;
    mw_pacer_queue_t *queue;

    if (p->rate != 0 && p->busy >= now + p->burst) {
        return NULL;
    }

    for (i = 0; i < MW_PACER_CLASSES; i++) {
        queue = &p->queues[i];
        pkt = queue->head;

        if (pkt == NULL) {
            continue;
        }

        queue->head = pkt->next;

        if (queue->head == NULL) {
            queue->tail = &queue->head;
        }

        p->bytes -= mw_rtp_out_len(&pkt->out);
        p->stream_bytes[pkt->stream] -= mw_rtp_out_len(&pkt->out);

        return pkt;
    }

    return NULL;
}


void
mw_pacer_done(mw_pacer_t *p, mw_paced_t *pkt)
{
    mw_pacer_give(p->pool, pkt);
}


mw_usec_t
mw_pacer_due(const mw_pacer_t *p)
{
    return p->bytes == 0 ? MW_NEVER : p->busy;
}


mw_usec_t
mw_pacer_time(const mw_pacer_t *p, size_t bytes)
{
    return p->rate == 0 ? 0
                        : (mw_usec_t) ((uint64_t) bytes * 8 * MW_SEC / p->rate);
}


void
mw_pacer_drop(mw_pacer_t *p, unsigned stream)
{
    unsigned i;
    mw_paced_t **where, *pkt;

    for (i = 0; i < MW_PACER_CLASSES; i++) {
        where = &p->queues[i].head;

        while ((pkt = *where) != NULL) {
            if (pkt->stream != stream) {
                where = &pkt->next;
                continue;
            }

            *where = pkt->next;
            p->bytes -= mw_rtp_out_len(&pkt->out);
            p->stream_bytes[stream] -= mw_rtp_out_len(&pkt->out);
            mw_pacer_give(p->pool, pkt);
        }

        p->queues[i].tail = where;
    }
}


unsigned
mw_pacer_largest(const mw_pacer_t *p)
{
    unsigned i, largest;

    largest = 0;

    for (i = 1; i < MW_PACER_STREAMS; i++) {
        if (p->stream_bytes[i] > p->stream_bytes[largest]) {
            largest = i;
        }
    }

    return largest;
}


static mw_paced_t *
mw_pacer_take(mw_pacer_pool_t *pool)
{
    mw_paced_t *pkt;

    pkt = pool->free;

    if (pkt != NULL) {
        pool->free = pkt->next;

    } else if (pool->fresh < pool->count) {
        pkt = &pool->packets[pool->fresh++];

    } else {
        return NULL;
    }

    pool->used++;

    return pkt;
}


static void
mw_pacer_give(mw_pacer_pool_t *pool, mw_paced_t *pkt)
{
    pkt->next = pool->free;
    pool->free = pkt;
    pool->used--;
}
