/*
 * The worker's certificate and the comparison with a fingerprint from SDP.
 * Only mw_dtls.c uses this.
 */

#ifndef MW_DTLS_CERT_H
#define MW_DTLS_CERT_H

#include "mw.h"
#include "mw_dtls.h"

#include <openssl/ssl.h>


/* makes key and certificate, puts them into `ssl`, gives the fingerprint */
mw_rc_t mw_dtls_cert_make(SSL_CTX *ssl, mw_fingerprint_t *fingerprint);

/* MW_OK: it is that certificate; MW_DROP: no or another one */
mw_rc_t mw_dtls_cert_matches(X509 *cert, const mw_fingerprint_t *fingerprint);


#endif /* MW_DTLS_CERT_H */
