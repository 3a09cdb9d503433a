#include "mw_udp.h"
#include "mw_loop.h"
#include "mw_udp_bind.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define MW_UDP_SLOTS    8192 /* of the egress' pools */
#define MW_UDP_ROOMS    4096
#define MW_UDP_REFUSALS 8 /* then segmented sends are not tried again */

/* room for one IP_PKTINFO or IPV6_PKTINFO, and UDP_SEGMENT or a time */
#define MW_UDP_CONTROL                                                         \
    (CMSG_SPACE(sizeof(struct in6_pktinfo))                                    \
        + CMSG_SPACE(sizeof(struct timespec)))


typedef union {
    struct cmsghdr align;
    uint8_t data[MW_UDP_CONTROL];
} mw_udp_control_t;


struct mw_udp_s {
    int fds[MW_UDP_SOCKETS];         /* -1: left out */
    uint8_t refused[MW_UDP_SOCKETS]; /* segmented sends in a row */
    mw_addr_t listen[MW_UDP_SOCKETS];
    unsigned nlisten;
    uint16_t port;

    mw_addr_t candidates[MW_UDP_CANDIDATES];
    unsigned ncandidates;

    mw_usec_t unix_offset; /* CLOCK_REALTIME less CLOCK_MONOTONIC */
    mw_peer_env_t env;
    mw_udp_stats_t stats;

    /* one batch of recvmmsg(); nothing else lives in it between turns */
    mw_pkt_t pkts[MW_UDP_BATCH];
    struct mmsghdr msgs[MW_UDP_BATCH];
    struct iovec iovs[MW_UDP_BATCH];
    struct sockaddr_storage names[MW_UDP_BATCH];
    mw_udp_control_t controls[MW_UDP_BATCH];
};


static unsigned mw_udp_send(
    void *ctx, const mw_path_t *path, const struct iovec *iov, unsigned n);


static void
mw_udp_any(mw_addr_t *addr, bool ipv4)
{
    memset(addr, 0, sizeof(mw_addr_t));
    addr->kind = MW_ADDR_UDP;

    if (ipv4) {
        addr->ip[10] = 255;
        addr->ip[11] = 255;
    }
}


static mw_rc_t
mw_udp_open_all(mw_udp_t *udp, const mw_udp_conf_t *conf, const char **err)
{
    udp->nlisten = conf->nlisten;
    memcpy(udp->listen, conf->listen, sizeof(udp->listen));

    if (udp->nlisten == 0) {
        mw_udp_any(&udp->listen[0], true);
        mw_udp_any(&udp->listen[1], false);
        udp->nlisten = 2;
    }

    udp->port = mw_udp_bind(udp->listen, udp->nlisten, conf->port_first,
        conf->port_last, udp->fds, err);

    if (udp->port == 0) {
        return MW_ERROR;
    }

    return MW_OK;
}


mw_udp_t *
mw_udp_create(const mw_udp_conf_t *conf, const char **err)
{
    int saved;
    unsigned i;
    mw_udp_t *udp;

    *err = "memory";

    if (conf->nlisten > MW_UDP_SOCKETS) {
        *err = "listen addresses";
        errno = E2BIG;
        return NULL;
    }

    udp = calloc(1, sizeof(mw_udp_t));
    if (udp == NULL) {
        return NULL;
    }

    for (i = 0; i < MW_UDP_SOCKETS; i++) {
        udp->fds[i] = -1;
    }

    for (i = 0; i < MW_UDP_BATCH; i++) {
        udp->iovs[i].iov_base = udp->pkts[i].buf;
        udp->iovs[i].iov_len = MW_PKT_MAX;
        udp->msgs[i].msg_hdr.msg_iov = &udp->iovs[i];
        udp->msgs[i].msg_hdr.msg_iovlen = 1;
        udp->msgs[i].msg_hdr.msg_name = &udp->names[i];
        udp->msgs[i].msg_hdr.msg_control = &udp->controls[i];
    }

    if (mw_udp_open_all(udp, conf, err) == MW_OK) {
        *err = "certificate or memory";
        udp->env.dtls = mw_dtls_ctx_create();
        udp->env.table = mw_udp_table_create();
        udp->env.egress =
            mw_egress_create(MW_UDP_SLOTS, MW_UDP_ROOMS, mw_udp_send, udp);
    }

    if (udp->env.dtls == NULL || udp->env.table == NULL
        || udp->env.egress == NULL) {
        saved = errno;
        mw_udp_destroy(udp);
        errno = saved;
        return NULL;
    }

    mw_egress_measure(udp->env.egress, mw_loop_clock);
    mw_udp_advertise(udp, conf->advertise, conf->nadvertise);

    return udp;
}


