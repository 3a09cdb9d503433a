/* The shared memory of one nginx worker and one media worker. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "meet_region.h"


#define MEET_REGION_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)


int
meet_region_create(uint64_t worker, unsigned minor)
{
    int fd, err;
    meet_region_t head;

    fd = memfd_create("meet-region", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd == -1) {
        return -1;
    }

    memset(&head, 0, sizeof(head));

    head.magic = MEET_IPC_MAGIC;
    head.major = MEET_IPC_MAJOR;
    head.minor = (uint16_t) minor;
    head.size = MEET_REGION_SIZE;
    head.worker = worker;
    head.ring_size = MEET_RING_SIZE;

    /* pages that do not exist yet could not be had later: SIGBUS */

    err = posix_fallocate(fd, 0, (off_t) MEET_REGION_SIZE);
    if (err != 0) {
        goto failed;
    }

    if (pwrite(fd, &head, sizeof(head), 0) != (ssize_t) sizeof(head)
        || fcntl(fd, F_ADD_SEALS, MEET_REGION_SEALS | F_SEAL_SEAL) == -1)
    {
        err = errno;
        goto failed;
    }

    return fd;

failed:

    close(fd);
    errno = err;

    return -1;
}


meet_region_t *
meet_region_map(int fd, uint64_t size, uint64_t worker)
{
    int seals;
    void *p;
    struct stat st;
    meet_region_t head;

    seals = fcntl(fd, F_GET_SEALS);

    if (seals == -1 || (seals & MEET_REGION_SEALS) != MEET_REGION_SEALS
        || size != MEET_REGION_SIZE || fstat(fd, &st) == -1
        || (uint64_t) st.st_size != size)
    {
        return NULL;
    }

    p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }

    memcpy(&head, p, sizeof(head));

    if (head.magic != MEET_IPC_MAGIC || head.major != MEET_IPC_MAJOR
        || head.size != size || head.worker != worker
        || head.ring_size != MEET_RING_SIZE)
    {
        munmap(p, size);
        return NULL;
    }

    return p;
}


void
meet_region_unmap(meet_region_t *region)
{
    if (region != NULL) {
        munmap(region, MEET_REGION_SIZE);
    }
}
