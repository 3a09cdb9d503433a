/*
 * Collects datagrams per receiver.  A slot of the pool is free or waits in
 * exactly one queue; so is a room, or it is the one that was reserved last.
 * Slots are small, because thousands of packets wait at once, and what they
 * take of the cache is what they cost.
 */

#include "mw_egress.h"
#include "mw_egress_pool.h"

#include <stdlib.h>


/* packets that leave together */
typedef struct {
    unsigned n;
    size_t segment; /* length of all but the last */
} mw_egress_run_t;


struct mw_egress_s {
    mw_egress_send_pt send;
    void *ctx;

    mw_egress_pool_t pool;
    mw_egress_room_t *reserved; /* not yet committed */

    /* queues with something to send, in the order of their first packet */
    mw_egress_queue_t *first;
    mw_egress_queue_t *last;

    unsigned waiting;
    uint32_t round; /* queues that are queued from now on are of this one */
    mw_egress_stats_t stats;

    mw_egress_clock_pt clock; /* NULL: nothing is measured */
    mw_usec_t arrived;
    mw_usec_t sent;  /* by the newest look at the clock */
    unsigned unread; /* sends since then */
    mw_residence_t residence;

    /* what is being sent: few enough to stay in the cache */
    uint8_t wire[MW_EGRESS_RUN][MW_EGRESS_ROOM];
};


mw_egress_t *
mw_egress_create(
    unsigned slots, unsigned rooms, mw_egress_send_pt send, void *ctx)
{
    mw_egress_t *egress;

    if (slots == 0 || rooms == 0) {
        return NULL;
    }

    egress = calloc(1, sizeof(mw_egress_t));
    if (egress == NULL) {
        return NULL;
    }

    if (mw_egress_pool_init(&egress->pool, slots, rooms) != MW_OK) {
        mw_egress_destroy(egress);
        return NULL;
    }

    egress->send = send;
    egress->ctx = ctx;

    return egress;
}


void
mw_egress_destroy(mw_egress_t *egress)
{
    if (egress == NULL) {
        return;
    }

    mw_egress_pool_free(&egress->pool);
    free(egress);
}


void
mw_egress_queue_init(mw_egress_queue_t *queue, mw_egress_seal_pt seal)
{
    memset(queue, 0, sizeof(mw_egress_queue_t));
    queue->seal = seal;
}


static void
mw_egress_look(mw_egress_t *egress)
{
    if (egress->clock != NULL && ++egress->unread >= MW_EGRESS_CLOCK) {
        egress->unread = 0;
        egress->sent = egress->clock();
    }
}


static void
mw_egress_release(mw_egress_t *egress, mw_egress_slot_t *slot)
{
    mw_egress_pool_give(&egress->pool, slot);
    egress->waiting--;
}


static void
mw_egress_send_run(mw_egress_t *egress, const mw_path_t *path,
    const struct iovec *iov, unsigned n)
{
    unsigned i, sent;

    sent = egress->send(egress->ctx, path, iov, n);

    egress->stats.sends++;
    egress->stats.packets += sent;
    egress->stats.lost += n - sent;

    for (i = 0; i < sent; i++) {
        egress->stats.bytes += iov[i].iov_len;
    }
}


/*
 * Segmentation offload carries datagrams of one length, of which only the last
 * may be shorter.  Packets that are a little too short are made longer.
 */
static void
mw_egress_run(const mw_egress_slot_t *slot, mw_egress_run_t *run)
{
    size_t segment, high;

    run->n = 0;
    run->segment = 0;
    high = SIZE_MAX; /* all so far can be made this long */

    for (; slot != NULL && run->n < MW_EGRESS_RUN; slot = slot->next) {
        segment = slot->len > run->segment ? slot->len : run->segment;

        if (segment > high) {
            break;
        }

        run->segment = segment;
        run->n++;

        if (!slot->waits || slot->len < MW_EGRESS_PAD_MIN) {
            high = slot->len < high ? slot->len : high;

        } else if (slot->len + (size_t) MW_EGRESS_PAD < high) {
            high = slot->len + (size_t) MW_EGRESS_PAD;
        }
    }
}


