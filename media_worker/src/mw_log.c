#include "mw_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MW_LOG_LINE 512

static char mw_log_process[32] = "meet-media";


void
mw_log_name(const char *name)
{
    (void) snprintf(
        mw_log_process, sizeof(mw_log_process), "meet-media %s", name);
}


void
mw_log(mw_log_level_t level, const char *format, ...)
{
    int n;
    size_t len;
    va_list args;
    const char *word;
    char line[MW_LOG_LINE];

    if (getenv("JOURNAL_STREAM") != NULL) {
        n = snprintf(line, sizeof(line), "<%d>%s: ", level, mw_log_process);

    } else {
        word = (level == MW_LOG_ERROR)  ? "error: "
               : (level == MW_LOG_WARN) ? "warning: "
                                        : "";

        n = snprintf(line, sizeof(line), "%s[%d]: %s", mw_log_process,
            (int) getpid(), word);
    }

    len = (size_t) n;

    va_start(args, format);
    n = vsnprintf(line + len, sizeof(line) - len, format, args);
    va_end(args);

    len += (size_t) (n > 0 ? n : 0);

    if (len > sizeof(line) - 1) {
        len = sizeof(line) - 1;
    }

    line[len++] = '\n';

    /* one write, so that lines of several processes do not mix */

    if (write(STDERR_FILENO, line, len) == -1) {
        return;
    }
}
