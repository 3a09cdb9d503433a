/*
 * What all associations of a worker have in common: its certificate, what it
 * negotiates, and the comparison with a fingerprint from SDP.  Only mw_dtls.c
 * uses this.
 */

#ifndef MW_DTLS_CERT_H
#define MW_DTLS_CERT_H

#include "mw.h"
#include "mw_dtls.h"

#include <openssl/ssl.h>


/*
 * Versions, ciphers, SRTP profiles, and a certificate made for it, whose
 * fingerprint is given back.  MW_ERROR: OpenSSL refuses.
 */
mw_rc_t mw_dtls_configure(SSL_CTX *ssl, mw_fingerprint_t *fingerprint);

/* MW_OK: it is that certificate; MW_DROP: no or another one */
mw_rc_t mw_dtls_cert_matches(X509 *cert, const mw_fingerprint_t *fingerprint);


#endif /* MW_DTLS_CERT_H */
