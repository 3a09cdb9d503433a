#include "mw_channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>


typedef union {
    struct cmsghdr align;
    uint8_t buf[CMSG_SPACE(MW_CHANNEL_FDS * sizeof(int))];
} mw_channel_control_t;


mw_rc_t
mw_channel_send(
    int fd, const void *msg, size_t len, const int *fds, unsigned nfds)
{
    ssize_t n;
    struct iovec iov;
    struct msghdr hdr;
    struct cmsghdr *cmsg;
    mw_channel_control_t control;

    memset(&hdr, 0, sizeof(hdr));
    memset(&control, 0, sizeof(control));

    iov.iov_base = (void *) msg;
    iov.iov_len = len;
    hdr.msg_iov = &iov;
    hdr.msg_iovlen = 1;

    if (nfds > 0) {
        hdr.msg_control = control.buf;
        hdr.msg_controllen = CMSG_SPACE(nfds * sizeof(int));

        cmsg = CMSG_FIRSTHDR(&hdr);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
        memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
    }

    do {
        n = sendmsg(fd, &hdr, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n == -1 && errno == EINTR);

    if (n == (ssize_t) len) {
        return MW_OK;
    }

    if (n == -1 && (errno == EAGAIN || errno == ETOOMANYREFS)) {
        return MW_AGAIN;
    }

    return MW_ERROR;
}


mw_rc_t
mw_channel_recv(int fd, void *msg, size_t size, size_t *len,
    int fds[MW_CHANNEL_FDS], unsigned *nfds)
{
    unsigned i;
    ssize_t n;
    struct iovec iov;
    struct msghdr hdr;
    struct cmsghdr *cmsg;
    mw_channel_control_t control;

    memset(&hdr, 0, sizeof(hdr));

    iov.iov_base = msg;
    iov.iov_len = size;
    hdr.msg_iov = &iov;
    hdr.msg_iovlen = 1;
    hdr.msg_control = control.buf;
    hdr.msg_controllen = CMSG_LEN(MW_CHANNEL_FDS * sizeof(int));

    *nfds = 0;

    do {
        n = recvmsg(fd, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return (errno == EAGAIN) ? MW_AGAIN : MW_ERROR;
    }

    for (cmsg = CMSG_FIRSTHDR(&hdr); cmsg != NULL;
         cmsg = CMSG_NXTHDR(&hdr, cmsg)) {
        if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS) {
            *nfds = (unsigned) ((cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(fds, CMSG_DATA(cmsg), *nfds * sizeof(int));
        }
    }

    if (n == 0) {
        return MW_ERROR;
    }

    if (hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        for (i = 0; i < *nfds; i++) {
            close(fds[i]);
        }

        *nfds = 0;

        return MW_DROP;
    }

    *len = (size_t) n;

    return MW_OK;
}
