/*
 * The supervisor and its workers as real processes: this program is started
 * again as both.
 */

#include "supervisor_fixture.h"


static int
setup(void **state)
{
    (void) state;

    supervisor = start(dir, true);

    return 0;
}


static int
teardown(void **state)
{
    int status;

    (void) state;

    if (second != 0) {
        (void) kill(second, SIGKILL);
        (void) leave(second);
        second = 0;
    }

    if (supervisor == 0) {
        return 0;
    }

    (void) kill(supervisor, SIGTERM);
    status = leave(supervisor);
    supervisor = 0;

    return status == 0 ? 0 : -1;
}


static void
test_attach(void **state)
{
    int fd;
    msg_t msg;
    struct stat st;
    char path[64];
    meet_region_t *region;

    (void) state;

    fd = attach();
    configure(fd, ++generation, 2, &msg);

    assert_int_equal(msg.u.configured.status, MEET_OK);
    assert_int_equal(msg.u.configured.generation, generation);
    assert_int_equal(msg.u.configured.workers, 2);

    expect(fd, &msg, MEET_CTL_WORKER);
    assert_int_equal(msg.nfds, 3);
    assert_int_equal(msg.u.worker.state, MEET_WORKER_ACTIVE);
    assert_in_range(msg.u.worker.port, port_first, port_first + 19);
    assert_true(alive(msg.u.worker.pid));

    region =
        meet_region_map(msg.fds[0], msg.u.worker.region, msg.u.worker.instance);
    assert_non_null(region);
    meet_region_unmap(region);
    drop_fds(&msg);

    expect(fd, &msg, MEET_CTL_WORKER);
    assert_int_equal(msg.nfds, 3);
    drop_fds(&msg);

    (void) snprintf(path, sizeof(path), "%s/%s", dir, MEET_CTL_SOCKET);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);

    close(fd);
}


/* a proof of one who was built before us is made and checked with its number */
static void
test_previous_minor(void **state)
{
    int fd;
    msg_t msg;
    meet_region_t *region;

    (void) state;

    minor = MEET_IPC_MINOR - 1;
    fd = attach();
    minor = MEET_IPC_MINOR;
    configure(fd, ++generation, 1, &msg);

    expect(fd, &msg, MEET_CTL_WORKER);
    region =
        meet_region_map(msg.fds[0], msg.u.worker.region, msg.u.worker.instance);
    assert_non_null(region);
    assert_int_equal(region->minor, MEET_IPC_MINOR - 1);
    meet_region_unmap(region);
    drop_fds(&msg);

    close(fd);
}


static void
test_wrong_key(void **state)
{
    int fd;
    msg_t msg;
    uint8_t wrong[MEET_KEY_LEN], nonce[MEET_KEY_LEN];

    (void) state;

    memcpy(wrong, key, sizeof(wrong));
    wrong[31] ^= 1;

    fd = dial();
    expect(fd, &msg, MEET_CTL_CHALLENGE);
    say_hello(fd, &msg.u.challenge, wrong, MEET_ROLE_NGINX, nonce);

    expect(fd, &msg, MEET_CTL_ERROR);
    assert_int_equal(msg.u.error.code, MEET_E_PROOF);
    assert_false(next(fd, &msg));
    close(fd);

    /* the right key, but nobody we know */

    fd = dial();
    expect(fd, &msg, MEET_CTL_CHALLENGE);
    say_hello(fd, &msg.u.challenge, key, 77, nonce);

    expect(fd, &msg, MEET_CTL_ERROR);
    assert_int_equal(msg.u.error.code, MEET_E_FORBIDDEN);
    assert_false(next(fd, &msg));
    close(fd);
}


static void
test_malformed(void **state)
{
    int fd;
    msg_t msg;
    meet_ctl_gone_t gone;

    (void) state;

    fd = dial();
    expect(fd, &msg, MEET_CTL_CHALLENGE);
    assert_int_equal(send(fd, "nonsense", 8, MSG_NOSIGNAL), 8);
    expect(fd, &msg, MEET_CTL_ERROR);
    assert_int_equal(msg.u.error.code, MEET_E_BAD_RECORD);
    assert_false(next(fd, &msg));
    close(fd);

    /* well-formed, but not from them */

    fd = attach();
    meet_ctl_header(&gone.header, MEET_CTL_GONE);
    gone.instance = 1;
    assert_int_equal(
        send(fd, &gone, sizeof(gone), MSG_NOSIGNAL), (ssize_t) sizeof(gone));
    expect(fd, &msg, MEET_CTL_ERROR);
    assert_false(next(fd, &msg));
    close(fd);
}