/* all that waits, in the order it is sent in */
static mw_egress_slot_t *
mw_egress_empty(mw_egress_queue_t *queue)
{
    mw_egress_slot_t *slot;

    slot = queue->pictures.head;

    if (slot == NULL) {
        slot = queue->others.head;

    } else {
        queue->pictures.tail->next = queue->others.head;
    }

    memset(&queue->pictures, 0, sizeof(queue->pictures));
    memset(&queue->others, 0, sizeof(queue->others));

    return slot;
}


static void
mw_egress_send_queue(mw_egress_t *egress, mw_egress_queue_t *queue)
{
    size_t len;
    unsigned i, n;
    mw_egress_run_t run;
    struct iovec iov[MW_EGRESS_RUN];
    mw_egress_slot_t *slot, *first, *next;

    slot = mw_egress_empty(queue);

    while (slot != NULL) {
        mw_egress_run(slot, &run);
        first = slot;
        n = 0;

        for (i = 0; i < run.n; i++, slot = slot->next) {
            __builtin_prefetch(slot->next);

            if (!slot->waits) {
                iov[n].iov_base = slot->room->data;
                iov[n++].iov_len = slot->len;
                continue;
            }

            len = queue->seal(queue, &slot->out,
                i + 1 < run.n ? run.segment - slot->len : 0, egress->wire[i]);

            if (len == 0) {
                egress->stats.lost++;
                continue;
            }

            iov[n].iov_base = egress->wire[i];
            iov[n++].iov_len = len;
        }

        if (n > 0) {
            mw_egress_send_run(egress, &queue->path, iov, n);
            mw_egress_look(egress);
        }

        for (; first != slot; first = next) {
            next = first->next;

            if (first->arrived != 0) {
                mw_residence_add(
                    &egress->residence, egress->sent - first->arrived);
            }

            mw_egress_release(egress, first);
        }
    }
}


static void
mw_egress_unlink(mw_egress_t *egress, mw_egress_queue_t *queue)
{
    mw_egress_queue_t *q, *prev;

    if (!queue->queued) {
        return;
    }

    prev = NULL;

    for (q = egress->first; q != queue; q = q->next) {
        prev = q;
    }

    if (prev == NULL) {
        egress->first = queue->next;

    } else {
        prev->next = queue->next;
    }

    if (egress->last == queue) {
        egress->last = prev;
    }

    queue->next = NULL;
    queue->queued = false;
}


void
mw_egress_forget(mw_egress_t *egress, mw_egress_queue_t *queue)
{
    mw_egress_slot_t *slot, *next;

    mw_egress_unlink(egress, queue);

    for (slot = mw_egress_empty(queue); slot != NULL; slot = next) {
        next = slot->next;
        mw_egress_release(egress, slot);
    }
}


void
mw_egress_retarget(
    mw_egress_t *egress, mw_egress_queue_t *queue, const mw_path_t *path)
{
    if (queue->queued) {
        egress->unread = MW_EGRESS_CLOCK;
        mw_egress_send_queue(egress, queue);
        mw_egress_unlink(egress, queue);
    }

    queue->path = *path;
}


uint8_t *
mw_egress_reserve(mw_egress_t *egress)
{
    while (egress->reserved == NULL) {
        egress->reserved = mw_egress_pool_room(&egress->pool);

        if (egress->reserved == NULL) {
            (void) mw_egress_portion(egress);
        }
    }

    return egress->reserved->data;
}


static mw_egress_slot_t *
mw_egress_take(mw_egress_t *egress)
{
    mw_egress_slot_t *slot;

    slot = mw_egress_pool_slot(&egress->pool);

    if (slot == NULL) {
        (void) mw_egress_portion(egress);
        slot = mw_egress_pool_slot(&egress->pool);
    }

    slot->room = NULL;
    egress->waiting++;

    return slot;
}


static void
mw_egress_append(mw_egress_t *egress, mw_egress_queue_t *queue,
    mw_egress_list_t *list, mw_egress_slot_t *slot)
{
    slot->arrived = egress->arrived;
    slot->next = NULL;

    if (list->tail == NULL) {
        list->head = slot;

    } else {
        list->tail->next = slot;
    }

    list->tail = slot;

    if (queue->queued) {
        return;
    }

    queue->queued = true;
    queue->round = egress->round;
    queue->next = NULL;

    if (egress->last == NULL) {
        egress->first = queue;

    } else {
        egress->last->next = queue;
    }

    egress->last = queue;
}


