/*
 * Sealing of stored values and naming of stored keys.  Plain C over OpenSSL,
 * no state, safe in any thread.
 *
 *   instance key --HKDF--> names key   (HMAC of room names)
 *                --HKDF--> values key
 *   slot secret || values key --HKDF, salt incarnation--> the room's key
 *
 * The slot secret makes deletion final: without it nothing can be derived
 * again.  The values key makes a stolen store directory useless alone.
 */

#ifndef NGX_HTTP_MEET_SEAL_H
#define NGX_HTTP_MEET_SEAL_H

#include <stddef.h>
#include <stdint.h>


#define NGX_HTTP_MEET_SEAL_KEY_LEN   32
#define NGX_HTTP_MEET_SEAL_NAME_LEN  32
#define NGX_HTTP_MEET_SEAL_OVERHEAD  (12 + 16) /* nonce before, tag behind */
#define NGX_HTTP_MEET_SEAL_NONCE_LEN 12
#define NGX_HTTP_MEET_SEAL_AAD_MAX   128

#define NGX_HTTP_MEET_SEAL_FAILED (-2)


typedef struct {
    unsigned char names[NGX_HTTP_MEET_SEAL_KEY_LEN];
    unsigned char values[NGX_HTTP_MEET_SEAL_KEY_LEN];
    unsigned char check[NGX_HTTP_MEET_SEAL_KEY_LEN]; /* tells keys apart */
} ngx_http_meet_seal_keys_t;

/* a room's key; wipe it when done */
typedef struct {
    unsigned char key[NGX_HTTP_MEET_SEAL_KEY_LEN];
} ngx_http_meet_seal_t;

/* where a value belongs: it opens nowhere else */
typedef struct {
    unsigned char data[NGX_HTTP_MEET_SEAL_AAD_MAX];
    size_t len;
} ngx_http_meet_seal_place_t;


/* All return 0, or -1 if OpenSSL refused.  Opening: -1 if the value is not
 * authentic in this place, NGX_HTTP_MEET_SEAL_FAILED if OpenSSL refused. */

int ngx_http_meet_seal_keys(
    ngx_http_meet_seal_keys_t *keys, const unsigned char *instance_key);

int ngx_http_meet_seal_name(const ngx_http_meet_seal_keys_t *keys,
    const unsigned char *name, size_t len, unsigned char *out);

int ngx_http_meet_seal_room(ngx_http_meet_seal_t *seal,
    const ngx_http_meet_seal_keys_t *keys, const unsigned char *secret,
    const unsigned char *incarnation);

/* database name, key, and a plain header that the value is bound to */
int ngx_http_meet_seal_place(ngx_http_meet_seal_place_t *place,
    const char *database, const void *key, size_t key_len, const void *header,
    size_t header_len);

/* `out` takes len + NGX_HTTP_MEET_SEAL_OVERHEAD bytes */
int ngx_http_meet_seal_close(const ngx_http_meet_seal_t *seal,
    const ngx_http_meet_seal_place_t *place, const unsigned char *in,
    size_t len, unsigned char *out);

/* `out` takes len - NGX_HTTP_MEET_SEAL_OVERHEAD bytes */
int ngx_http_meet_seal_open(const ngx_http_meet_seal_t *seal,
    const ngx_http_meet_seal_place_t *place, const unsigned char *in,
    size_t len, unsigned char *out);

/* SHA-256(auth): what an invite's verifier is compared with */
int ngx_http_meet_seal_verifier(
    const unsigned char *auth, size_t len, unsigned char *out);

int ngx_http_meet_seal_random(void *out, size_t len);
int ngx_http_meet_seal_equal(const void *a, const void *b, size_t len);
void ngx_http_meet_seal_wipe(void *p, size_t len);


#endif /* NGX_HTTP_MEET_SEAL_H */
