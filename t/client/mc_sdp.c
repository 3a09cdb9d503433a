/* Offers out, answers in. */

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mc_sdp.h"


#define MC_SDP_MAX (256 * 1024)
#define MC_LINE    512

#define MC_URI_MID    "urn:ietf:params:rtp-hdrext:sdes:mid"
#define MC_URI_RID    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
#define MC_URI_REPAIR "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
#define MC_URI_LEVEL  "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
#define MC_URI_CAPTURE                                                         \
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
#define MC_URI_SENT "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
#define MC_URI_TWCC                                                            \
    "http://www.ietf.org/id/"                                                  \
    "draft-holmer-rmcat-transport-wide-cc-extensions-01"


typedef struct {
    char *text;
    size_t len;
} mc_text_t;


static void __attribute__((format(printf, 2, 3)))
mc_add(mc_text_t *out, const char *format, ...)
{
    int n;
    va_list args;

    va_start(args, format);
    n = vsnprintf(out->text + out->len, MC_SDP_MAX - out->len, format, args);
    va_end(args);

    if (n > 0 && out->len + (size_t) n < MC_SDP_MAX) {
        out->len += (size_t) n;
    }
}


mc_section_t *
mc_offer_add(mc_offer_t *offer, const char *mid, bool video)
{
    mc_section_t *section;

    if (offer->count == MC_SECTIONS) {
        return NULL;
    }

    section = &offer->sections[offer->count++];
    memset(section, 0, sizeof(*section));
    snprintf(section->mid, sizeof(section->mid), "%s", mid);
    section->video = video;

    return section;
}


static void
mc_offer_layers(mc_text_t *out)
{
    unsigned i;

    for (i = 0; i < MC_LAYERS; i++) {
        mc_add(out, "a=rid:%u send\r\n", i);
    }

    mc_add(out, "a=simulcast:send");

    for (i = 0; i < MC_LAYERS; i++) {
        mc_add(out, "%c%u", i == 0 ? ' ' : ';', i);
    }

    mc_add(out, "\r\n");
}


static void
mc_offer_section(mc_text_t *out, const mc_offer_t *offer, const mc_section_t *s)
{
    mc_add(out, "m=%s 9 UDP/TLS/RTP/SAVPF ", s->video ? "video" : "audio");

    if (s->video) {
        mc_add(out, "%d %d\r\n", MC_PT_VP8, MC_PT_RTX);
    } else {
        mc_add(out, "%d\r\n", MC_PT_OPUS);
    }

    mc_add(out,
        "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
        "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\n"
        "a=setup:%s\r\na=mid:%s\r\n",
        offer->ufrag, offer->pwd, offer->fingerprint,
        offer->active ? "active" : "actpass", s->mid);

    mc_add(out, "a=extmap:%d %s\r\n", MC_EXT_MID, MC_URI_MID);
    mc_add(out, "a=extmap:%d %s\r\n", MC_EXT_CAPTURE, MC_URI_CAPTURE);

    if (offer->remb) {
        mc_add(out, "a=extmap:%d %s\r\n", MC_EXT_SENT, MC_URI_SENT);
    }

    if (offer->twcc) {
        mc_add(out, "a=extmap:%d %s\r\n", MC_EXT_TWCC, MC_URI_TWCC);
    }

    if (!s->video) {
        mc_add(out, "a=extmap:%d %s\r\n", MC_EXT_LEVEL, MC_URI_LEVEL);
    }

    if (s->simulcast) {
        mc_add(out, "a=extmap:%d %s\r\n", MC_EXT_RID, MC_URI_RID);
        mc_add(out, "a=extmap:%d %s\r\n", MC_EXT_REPAIR, MC_URI_REPAIR);
    }

    mc_add(out, "a=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
        s->inactive   ? "inactive"
        : offer->send ? "sendonly"
                      : "recvonly");

    if (offer->send) {
        mc_add(out, "a=msid:- %s\r\n", s->mid);
    }

    if (s->video) {
        mc_add(out,
            "a=rtpmap:%d VP8/90000\r\n"
            "a=rtcp-fb:%d ccm fir\r\n"
            "a=rtcp-fb:%d nack\r\n"
            "a=rtcp-fb:%d nack pli\r\n"
            "a=rtpmap:%d rtx/90000\r\n"
            "a=fmtp:%d apt=%d\r\n",
            MC_PT_VP8, MC_PT_VP8, MC_PT_VP8, MC_PT_VP8, MC_PT_RTX, MC_PT_RTX,
            MC_PT_VP8);

        if (offer->remb) {
            mc_add(out, "a=rtcp-fb:%d goog-remb\r\n", MC_PT_VP8);
        }

        if (offer->twcc) {
            mc_add(out, "a=rtcp-fb:%d transport-cc\r\n", MC_PT_VP8);
        }

    } else {
        mc_add(out,
            "a=rtpmap:%d opus/48000/2\r\n"
            "a=fmtp:%d minptime=10;useinbandfec=1\r\n",
            MC_PT_OPUS, MC_PT_OPUS);
    }

    if (offer->send && !s->inactive && s->simulcast) {
        mc_offer_layers(out);

    } else if (offer->send && !s->inactive) {
        if (s->video) {
            mc_add(out, "a=ssrc-group:FID %u %u\r\n", s->ssrc, s->rtx_ssrc);
            mc_add(out, "a=ssrc:%u cname:meet-client\r\n", s->rtx_ssrc);
        }

        mc_add(out, "a=ssrc:%u cname:meet-client\r\n", s->ssrc);
    }
}


