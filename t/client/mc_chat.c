#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "mc_participant.h"


#define MC_CHAT_AGAIN (500 * MW_MSEC)


struct mc_line_s {
    mc_line_t *next;
    json_int_t request; /* of the `post` under way; 0: none */
    char id[MC_CHAT_ID];
    char text[];
};


static void
mc_chat_post(mc_participant_t *who, mc_line_t *line)
{
    json_t *inner;
    char *plain, *body;

    if (!who->welcomed || !who->greeted || line->request != 0) {
        return;
    }

    inner = json_pack(
        "{ss ss ss}", "id", line->id, "name", who->name, "text", line->text);
    plain = json_dumps(inner, JSON_COMPACT);
    json_decref(inner);
    body = plain == NULL ? NULL : malloc(strlen(plain) * 2 + 128);

    if (body != NULL
        && mc_secret_seal(who->key, who->key_id, who->incarnation, "chat",
               who->id, plain, strlen(plain), body)
               == 0
        && mc_participant_send(who, json_pack("{ss sI ss ss}", "type", "post",
                                        "id", (json_int_t) ++who->requests,
                                        "channel", "chat", "body", body))
               == 0)
    {
        line->request = who->requests;
    }

    free(plain);
    free(body);
}


static void
mc_chat_post_all(mc_participant_t *who)
{
    mc_line_t *line;

    for (line = who->chat.lines; line != NULL; line = line->next) {
        mc_chat_post(who, line);
    }
}


static void
mc_chat_again(void *ctx, mw_usec_t now)
{
    (void) now;

    mc_chat_post_all(ctx);
}


void
mc_chat_init(mc_participant_t *who)
{
    mw_timer_init(&who->chat.again, mc_chat_again, who);
}


static void
mc_chat_drop(mc_chat_t *chat, mc_line_t **where)
{
    mc_line_t *line;

    line = *where;
    *where = line->next;
    chat->waiting--;
    free(line);
}


void
mc_chat_close(mc_participant_t *who)
{
    while (who->chat.lines != NULL) {
        mc_chat_drop(&who->chat, &who->chat.lines);
    }

    mw_timer_cancel(&who->loop->timers, &who->chat.again);
}


int
mc_chat_say(mc_participant_t *who, const char *text)
{
    uint8_t random[16];
    mc_line_t *line, **last;

    line = calloc(1, sizeof(*line) + strlen(text) + 1);

    if (line == NULL || RAND_bytes(random, sizeof(random)) != 1) {
        free(line);
        return -1;
    }

    strcpy(line->text, text);
    mc_b64u(random, sizeof(random), line->id);

    for (last = &who->chat.lines; *last != NULL; last = &(*last)->next) {
        /* void */
    }

    *last = line;
    who->chat.waiting++;
    mc_chat_post(who, line);

    return 0;
}


static void
mc_chat_fetch(mc_participant_t *who)
{
    if (who->chat.fetching) {
        return;
    }

    who->chat.fetching = true;
    mc_participant_send(who, json_pack("{ss sI ss sI}", "type", "log", "id",
                                 (json_int_t) ++who->requests, "channel",
                                 "chat", "after", (json_int_t) who->chat.last));
}


void
mc_chat_welcome(mc_participant_t *who, bool resumed)
{
    mc_line_t *line;

    who->chat.fetching = false;

    if (!resumed && who->chat.last != 0) {
        mc_chat_fetch(who);
    }

    for (line = who->chat.lines; line != NULL; line = line->next) {
        line->request = 0; /* its answer went to a socket of before */
    }

    mc_chat_post_all(who);
}


void
mc_chat_answer(
    mc_participant_t *who, const char *type, json_t *message, mw_usec_t now)
{
    json_int_t re;
    const char *error;
    mc_line_t **line;

    re = json_integer_value(json_object_get(message, "re"));
    line = &who->chat.lines;

    while (*line != NULL && (*line)->request != re) {
        line = &(*line)->next;
    }

    if (re == 0 || *line == NULL) {
        return;
    }

    error = json_string_value(json_object_get(message, "error"));

    if (strcmp(type, "error") == 0 && error != NULL
        && (strcmp(error, "unavailable") == 0 || strcmp(error, "timeout") == 0
            || strcmp(error, "stale") == 0))
    {
        (*line)->request = 0;
        mw_timer_set(&who->loop->timers, &who->chat.again, now + MC_CHAT_AGAIN);
        return;
    }

    mc_chat_drop(&who->chat, line);
}


static bool
mc_chat_heard(mc_chat_t *chat, const char *id, uint64_t sequence)
{
    unsigned i;
    mc_heard_t *heard;

    for (i = 0; i < chat->nheard && i < MC_CHAT_HEARD; i++) {
        heard = &chat->heard[i];

        if (strcmp(heard->id, id) == 0) {
            chat->repeats += heard->sequence != sequence;
            return true;
        }
    }

    heard = &chat->heard[chat->nheard++ % MC_CHAT_HEARD];
    heard->sequence = sequence;
    snprintf(heard->id, MC_CHAT_ID, "%s", id);

    return false;
}


void
mc_chat_entry(mc_participant_t *who, json_t *entry, bool live)
{
    int n;
    json_t *inner;
    uint8_t *plain;
    uint64_t sequence;
    const char *body, *sender, *id;

    sequence =
        (uint64_t) json_integer_value(json_object_get(entry, "sequence"));
    sender = json_string_value(json_object_get(entry, "sender"));
    body = json_string_value(json_object_get(entry, "body"));

    if (sender == NULL || body == NULL) {
        return;
    }

    if (sequence > who->chat.newest) {
        who->chat.newest = sequence;
    }

    if (live && who->chat.last != 0 && sequence > who->chat.last + 1) {
        mc_chat_fetch(who);
        return;
    }

    if (sequence > who->chat.last) {
        who->chat.last = sequence;
    }

    plain = malloc(strlen(body) + 1);

    if (plain == NULL) {
        return;
    }

    n = mc_secret_open(
        who->key, who->key_id, who->incarnation, "chat", sender, body, plain);
    inner = n < 0 ? NULL : json_loadb((char *) plain, (size_t) n, 0, NULL);
    id = json_string_value(json_object_get(inner, "id"));
    free(plain);

    if (id != NULL && mc_chat_heard(&who->chat, id, sequence)) {
        json_decref(inner);
        return;
    }

    mc_participant_emit(who, "chat",
        json_pack("{sI ss so}", "sequence", (json_int_t) sequence, "sender",
            sender, "chat", inner == NULL ? json_null() : inner));
}


void
mc_chat_log(mc_participant_t *who, json_t *message)
{
    size_t i;
    json_t *entry;
    uint64_t before, last;

    before = who->chat.last;
    who->chat.fetching = false;

    json_array_foreach(json_object_get(message, "entries"), i, entry)
    {
        mc_chat_entry(who, entry, false);
    }

    last = (uint64_t) json_integer_value(json_object_get(message, "last"));

    if (last > who->chat.newest) {
        who->chat.newest = last;
    }

    /* a page of many */

    if (who->chat.last > before && who->chat.last < who->chat.newest) {
        mc_chat_fetch(who);
    }
}
