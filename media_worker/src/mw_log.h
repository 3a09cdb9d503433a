/*
 * Lines on standard error, for journald (which understands the level in front)
 * or a terminal.  Not for the packet path.  Levels say who must act: error:
 * we failed; warn: a limit was hit; info: life of processes.
 */

#ifndef MW_LOG_H
#define MW_LOG_H


typedef enum {
    MW_LOG_ERROR = 3, /* numbers of syslog */
    MW_LOG_WARN = 4,
    MW_LOG_INFO = 6
} mw_log_level_t;


/* names the process in every line: "supervisor", "worker 0"; copied */
void mw_log_name(const char *name);

void mw_log(mw_log_level_t level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));


#endif /* MW_LOG_H */
