/*
 * Lines of the chat, kept and said again until the server has them on disk, as
 * the page does it.  One that was said twice, because an answer was lost, has
 * the same id inside and is heard once.
 */

#ifndef MC_CHAT_H
#define MC_CHAT_H

#include "mw_timer.h"

#include <jansson.h>


#define MC_CHAT_ID    24  /* 16 bytes as b64u */
#define MC_CHAT_HEARD 512 /* ids that are remembered */

typedef struct mc_participant_s mc_participant_t;
typedef struct mc_line_s mc_line_t;


typedef struct {
    uint64_t sequence;
    char id[MC_CHAT_ID];
} mc_heard_t;


typedef struct {
    mc_line_t *lines; /* not on disk yet, oldest first */
    unsigned waiting; /* so many */
    mw_timer_t again;
    uint64_t last;   /* of the log: heard up to here; 0: nothing yet */
    uint64_t newest; /* that was told of */
    bool fetching;
    mc_heard_t heard[MC_CHAT_HEARD];
    unsigned nheard;
    uint64_t repeats; /* further entries of a line that was heard before */
} mc_chat_t;


void mc_chat_init(mc_participant_t *who);
void mc_chat_close(mc_participant_t *who);

int mc_chat_say(mc_participant_t *who, const char *text);

/* what was said meanwhile is fetched, what is not on disk is said again */
void mc_chat_welcome(mc_participant_t *who, bool resumed);

/* `posted` or `error`, perhaps to a line */
void mc_chat_answer(
    mc_participant_t *who, const char *type, json_t *message, mw_usec_t now);

/* an entry: live, or of a `log` */
void mc_chat_entry(mc_participant_t *who, json_t *entry, bool live);
void mc_chat_log(mc_participant_t *who, json_t *message);


#endif /* MC_CHAT_H */
