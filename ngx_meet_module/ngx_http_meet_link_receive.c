#include "ngx_http_meet_link_private.h"

#include <sys/socket.h>


void
ngx_http_meet_link_close_fds(const int *fds, ngx_uint_t n)
{
    ngx_uint_t i;

    for (i = 0; i < n; i++) {
        (void) close(fds[i]);
    }
}


/*
 * Takes the descriptors out of the control data, at most as many as `fds`
 * holds; others are closed.  Returns how many.
 */
static ngx_uint_t
ngx_http_meet_link_descriptors(struct msghdr *msg, int *fds)
{
    size_t i, n;
    ngx_uint_t nfds;
    struct cmsghdr *cmsg;
    int fd;

    nfds = 0;

    for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg))
    {
        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) {
            continue;
        }

        n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (i = 0; i < n; i++) {
            ngx_memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));

            if (nfds < NGX_HTTP_MEET_LINK_FDS) {
                fds[nfds++] = fd;

            } else {
                (void) close(fd);
            }
        }
    }

    return nfds;
}


ngx_int_t
ngx_http_meet_link_receive(
    int s, ngx_http_meet_link_message_t *m, int *fds, ngx_uint_t *nfds)
{
    ssize_t n;
    ngx_int_t rc;
    struct iovec iov;
    struct msghdr msg;
    union {
        struct cmsghdr align;
        u_char space[CMSG_SPACE(NGX_HTTP_MEET_LINK_FDS * sizeof(int))];
    } control;

    ngx_memzero(&msg, sizeof(msg));
    iov.iov_base = m->bytes;
    iov.iov_len = sizeof(m->bytes);
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = sizeof(control);

    n = recvmsg(s, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n == -1) {
        return (ngx_errno == NGX_EAGAIN || ngx_errno == NGX_EINTR) ? NGX_AGAIN
                                                                   : NGX_ERROR;
    }

    *nfds = ngx_http_meet_link_descriptors(&msg, fds);

    if (n == 0) {
        rc = NGX_ERROR;

    } else if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        rc = NGX_DECLINED;

    } else {
        switch (meet_ctl_check(m->bytes, (size_t) n)) {

        case MEET_OK:
            return NGX_OK;

        case MEET_E_VERSION:
            rc = NGX_ABORT;
            break;

        default:
            rc = NGX_DECLINED;
            break;
        }
    }

    ngx_http_meet_link_close_fds(fds, *nfds);

    return rc;
}