void
mw_udp_destroy(mw_udp_t *udp)
{
    unsigned i;

    if (udp == NULL) {
        return;
    }

    if (udp->env.egress != NULL) {
        mw_egress_flush(udp->env.egress);
    }

    mw_egress_destroy(udp->env.egress);
    mw_udp_table_destroy(udp->env.table);
    mw_dtls_ctx_destroy(udp->env.dtls);

    for (i = 0; i < MW_UDP_SOCKETS; i++) {
        if (udp->fds[i] >= 0) {
            (void) close(udp->fds[i]);
        }
    }

    free(udp);
}


static void
mw_udp_add_candidate(mw_udp_t *udp, const mw_addr_t *addr)
{
    unsigned i;
    mw_addr_t candidate;

    candidate = *addr;
    candidate.port = udp->port;

    for (i = 0; i < udp->ncandidates; i++) {
        if (mw_addr_equal(&udp->candidates[i], &candidate)) {
            return;
        }
    }

    if (udp->ncandidates < MW_UDP_CANDIDATES) {
        udp->candidates[udp->ncandidates++] = candidate;
    }
}


void
mw_udp_advertise(mw_udp_t *udp, const mw_addr_t *addresses, unsigned n)
{
    bool ipv4, told[2];
    unsigned i, j, nlocal;
    mw_addr_t local[MW_UDP_CANDIDATES];

    udp->ncandidates = 0;
    memset(told, 0, sizeof(told));

    for (i = 0; i < n; i++) {
        mw_udp_add_candidate(udp, &addresses[i]);
        told[mw_addr_is_ipv4(&addresses[i])] = true;
    }

    /* behind NAT for IPv4 does not mean the same for IPv6 */

    for (i = 0; i < udp->nlisten; i++) {
        if (udp->fds[i] < 0 || told[mw_addr_is_ipv4(&udp->listen[i])]) {
            continue;
        }

        if (!mw_udp_is_any(&udp->listen[i])) {
            mw_udp_add_candidate(udp, &udp->listen[i]);
            continue;
        }

        ipv4 = mw_addr_is_ipv4(&udp->listen[i]);
        nlocal = mw_udp_local(ipv4, local, MW_UDP_CANDIDATES);

        for (j = 0; j < nlocal; j++) {
            mw_udp_add_candidate(udp, &local[j]);
        }
    }

    /* a machine without network still serves its own browser */

    if (udp->ncandidates == 0) {
        mw_udp_any(&local[0], true);
        local[0].ip[12] = 127;
        local[0].ip[15] = 1;
        mw_udp_add_candidate(udp, &local[0]);
    }
}


uint16_t
mw_udp_port(const mw_udp_t *udp)
{
    return udp->port;
}


unsigned
mw_udp_fds(const mw_udp_t *udp, int fds[MW_UDP_SOCKETS])
{
    unsigned i, n;

    n = 0;

    for (i = 0; i < udp->nlisten; i++) {
        if (udp->fds[i] >= 0) {
            fds[n++] = udp->fds[i];
        }
    }

    return n;
}


/*
 * Where one datagram came from, to which of our addresses and when, on
 * CLOCK_REALTIME; without a stamp *at stays as it is.
 */
static mw_rc_t
mw_udp_path(mw_path_t *path, unsigned sock, struct msghdr *msg, mw_usec_t *at)
{
    struct timespec ts;
    struct cmsghdr *cmsg;
    struct in_pktinfo info;
    struct in6_pktinfo info6;

    memset(path, 0, sizeof(mw_path_t));
    path->socket = (uint8_t) sock;

    if (!mw_udp_from_sockaddr(&path->remote, msg->msg_name)) {
        return MW_DROP;
    }

    for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg))
    {
        if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
            memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
            memcpy(path->local + 12, &info.ipi_addr, 4);
        }

        if (cmsg->cmsg_level == SOL_SOCKET
            && cmsg->cmsg_type == SCM_TIMESTAMPNS) {
            memcpy(&ts, CMSG_DATA(cmsg), sizeof(ts));
            *at = (mw_usec_t) ts.tv_sec * MW_SEC + ts.tv_nsec / 1000;
        }

        if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO)
        {
            memcpy(&info6, CMSG_DATA(cmsg), sizeof(info6));
            memcpy(path->local, &info6.ipi6_addr, 16);
        }
    }

    return MW_OK;
}


