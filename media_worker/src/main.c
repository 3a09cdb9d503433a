/* meet-media: command line, then supervisor or worker. */

#include "mw_log.h"
#include "mw_proof.h"
#include "mw_supervisor.h"
#include "mw_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MW_CREDENTIAL "meet.key" /* in $CREDENTIALS_DIRECTORY of systemd */


static const char mw_usage[] =
    "usage: meet-media --run-dir DIR [--key FILE] [--user NAME]\n"
    "\n"
    "Forwards the media of ngx-meet's rooms.  Runs in the foreground; all\n"
    "other configuration comes from nginx.conf, through DIR/control.sock.\n"
    "\n"
    "  --run-dir DIR  directory of control.sock (meet_run in nginx.conf)\n"
    "  --key FILE     instance key, 32 bytes (meet_key in nginx.conf);\n"
    "                 default: " MW_CREDENTIAL " in $CREDENTIALS_DIRECTORY\n"
    "  --user NAME    run as this user (when started by root)\n"
    "  --version      print the versions of the program and the contract\n"
    "  --help         print this\n";


static int mw_main_key(const char *file, uint8_t key[MEET_KEY_LEN]);


int
main(int argc, char *argv[])
{
    int c;
    const char *key;
    mw_supervisor_conf_t conf;

    static const struct option options[] = {
        { "run-dir", required_argument, NULL, 'r' },
        { "key", required_argument, NULL, 'k' },
        { "user", required_argument, NULL, 'u' },
        { "version", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { "worker", no_argument, NULL, 'w' },
        { NULL, 0, NULL, 0 },
    };

    memset(&conf, 0, sizeof(conf));
    key = NULL;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {

        case 'r':
            conf.run_dir = optarg;
            break;

        case 'k':
            key = optarg;
            break;

        case 'u':
            conf.user = optarg;
            break;

        case 'v':
            printf(
                "meet-media, contract %d.%d\n", MEET_IPC_MAJOR, MEET_IPC_MINOR);
            return 0;

        case 'h':
            fputs(mw_usage, stdout);
            return 0;

        case 'w':
            return mw_worker_main();

        default:
            fputs(mw_usage, stderr);
            return 2;
        }
    }

    if (conf.run_dir == NULL || optind != argc) {
        fputs(mw_usage, stderr);
        return 2;
    }

    if (mw_main_key(key, conf.key) != 0) {
        return 2;
    }

    return mw_supervisor_run(&conf);
}


static int
mw_main_key(const char *file, uint8_t key[MEET_KEY_LEN])
{
    int fd;
    ssize_t n;
    const char *dir;
    char path[PATH_MAX];
    uint8_t buf[MEET_KEY_LEN + 1];

    if (file == NULL) {
        dir = getenv("CREDENTIALS_DIRECTORY");

        if (dir == NULL) {
            mw_log(MW_LOG_ERROR, "no --key and no $CREDENTIALS_DIRECTORY");
            return -1;
        }

        (void) snprintf(path, sizeof(path), "%s/%s", dir, MW_CREDENTIAL);
        file = path;
    }

    fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        mw_log(
            MW_LOG_ERROR, "cannot open key file %s: %s", file, strerror(errno));
        return -1;
    }

    n = read(fd, buf, sizeof(buf));
    close(fd);

    if (n != MEET_KEY_LEN) {
        mw_log(MW_LOG_ERROR, "key file %s must hold exactly %d bytes", file,
            MEET_KEY_LEN);
        return -1;
    }

    memcpy(key, buf, MEET_KEY_LEN);
    mw_wipe(buf, sizeof(buf));

    return 0;
}
