#include "mw_sdp_fragment.h"
#include "mw_sdp_line.h"
#include "mw_sdp_out.h"


mw_sdp_error_t
mw_sdp_fragment_parse(mw_sdp_fragment_t *fragment, const char *text, size_t len)
{
    mw_rc_t rc;
    mw_sdp_str_t name, ufrag, pwd;
    mw_sdp_lines_t lines;

    memset(fragment, 0, sizeof(mw_sdp_fragment_t));
    memset(&ufrag, 0, sizeof(ufrag));
    memset(&pwd, 0, sizeof(pwd));

    if (len == 0 || len > MW_SDP_MAX) {
        return MW_SDP_E_SIZE;
    }

    mw_sdp_lines_init(&lines, text, len);

    while ((rc = mw_sdp_lines_next(&lines)) == MW_OK) {
        if (lines.type != 'a' || !mw_sdp_cut(&lines.value, ':', &name)) {
            continue;
        }

        /* of a bundle the first section speaks for all */

        if (mw_sdp_is(&name, "ice-ufrag") && ufrag.data == NULL) {
            ufrag = lines.value;

        } else if (mw_sdp_is(&name, "ice-pwd") && pwd.data == NULL) {
            pwd = lines.value;
        }
    }

    if (rc != MW_AGAIN) {
        return MW_SDP_E_LINE;
    }

    if (ufrag.data == NULL && pwd.data == NULL) {
        return MW_SDP_OK;
    }

    if (ufrag.data == NULL || pwd.data == NULL
        || !mw_sdp_ice_creds(&fragment->ice, &ufrag, &pwd))
    {
        return MW_SDP_E_ICE;
    }

    fragment->named = true;

    return MW_SDP_OK;
}


mw_rc_t
mw_sdp_fragment_write(const mw_ice_creds_t *ice, const char *mid, bool video,
    const mw_addr_t *candidates, unsigned ncandidates, char *text, size_t size,
    size_t *len)
{
    mw_sdp_out_t out;

    out.pos = text;
    out.room = size;
    out.full = false;

    mw_sdp_print(&out,
        "a=ice-lite\r\na=group:BUNDLE %s\r\n"
        "m=%s 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:%s\r\n"
        "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n",
        mid, video ? "video" : "audio", mid, ice->ufrag, ice->pwd);
    mw_sdp_print_candidates(&out, candidates, ncandidates);

    if (out.full) {
        return MW_ERROR;
    }

    *len = (size_t) (out.pos - text);

    return MW_OK;
}
