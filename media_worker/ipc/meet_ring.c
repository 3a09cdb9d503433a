/* A single-producer single-consumer byte ring in memory that is not ours. */

#include <string.h>
#include <unistd.h>

#include "meet_ring.h"


/* records start at multiples of 8, so a header never straddles badly */
#define MEET_RING_ALIGN(n) (((n) + 7u) & ~(size_t) 7u)


static void
meet_ring_write(meet_ring_t *ring, uint64_t at, const void *src, size_t len)
{
    size_t offset, part;

    offset = (size_t) (at & (ring->size - 1));
    part = ring->size - offset;

    if (part > len) {
        part = len;
    }

    memcpy(ring->data + offset, src, part);
    memcpy(ring->data, (const uint8_t *) src + part, len - part);
}


static void
meet_ring_read(meet_ring_t *ring, uint64_t at, void *dst, size_t len)
{
    size_t offset, part;

    offset = (size_t) (at & (ring->size - 1));
    part = ring->size - offset;

    if (part > len) {
        part = len;
    }

    memcpy(dst, ring->data + offset, part);
    memcpy((uint8_t *) dst + part, ring->data, len - part);
}


void
meet_ring_init(meet_ring_t *ring, meet_ring_shm_t *shm, uint8_t *data,
    uint32_t size, int wake)
{
    ring->shm = shm;
    ring->data = data;
    ring->size = size;
    ring->broken = 0;
    ring->own = 0;
    ring->wake = wake;
}


meet_ring_rc_t
meet_ring_put(
    meet_ring_t *ring, meet_record_t *header, const void *body, size_t len)
{
    size_t total;
    uint64_t tail, used;

    if (ring->broken) {
        return MEET_RING_BROKEN;
    }

    total = MEET_RING_ALIGN(sizeof(*header) + len);
    tail = __atomic_load_n(&ring->shm->tail, __ATOMIC_ACQUIRE);
    used = ring->own - tail;

    if (used > ring->size || len > MEET_BODY_MAX) {
        ring->broken = 1;
        return MEET_RING_BROKEN;
    }

    if (total > ring->size - used) {
        return MEET_RING_FULL;
    }

    header->length = (uint32_t) (sizeof(*header) + len);

    meet_ring_write(ring, ring->own, header, sizeof(*header));

    if (len != 0) {
        meet_ring_write(ring, ring->own + sizeof(*header), body, len);
    }

    ring->own += total;
    __atomic_store_n(&ring->shm->head, ring->own, __ATOMIC_RELEASE);

    return MEET_RING_OK;
}


void
meet_ring_kick(meet_ring_t *ring)
{
    ssize_t n;
    uint64_t one;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);

    if (__atomic_load_n(&ring->shm->sleeping, __ATOMIC_RELAXED) == 0) {
        return;
    }

    /* non-blocking; a full counter has already woken the consumer */

    one = 1;
    n = write(ring->wake, &one, sizeof(one));
    (void) n;
}


meet_ring_rc_t
meet_ring_get(
    meet_ring_t *ring, meet_record_t *header, uint8_t *body, size_t *len)
{
    size_t total;
    uint64_t head, used;

    if (ring->broken) {
        return MEET_RING_BROKEN;
    }

    head = __atomic_load_n(&ring->shm->head, __ATOMIC_ACQUIRE);
    used = head - ring->own;

    if (used == 0) {
        return MEET_RING_EMPTY;
    }

    if (used > ring->size || used < sizeof(*header)) {
        goto broken;
    }

    meet_ring_read(ring, ring->own, header, sizeof(*header));

    if (header->length < sizeof(*header) || header->length > MEET_RECORD_MAX) {
        goto broken;
    }

    total = MEET_RING_ALIGN(header->length);

    if (total > used) {
        goto broken;
    }

    *len = header->length - sizeof(*header);
    meet_ring_read(ring, ring->own + sizeof(*header), body, *len);

    if (meet_record_check(header, body, *len) == MEET_E_BAD_RECORD) {
        goto broken;
    }

    ring->own += total;
    __atomic_store_n(&ring->shm->tail, ring->own, __ATOMIC_RELEASE);

    return MEET_RING_OK;

broken:

    ring->broken = 1;

    return MEET_RING_BROKEN;
}


bool
meet_ring_sleep(meet_ring_t *ring)
{
    if (ring->broken) {
        return true;
    }

    __atomic_store_n(&ring->shm->sleeping, 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);

    if (__atomic_load_n(&ring->shm->head, __ATOMIC_ACQUIRE) == ring->own) {
        return true;
    }

    __atomic_store_n(&ring->shm->sleeping, 0, __ATOMIC_RELAXED);

    return false;
}


void
meet_ring_awake(meet_ring_t *ring)
{
    __atomic_store_n(&ring->shm->sleeping, 0, __ATOMIC_RELAXED);
}
