#include "mw_rights.h"

/* the most that a room may give to everybody */
#define MW_RIGHTS_ROOM (MEET_RIGHTS_PUBLISH | MEET_RIGHT_CHAT | MEET_RIGHT_TELL)


uint32_t
mw_rights_of(uint8_t role, const meet_room_t *room)
{
    switch (role) {

    case MEET_ROLE_OWNER:
        return MEET_RIGHTS_ALL;

    case MEET_ROLE_MODERATOR:
        return MEET_RIGHTS_ALL & ~MEET_RIGHT_DELETE;

    case MEET_ROLE_PARTICIPANT:
        return room->rights_participant & MW_RIGHTS_ROOM;

    default:
        return room->rights_viewer & MW_RIGHTS_ROOM;
    }
}


uint32_t
mw_rights_to(uint8_t kinds)
{
    uint32_t rights;

    rights = 0;

    if (kinds & 1u << MEET_KIND_MIC) {
        rights |= MEET_RIGHT_MIC;
    }

    if (kinds & 1u << MEET_KIND_CAM) {
        rights |= MEET_RIGHT_CAM;
    }

    if (kinds & (1u << MEET_KIND_SCREEN | 1u << MEET_KIND_SCREEN_AUDIO)) {
        rights |= MEET_RIGHT_SCREEN;
    }

    return rights;
}


uint8_t
mw_rights_kinds(uint32_t rights)
{
    uint8_t kinds;

    kinds = 0;

    if (rights & MEET_RIGHT_MIC) {
        kinds |= 1u << MEET_KIND_MIC;
    }

    if (rights & MEET_RIGHT_CAM) {
        kinds |= 1u << MEET_KIND_CAM;
    }

    if (rights & MEET_RIGHT_SCREEN) {
        kinds |= 1u << MEET_KIND_SCREEN | 1u << MEET_KIND_SCREEN_AUDIO;
    }

    return kinds;
}


bool
mw_rights_over(uint8_t role, uint8_t target)
{
    return role == MEET_ROLE_OWNER || target < MEET_ROLE_MODERATOR;
}
