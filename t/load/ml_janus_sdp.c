/* Session descriptions as Janus wants them. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "ml_janus_sdp.h"


/* the local address as a candidate, for each section */
static void
ml_janus_candidate(const mc_peer_t *peer, char *out, size_t size)
{
    socklen_t len;
    char text[INET6_ADDRSTRLEN];
    struct sockaddr_in6 sin6;

    len = sizeof(sin6);
    memset(&sin6, 0, sizeof(sin6));
    getsockname(peer->io.fd, (struct sockaddr *) &sin6, &len);

    if (IN6_IS_ADDR_V4MAPPED(&sin6.sin6_addr)) {
        inet_ntop(AF_INET, sin6.sin6_addr.s6_addr + 12, text, sizeof(text));
    } else {
        inet_ntop(AF_INET6, &sin6.sin6_addr, text, sizeof(text));
    }

    snprintf(out, size,
        "a=candidate:1 1 udp 2130706431 %s %u typ host\r\n"
        "a=end-of-candidates\r\n",
        text, ntohs(sin6.sin6_port));
}


/* a line of Janus' offer in our answer; false: as it is */
static bool
ml_janus_line(const char *line, size_t len, const mc_peer_t *peer, char *out)
{
    unsigned i;
    static const char *const dropped[] = { "a=ssrc", "a=msid", "a=candidate",
        "a=end-of", "a=extmap:", "a=ice-lite", "a=ice-options" };

    *out = '\0';

    for (i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        if (strncmp(line, dropped[i], strlen(dropped[i])) == 0) {
            return true;
        }
    }

    if (strncmp(line, "a=ice-ufrag:", 12) == 0) {
        sprintf(out, "a=ice-ufrag:%s\r\n", peer->ufrag);

    } else if (strncmp(line, "a=ice-pwd:", 10) == 0) {
        sprintf(out, "a=ice-pwd:%s\r\n", peer->pwd);

    } else if (strncmp(line, "a=fingerprint:", 14) == 0) {
        sprintf(out, "a=fingerprint:sha-256 %s\r\n", mc_dtls_fingerprint());

    } else if (len == 10 && strncmp(line, "a=sendonly", 10) == 0) {
        strcpy(out, "a=recvonly\r\n");

    } else {
        return false;
    }

    return true;
}


/* we are the DTLS client either way: where it may choose, Janus would be */
static bool
ml_janus_setup(const char *line, char *out)
{
    strcpy(out, "a=setup:active\r\n");

    return strncmp(line, "a=setup:", 8) == 0;
}


char *
ml_janus_sdp(const char *sdp, const mc_peer_t *peer, bool answer)
{
    size_t len, n;
    char line[512], candidate[160], *out;

    ml_janus_candidate(peer, candidate, sizeof(candidate));
    out = malloc(strlen(sdp) * 4 + 4096);

    if (out == NULL) {
        return NULL;
    }

    for (n = 0; *sdp != '\0'; sdp += len + strspn(sdp + len, "\r\n")) {
        len = strcspn(sdp, "\r\n");

        if ((answer && ml_janus_line(sdp, len, peer, line))
            || ml_janus_setup(sdp, line))
        {
            strcpy(out + n, line);
            n += strlen(line);

        } else {
            memcpy(out + n, sdp, len);
            memcpy(out + n + len, "\r\n", 2);
            n += len + 2;
        }

        if (strncmp(sdp, "a=mid:", 6) == 0) {
            strcpy(out + n, candidate);
            n += strlen(candidate);
        }
    }

    out[n] = '\0';

    return out;
}