static void
test_generations(void **state)
{
    int fd, other;
    unsigned active, gone;
    msg_t msg;
    meet_ctl_worker_t worker;

    (void) state;

    fd = attach_one(&worker);

    /* an older one changes nothing, the answer says what is in force */

    other = attach();
    configure(other, generation - 1, 3, &msg);
    assert_int_equal(msg.u.configured.generation, generation);
    assert_int_equal(msg.u.configured.workers, 1);
    expect(other, &msg, MEET_CTL_WORKER);
    assert_true(msg.u.worker.instance == worker.instance);
    drop_fds(&msg);

    /* too few ports for the workers: refused, the old one stays in force */

    configure(other, generation + 1, 11, &msg);
    assert_int_equal(msg.u.configured.status, MEET_E_LIMIT);
    assert_int_equal(msg.u.configured.generation, generation);

    /* newer, but the same workers will do */

    configure(other, ++generation, 1, &msg);
    assert_int_equal(msg.u.configured.status, MEET_OK);
    assert_true(alive(worker.pid));

    /* one more: two new ones come, the old one drains, and leaves at once */

    configure(fd, ++generation, 2, &msg);
    expect(other, &msg, MEET_CTL_WORKER);
    assert_true(msg.u.worker.instance == worker.instance);
    assert_int_equal(msg.u.worker.state, MEET_WORKER_DRAINING);
    assert_int_equal(msg.nfds, 0);

    active = 0;
    gone = 0;

    while (active < 2 || gone < 1) {
        assert_true(next(other, &msg));

        if (msg.u.header.type == MEET_CTL_GONE) {
            assert_true(msg.u.gone.instance == worker.instance);
            gone++;

        } else {
            assert_int_equal(msg.u.header.type, MEET_CTL_WORKER);
            assert_int_equal(msg.nfds, 3);
            assert_true(msg.u.worker.instance != worker.instance);
            drop_fds(&msg);
            active++;
        }
    }

    close(other);
    close(fd);
}


static void
replaced_after(int signal)
{
    int fd;
    msg_t msg;
    mw_usec_t since;
    meet_ctl_worker_t worker;

    fd = attach_one(&worker);
    since = mw_loop_clock();
    assert_int_equal(kill((pid_t) worker.pid, signal), 0);

    expect(fd, &msg, MEET_CTL_GONE);
    assert_true(msg.u.gone.instance == worker.instance);
    assert_true(mw_loop_clock() - since < 5 * MW_SEC);
    assert_false(alive(worker.pid));

    expect(fd, &msg, MEET_CTL_WORKER);
    assert_true(msg.u.worker.instance != worker.instance);
    assert_int_equal(msg.u.worker.state, MEET_WORKER_ACTIVE);
    assert_int_equal(msg.nfds, 3);
    drop_fds(&msg);

    close(fd);
}


static void
test_killed(void **state)
{
    (void) state;

    replaced_after(SIGKILL);
}


static void
test_stopped(void **state)
{
    (void) state;

    replaced_after(SIGSTOP);
}


static void
test_second_instance(void **state)
{
    int fd;
    meet_ctl_worker_t worker;

    (void) state;

    fd = attach_one(&worker);

    second = start(dir, true);
    assert_int_equal(leave(second), 1);
    second = 0;

    /* the first one did not suffer: its socket is still there */

    close(fd);
    close(attach());
    assert_true(alive(worker.pid));
}


/* nobody is left behind, and the socket is gone */
static void
test_stop(void **state)
{
    int fd;
    msg_t msg;
    char path[64];
    meet_ctl_worker_t worker;

    (void) state;

    fd = attach_one(&worker);
    (void) kill(supervisor, SIGTERM);

    while (next(fd, &msg)) {
        drop_fds(&msg);
    }

    assert_int_equal(leave(supervisor), 0);
    supervisor = 0;

    assert_false(alive(worker.pid));
    (void) snprintf(path, sizeof(path), "%s/%s", dir, MEET_CTL_SOCKET);
    assert_int_equal(access(path, F_OK), -1);
    close(fd);
}


/* the workers of a dead supervisor leave when they are empty */
static void
test_orphans(void **state)
{
    int fd, ms;
    msg_t msg;
    meet_ctl_worker_t worker;

    (void) state;

    fd = attach_one(&worker);
    (void) kill(supervisor, SIGKILL);
    assert_false(next(fd, &msg));
    assert_int_equal(leave(supervisor), 128 + SIGKILL);

    for (ms = 0; ms < WAIT_MS && alive(worker.pid); ms += 10) {
        (void) poll(NULL, 0, 10);
    }

    assert_false(alive(worker.pid));
    close(fd);

    /* a stale socket does not keep the next one from starting */

    supervisor = start(dir, true);
    close(attach());
}


int
main(int argc, char *argv[])
{
    int failed;

    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_attach, setup, teardown),
        cmocka_unit_test_setup_teardown(test_previous_minor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_malformed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_generations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_instance, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_orphans, setup, teardown),
    };

    if (argc == 2 && strcmp(argv[1], "--worker") == 0) {
        return mw_worker_main();
    }

    if (mkdtemp(dir) == NULL) {
        return 1;
    }

    port_first = free_ports();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void) rmdir(dir);

    return failed;
}