/* RFC 7983; whose datagram it is, NULL: nobody's, and counted */
static mw_peer_t *
mw_udp_match(mw_udp_t *udp, const mw_path_t *path, const mw_pkt_t *pkt)
{
    size_t len;
    uint8_t first;
    mw_peer_t *peer;
    const uint8_t *ufrag;

    first = pkt->data[0];

    if (first < 4) {
        ufrag = mw_ice_peek_ufrag(pkt->data, pkt->len, &len);
        peer = ufrag == NULL
                   ? NULL
                   : mw_udp_table_by_ufrag(udp->env.table, ufrag, len);

        if (peer == NULL) {
            udp->stats.drop_ufrag++;
        }

        return peer;
    }

    if ((first < 20 || first > 63) && (first < 128 || first > 191)) {
        udp->stats.drop_kind++;
        return NULL;
    }

    peer = mw_udp_table_by_path(udp->env.table, path);

    if (peer == NULL) {
        udp->stats.drop_path++;
    }

    return peer;
}


static void
mw_udp_receive(mw_udp_t *udp, unsigned sock, unsigned i, mw_usec_t now)
{
    mw_usec_t at;
    mw_pkt_t *pkt;
    mw_path_t path;
    mw_peer_t *peer;

    pkt = &udp->pkts[i];
    pkt->data = pkt->buf;
    pkt->len = udp->msgs[i].msg_len;
    pkt->received = now;

    udp->stats.packets++;
    udp->stats.bytes += pkt->len;

    if (pkt->len == 0) {
        udp->stats.drop_empty++;
        return;
    }

    if ((udp->msgs[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
        udp->stats.drop_long++;
        return;
    }

    at = now + udp->unix_offset;

    if (mw_udp_path(&path, sock, &udp->msgs[i].msg_hdr, &at) != MW_OK) {
        udp->stats.drop_kind++;
        return;
    }

    mw_egress_arrived(udp->env.egress, at - udp->unix_offset);

    peer = mw_udp_match(udp, &path, pkt);

    if (peer != NULL) {
        mw_peer_input(peer, &path, pkt, now);
    }
}


mw_rc_t
mw_udp_readable(mw_udp_t *udp, int fd, mw_usec_t now)
{
    int n;
    unsigned i, sock;

    for (sock = 0; sock < udp->nlisten && udp->fds[sock] != fd; sock++) {
        /* void */
    }

    if (sock == udp->nlisten) {
        return MW_OK;
    }

    for (i = 0; i < MW_UDP_BATCH; i++) {
        udp->msgs[i].msg_hdr.msg_namelen = sizeof(udp->names[i]);
        udp->msgs[i].msg_hdr.msg_controllen = sizeof(udp->controls[i]);
        udp->msgs[i].msg_hdr.msg_flags = 0;
    }

    n = recvmmsg(fd, udp->msgs, MW_UDP_BATCH, MSG_DONTWAIT, NULL);

    if (n <= 0) {
        return MW_OK;
    }

    udp->unix_offset = mw_loop_unix() - mw_loop_clock();

    for (i = 0; i < (unsigned) n; i++) {
        mw_udp_receive(udp, sock, i, now);
    }

    mw_egress_arrived(udp->env.egress, 0);

    return n == MW_UDP_BATCH ? MW_AGAIN : MW_OK;
}


/* the source address of what goes out, and the length of its segments */
static void
mw_udp_control(struct msghdr *msg, mw_udp_control_t *control,
    const mw_path_t *path, uint16_t segment)
{
    size_t used;
    struct cmsghdr *cmsg;
    struct in_pktinfo info;
    struct in6_pktinfo info6;
    static const uint8_t none[16];

    memset(control, 0, sizeof(*control));
    msg->msg_control = control;
    msg->msg_controllen = sizeof(*control);

    used = 0;
    cmsg = CMSG_FIRSTHDR(msg);

    if (memcmp(path->local, none, sizeof(none)) != 0) {
        if (mw_addr_is_ipv4(&path->remote)) {
            memset(&info, 0, sizeof(info));
            memcpy(&info.ipi_spec_dst, path->local + 12, 4);

            cmsg->cmsg_level = IPPROTO_IP;
            cmsg->cmsg_type = IP_PKTINFO;
            cmsg->cmsg_len = CMSG_LEN(sizeof(info));
            memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
            used += CMSG_SPACE(sizeof(info));

        } else {
            memset(&info6, 0, sizeof(info6));
            memcpy(&info6.ipi6_addr, path->local, 16);

            cmsg->cmsg_level = IPPROTO_IPV6;
            cmsg->cmsg_type = IPV6_PKTINFO;
            cmsg->cmsg_len = CMSG_LEN(sizeof(info6));
            memcpy(CMSG_DATA(cmsg), &info6, sizeof(info6));
            used += CMSG_SPACE(sizeof(info6));
        }

        cmsg = CMSG_NXTHDR(msg, cmsg);
    }

    if (segment != 0) {
        cmsg->cmsg_level = SOL_UDP;
        cmsg->cmsg_type = UDP_SEGMENT;
        cmsg->cmsg_len = CMSG_LEN(sizeof(segment));
        memcpy(CMSG_DATA(cmsg), &segment, sizeof(segment));
        used += CMSG_SPACE(sizeof(segment));
    }

    msg->msg_controllen = used;

    if (used == 0) {
        msg->msg_control = NULL;
    }
}


/* `n` datagrams as one segmented send; 0 or errno */
static int
mw_udp_sendmsg(
    mw_udp_t *udp, const mw_path_t *path, const struct iovec *iov, unsigned n)
{
    struct msghdr msg;
    mw_udp_control_t control;
    struct sockaddr_storage sa;

    memset(&msg, 0, sizeof(msg));
    msg.msg_namelen = mw_udp_to_sockaddr(&sa, &path->remote);
    msg.msg_name = &sa;
    msg.msg_iov = (struct iovec *) (uintptr_t) iov;
    msg.msg_iovlen = n;

    mw_udp_control(
        &msg, &control, path, n == 1 ? 0 : (uint16_t) iov[0].iov_len);

    if (sendmsg(udp->fds[path->socket], &msg, MSG_DONTWAIT) < 0) {
        return errno;
    }

    return 0;
}


static unsigned
mw_udp_send(
    void *ctx, const mw_path_t *path, const struct iovec *iov, unsigned n)
{
    int err;
    unsigned i, sent;
    mw_udp_t *udp;
    uint8_t *refused;

    udp = ctx;
    refused = &udp->refused[path->socket];

    if (n > 1 && *refused < MW_UDP_REFUSALS) {
        err = mw_udp_sendmsg(udp, path, iov, n);

        if (err == 0) {
            *refused = 0;
            return n;
        }

        if (err == EAGAIN || err == ENOBUFS) {
            udp->stats.send_again += n;
            return 0;
        }

        /*
         * EIO: the device computes no checksums, ever.  EINVAL: the kernel
         * cannot segment here, or only this one path is too narrow.
         */

        udp->stats.gso_refused++;
        *refused = err == EIO ? MW_UDP_REFUSALS : (uint8_t) (*refused + 1);
    }

    sent = 0;

    for (i = 0; i < n; i++) {
        err = mw_udp_sendmsg(udp, path, &iov[i], 1);

        if (err == 0) {
            sent++;

        } else if (err == EAGAIN || err == ENOBUFS) {
            udp->stats.send_again++;

        } else {
            udp->stats.send_failed++;
        }
    }

    return sent;
}


mw_peer_env_t *
mw_udp_env(mw_udp_t *udp)
{
    return &udp->env;
}


const mw_addr_t *
mw_udp_candidates(const mw_udp_t *udp, unsigned *n)
{
    *n = udp->ncandidates;
    return udp->candidates;
}


const mw_residence_t *
mw_udp_residence(const mw_udp_t *udp)
{
    return mw_egress_residence(udp->env.egress);
}


const mw_udp_stats_t *
mw_udp_stats(const mw_udp_t *udp)
{
    return &udp->stats;
}
