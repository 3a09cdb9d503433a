#include "mw_link.h"

#include <stdlib.h>
#include <unistd.h>


struct mw_queued_s {
    mw_queued_t *next;
    meet_record_t header;
    size_t len;
    uint8_t body[];
};


static mw_rc_t mw_link_put(
    mw_link_t *link, meet_record_t *header, const void *body, size_t len);
static mw_rc_t mw_link_queue(
    mw_link_t *link, const meet_record_t *header, const void *body, size_t len);


mw_link_t *
mw_link_create(uint32_t number, meet_region_t *region, int wake)
{
    uint8_t *data;
    mw_link_t *link;

    link = calloc(1, sizeof(mw_link_t));
    if (link == NULL) {
        return NULL;
    }

    data = (uint8_t *) region + MEET_REGION_PAGE;

    link->number = number;
    link->minor = region->minor;
    link->region = region;
    link->queue_tail = &link->queue;

    meet_ring_init(&link->in, &region->to_media, data, MEET_RING_SIZE, -1);
    meet_ring_init(&link->out, &region->to_nginx, data + MEET_RING_SIZE,
        MEET_RING_SIZE, wake);

    return link;
}


mw_link_t *
mw_link_create_relay(
    uint32_t number, meet_region_t *region, int wake, bool first)
{
    meet_ring_t in;
    mw_link_t *link;

    link = mw_link_create(number, region, wake);

    if (link == NULL) {
        return NULL;
    }

    link->relay = true;

    if (first) {
        in = link->in;
        link->in = link->out;
        link->out = in;
        link->in.wake = -1;
        link->out.wake = wake;
    }

    return link;
}


void
mw_link_destroy(mw_link_t *link)
{
    mw_queued_t *item;

    while ((item = link->queue) != NULL) {
        link->queue = item->next;
        free(item);
    }

    close(link->out.wake);
    meet_region_unmap(link->region);
    free(link);
}


mw_rc_t
mw_link_input(mw_link_t *link, uint8_t *body, mw_link_record_pt handler,
    void *ctx, mw_usec_t now)
{
    size_t len;
    unsigned n, most;
    meet_record_t header;

    link->stalled = false;
    most = link->relay ? MW_LINK_RELAY : MW_LINK_TURN;
    meet_ring_awake(&link->in);

    for (n = 0; n < most; n++) {

        if (mw_link_busy(link) && !link->relay) {

            link->stalled = true;
            return MW_OK;
        }

        switch (meet_ring_get(&link->in, &header, body, &len)) {

        case MEET_RING_OK:
            handler(ctx, link, &header, body, len, now);
            break;

        case MEET_RING_EMPTY:
            if (meet_ring_sleep(&link->in)) {
                return MW_OK;
            }

            meet_ring_awake(&link->in);
            break;

        default:
            return MW_ERROR;
        }
    }

    return MW_AGAIN;
}


mw_rc_t
mw_link_send(mw_link_t *link, mw_link_class_t class, meet_record_t *header,
    const void *body, size_t len)
{
    mw_rc_t rc;

    if (meet_record_minor(header->type) > link->minor) {
        return MW_DROP;
    }

    rc = mw_link_busy(link) ? MW_AGAIN : mw_link_put(link, header, body, len);

    if (rc != MW_AGAIN) {
        return rc;
    }

    switch (class) {

    case MW_LINK_KEEP:
        return mw_link_queue(link, header, body, len);

    case MW_LINK_SHED:
        link->shed++;
        return MW_DROP;

    default:
        return MW_AGAIN;
    }
}


void
mw_link_flush(mw_link_t *link)
{
    mw_queued_t *item;

    while ((item = link->queue) != NULL) {

        if (mw_link_put(link, &item->header, item->body, item->len) == MW_AGAIN)
        {
            break;
        }

        link->queue = item->next;
        link->queued -= sizeof(mw_queued_t) + item->len;
        free(item);
    }

    if (link->queue == NULL) {
        link->queue_tail = &link->queue;
    }

    if (link->kick) {
        link->kick = false;
        meet_ring_kick(&link->out);
    }
}


/* a broken ring swallows everything: mw_link_input() finds out and says so */
static mw_rc_t
mw_link_put(
    mw_link_t *link, meet_record_t *header, const void *body, size_t len)
{
    switch (meet_ring_put(&link->out, header, body, len)) {

    case MEET_RING_OK:
        link->kick = true;
        link->sent++;
        return MW_OK;

    case MEET_RING_FULL:
        return MW_AGAIN;

    default:
        link->in.broken = 1;
        link->lost++;
        return MW_DROP;
    }
}


static mw_rc_t
mw_link_queue(
    mw_link_t *link, const meet_record_t *header, const void *body, size_t len)
{
    size_t size;
    mw_queued_t *item;

    size = sizeof(mw_queued_t) + len;

    item = (link->queued + size > MW_LINK_QUEUE) ? NULL : malloc(size);

    if (item == NULL) {
        link->lost++;
        link->in.broken |= link->relay ? 1 : 0;
        return MW_DROP;
    }

    item->next = NULL;
    item->header = *header;
    item->len = len;

    if (len > 0) {
        memcpy(item->body, body, len);
    }

    *link->queue_tail = item;
    link->queue_tail = &item->next;
    link->queued += size;

    return MW_OK;
}