void
mw_egress_commit(mw_egress_t *egress, mw_egress_queue_t *queue, size_t len)
{
    mw_egress_slot_t *slot;

    slot = mw_egress_take(egress);
    slot->room = egress->reserved;
    slot->len = (uint16_t) len;
    slot->waits = false;

    egress->reserved = NULL;
    mw_egress_append(egress, queue, &queue->others, slot);
}


void
mw_egress_put(mw_egress_t *egress, mw_egress_queue_t *queue,
    const mw_rtp_out_t *out, size_t len)
{
    uint8_t *data;
    bool large;
    mw_egress_slot_t *slot;

    large = (size_t) out->header_len + out->head_len > MW_EGRESS_FRONT;
    data = large ? mw_egress_reserve(egress) : NULL;
    slot = mw_egress_take(egress);

    if (large) {
        slot->room = egress->reserved;
        egress->reserved = NULL;

    } else {
        data = slot->front;
    }

    memcpy(data, out->header, out->header_len);
    memcpy(data + out->header_len, out->head, out->head_len);

    slot->out = *out;
    slot->out.header = data;
    slot->out.head = data + out->header_len;
    slot->len = (uint16_t) len;
    slot->waits = true;
    mw_egress_append(
        egress, queue, out->sound ? &queue->others : &queue->pictures, slot);
}


void
mw_egress_send_now(
    mw_egress_t *egress, const mw_path_t *path, const uint8_t *data, size_t len)
{
    struct iovec iov;

    iov.iov_base = (void *) (uintptr_t) data;
    iov.iov_len = len;

    mw_egress_send_run(egress, path, &iov, 1);
}


void
mw_egress_measure(mw_egress_t *egress, mw_egress_clock_pt clock)
{
    egress->clock = clock;
}


void
mw_egress_arrived(mw_egress_t *egress, mw_usec_t at)
{
    egress->arrived = egress->clock == NULL ? 0 : at;
}


const mw_residence_t *
mw_egress_residence(const mw_egress_t *egress)
{
    return &egress->residence;
}


/* while one queue is sent, what the next one begins with */
static void
mw_egress_fetch(const mw_egress_queue_t *queue)
{
    unsigned i;
    const uint8_t *p = queue->near;

    for (i = 0; p != NULL && i < MW_EGRESS_NEAR; i += MW_CACHE_LINE) {
        __builtin_prefetch(p + i);
    }

    p = (const uint8_t *) (queue->pictures.head != NULL ? queue->pictures.head
                                                        : queue->others.head);
    __builtin_prefetch(p);
    __builtin_prefetch(p + MW_CACHE_LINE);
    __builtin_prefetch((const uint8_t *) queue + MW_CACHE_LINE);
    __builtin_prefetch((const uint8_t *) queue + 2 * MW_CACHE_LINE);
    __builtin_prefetch(queue->next);
}


bool
mw_egress_portion(mw_egress_t *egress)
{
    uint64_t until;
    mw_egress_queue_t *queue;

    /* the first send of all is looked at, then each so manieth */
    egress->unread = MW_EGRESS_CLOCK;
    until = egress->stats.sends + MW_EGRESS_PORTION;

    while (egress->first != NULL && egress->stats.sends < until) {
        queue = egress->first;
        egress->first = queue->next;

        /* all of the round before have been sent */

        if (queue->round == egress->round) {
            egress->round++;
        }

        if (egress->first == NULL) {
            egress->last = NULL;

        } else {
            mw_egress_fetch(egress->first);
        }

        queue->next = NULL;
        queue->queued = false;

        mw_egress_send_queue(egress, queue);
    }

    if (egress->first != NULL) {
        return true;
    }

    egress->round += 2;

    return false;
}


void
mw_egress_flush(mw_egress_t *egress)
{
    while (mw_egress_portion(egress)) {
        /* void */
    }
}


const uint32_t *
mw_egress_round(const mw_egress_t *egress)
{
    return &egress->round;
}


unsigned
mw_egress_waiting(const mw_egress_t *egress)
{
    return egress->waiting;
}


const mw_egress_stats_t *
mw_egress_stats(const mw_egress_t *egress)
{
    return &egress->stats;
}