char *
mc_offer_write(const mc_offer_t *offer)
{
    unsigned i;
    mc_text_t out;

    out.text = malloc(MC_SDP_MAX);
    out.len = 0;

    if (out.text == NULL) {
        return NULL;
    }

    mc_add(&out,
        "v=0\r\no=- 4711 %u IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        "a=group:BUNDLE",
        offer->revision);

    for (i = 0; i < offer->count; i++) {
        mc_add(&out, " %s", offer->sections[i].mid);
    }

    mc_add(&out, "\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\n");

    for (i = 0; i < offer->count; i++) {
        mc_offer_section(&out, offer, &offer->sections[i]);
    }

    return out.text;
}


static void
mc_answer_candidate(mc_answer_t *answer, const char *line)
{
    mw_addr_t *a;
    char ip[64], proto[8];
    unsigned port;
    uint32_t v4;

    if (answer->candidates == MC_CANDIDATES
        || sscanf(line, "%*s %*u %7s %*u %63s %u", proto, ip, &port) != 3
        || (strcmp(proto, "udp") != 0 && strcmp(proto, "UDP") != 0))
    {
        return;
    }

    a = &answer->candidate[answer->candidates];
    memset(a, 0, sizeof(*a));
    a->kind = MW_ADDR_UDP;
    a->port = (uint16_t) port;

    if (inet_pton(AF_INET, ip, &v4) == 1) {
        a->ip[10] = a->ip[11] = 255;
        memcpy(a->ip + 12, &v4, 4);

    } else if (inet_pton(AF_INET6, ip, a->ip) != 1) {
        return;
    }

    answer->candidates++;
}


static void
mc_answer_line(mc_answer_t *answer, const char *line)
{
    mc_section_t *s;
    uint32_t a, b;

    s = answer->count == 0 ? NULL : &answer->sections[answer->count - 1];

    if (strncmp(line, "m=", 2) == 0) {
        if (answer->count == MC_SECTIONS) {
            return;
        }

        s = &answer->sections[answer->count];
        s->video = strncmp(line + 2, "video", 5) == 0;
        answer->accepted[answer->count++] =
            sscanf(line, "m=%*s %u", &a) == 1 && a != 0;

    } else if (sscanf(line, "a=ice-ufrag:%63s", answer->ufrag) == 1
               || sscanf(line, "a=ice-pwd:%127s", answer->pwd) == 1
               || sscanf(
                      line, "a=fingerprint:sha-256 %127s", answer->fingerprint)
                      == 1)
    {
        return;

    } else if (strncmp(line, "a=candidate:", 12) == 0) {
        if (answer->count <= 1) {
            mc_answer_candidate(answer, line + 12);
        }

    } else if (s == NULL) {
        return;

    } else if (strcmp(line, "a=inactive") == 0) {
        answer->accepted[answer->count - 1] = false;

    } else if (sscanf(line, "a=mid:%16s", s->mid) == 1) {
        return;

    } else if (sscanf(line, "a=ssrc-group:FID %u %u", &a, &b) == 2) {
        s->ssrc = a;
        s->rtx_ssrc = b;

    } else if (sscanf(line, "a=ssrc:%u", &a) == 1 && s->ssrc == 0) {
        s->ssrc = a;
    }
}


int
mc_answer_read(mc_answer_t *answer, const char *sdp)
{
    size_t len;
    char line[MC_LINE];

    memset(answer, 0, sizeof(*answer));

    for (; *sdp != '\0'; sdp += len + strspn(sdp + len, "\r\n")) {
        len = strcspn(sdp, "\r\n");

        if (len < sizeof(line)) {
            memcpy(line, sdp, len);
            line[len] = '\0';
            mc_answer_line(answer, line);
        }
    }

    return answer->ufrag[0] != '\0' && answer->pwd[0] != '\0'
                   && answer->fingerprint[0] != '\0' && answer->candidates != 0
               ? 0
               : -1;
}
