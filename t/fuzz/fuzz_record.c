/*
 * A whole hostile ring: the first bytes are the positions, the rest is what
 * the producer left in shared memory.  Whatever it says, get() must either
 * return a record that fits itself or call the ring broken.
 */

#include <string.h>

#include "meet_body.h"
#include "meet_ctl.h"
#include "meet_ring.h"


#define FUZZ_RING 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    meet_ring_t ring;
    meet_record_t header;
    meet_ring_shm_t shm;
    static uint8_t bytes[FUZZ_RING], body[MEET_BODY_MAX];

    (void) meet_ctl_check(data, size);

    if (size < 8) {
        return 0;
    }

    memset(&shm, 0, sizeof(shm));
    memset(bytes, 0, sizeof(bytes));
    memcpy(&shm.head, data, 2);
    data += 2;
    size -= 2;
    memcpy(bytes, data, size > FUZZ_RING ? FUZZ_RING : size);

    meet_ring_init(&ring, &shm, bytes, FUZZ_RING, -1);

    while (meet_ring_get(&ring, &header, body, &len) == MEET_RING_OK) {
        if (len > MEET_BODY_MAX || ring.own > shm.head) {
            __builtin_trap();
        }
    }

    return 0;
}
