/* An offer, and every answer that can be made of it. */

#include "mw_sdp_answer.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    unsigned i, way;
    static mw_sdp_offer_t offer;
    static mw_sdp_answer_t answer;
    static char text[MW_SDP_ANSWER_MAX];
    static const mw_ice_creds_t ice = { "ourufrag", "ourpasswordourpassword" };
    static const mw_fingerprint_t print = { MW_HASH_SHA256, 32, { 1 } };
    static const mw_sdp_send_t send = { 1, 2, "s", "t", "c" };

    if (mw_sdp_offer_parse(&offer, (const char *) data, size) != MW_SDP_OK) {
        return 0;
    }

    for (way = 0; way < 3; way++) {
        mw_sdp_answer_init(&answer, &offer);
        answer.ice = &ice;
        answer.fingerprint = &print;

        for (i = 0; i < offer.nsections; i++) {
            (void) (way == 0   ? mw_sdp_accept_publish(&answer, i, 0)
                    : way == 1 ? mw_sdp_accept_subscribe(&answer, i, &send)
                               : mw_sdp_accept_inactive(&answer, i));
        }

        (void) mw_sdp_answer_write(&answer, text, sizeof(text), &len);
    }

    return 0;
}
