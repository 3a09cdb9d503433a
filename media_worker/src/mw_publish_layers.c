/* Tells a publisher which of its layers somebody needs. */

#include "mw_publish.h"


bool
mw_publish_want(mw_publish_t *publish, mw_usec_t now)
{
    bool changed;
    unsigned kind;
    mw_source_t *source;

    changed = false;

    for (kind = 0; kind < MW_KINDS; kind++) {
        source = publish->tracks[kind].source;

        if (source != NULL && mw_source_want(source, now)) {
            changed = true;
        }
    }

    return changed;
}


mw_rc_t
mw_publish_send_layers(mw_participant_t *p)
{
    mw_rc_t rc;
    size_t len;
    unsigned kind;
    mw_source_t *source;
    meet_layers_t layers;
    meet_layer_set_t set;
    uint8_t body[sizeof(layers) + MEET_LAYER_SETS_MAX * sizeof(set)];

    memset(&layers, 0, sizeof(layers));
    memset(&set, 0, sizeof(set));
    len = sizeof(layers);

    for (kind = 0; kind < MW_KINDS; kind++) {
        source = mw_publish_source(p->publish, kind);

        if (source == NULL || !mw_kind_is_video((mw_kind_t) kind)) {
            continue;
        }

        set.source = mw_source_id(source);
        set.layers = (uint8_t) mw_source_wanted(source, &set.wanted);

        if (set.layers > 1) {
            memcpy(body + len, &set, sizeof(set));
            len += sizeof(set);
            layers.entries++;
        }
    }

    rc = MW_OK;

    if (layers.entries != 0) {
        memcpy(body, &layers, sizeof(layers));
        rc = mw_participant_send(p, MW_LINK_TRY, MEET_LAYERS, body, len);
    }

    if (rc != MW_AGAIN) {
        p->layers_dirty = false;
    }

    return rc;
}
