#include "mw_limits.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__)
#define MW_LIMITS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MW_LIMITS_SANITIZED 1
#endif
#endif


void
mw_limits_apply(void)
{
    struct rlimit limit;

    limit.rlim_cur = 0;
    limit.rlim_max = 0;
    (void) setrlimit(RLIMIT_CORE, &limit);

#if !MW_LIMITS_SANITIZED

    /* a pipe in core_pattern ignores the limit; leak checkers need the rest */

    (void) prctl(PR_SET_DUMPABLE, 0);

#endif

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
    }

    (void) signal(SIGPIPE, SIG_IGN);
    (void) signal(SIGHUP, SIG_IGN);
}
