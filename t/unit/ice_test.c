/* ICE-lite: RFC 5769 vectors, what is ignored, which path is chosen. */

#include "stun_fixture.h"


/* RFC 5769 section 2.1; carries ICE-CONTROLLED */
static const char rfc_request[] =
    "\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86"
    "\xfa\x87\xdf\xae\x80\x22\x00\x10\x53\x54\x55\x4e\x20\x74\x65\x73"
    "\x74\x20\x63\x6c\x69\x65\x6e\x74\x00\x24\x00\x04\x6e\x00\x01\xff"
    "\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\x00\x06\x00\x09"
    "\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20\x00\x08\x00\x14"
    "\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49"
    "\xc1\xb5\x71\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf";

/* RFC 5769 section 2.2 */
static const char rfc_response[] =
    "\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86"
    "\xfa\x87\xdf\xae\x80\x22\x00\x0b\x74\x65\x73\x74\x20\x76\x65\x63"
    "\x74\x6f\x72\x20\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"
    "\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9"
    "\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7\x80\x28\x00\x04\xc0\x7d\x4c\x96";

#define RFC_LEN(v) (sizeof(v) - 1)


static const mw_ice_creds_t remote = { "them", "passwordofthebrowser22" };

static mw_ice_t ice;
static StunAgent agent;
static mw_ice_result_t result;
static mw_path_t path_a, path_b;


static int
setup(void **state)
{
    (void) state;

    path_a = path_of(1, 5000);
    path_b = path_of(2, 6000);
    stun_client(&agent);

    return mw_ice_init(&ice, &remote);
}


/* a check with the present credentials from `path` */
static mw_rc_t
check(const mw_path_t *path, check_t c, mw_usec_t now)
{
    size_t len;
    uint8_t buf[1500];

    if (c.ufrag == NULL) {
        c.ufrag = ice.local.ufrag;
    }

    if (c.pwd == NULL) {
        c.pwd = ice.local.pwd;
    }

    len = make_check(&agent, &c, buf, sizeof(buf));

    return mw_ice_input(&ice, path, buf, len, now, &result);
}


static void
use_rfc_credentials(void)
{
    strcpy(ice.local.ufrag, "evtj");
    strcpy(ice.local.pwd, "VOkJxbRl1RmTxUk/WvJxBt");
}


static void
authenticates_the_request_of_the_rfc(void **state)
{
    size_t len;
    const uint8_t *ufrag;

    (void) state;

    use_rfc_credentials();

    ufrag = mw_ice_peek_ufrag(
        (const uint8_t *) rfc_request, RFC_LEN(rfc_request), &len);
    assert_non_null(ufrag);
    assert_int_equal(4, len);
    assert_memory_equal("evtj", ufrag, 4);

    /* it says ICE-CONTROLLED, so the answer is 487 and nothing else happens */

    assert_int_equal(
        MW_OK, mw_ice_input(&ice, &path_a, (const uint8_t *) rfc_request,
                   RFC_LEN(rfc_request), MW_SEC, &result));
    assert_int_equal(MW_ICE_REPLY, result.events);
    assert_int_equal(1, ice.stats.conflicts);
    assert_int_equal(0x0111, mw_get16(result.reply));
    assert_null(mw_ice_selected(&ice));
    assert_int_equal(0, ice.consent);
}


static void
any_changed_byte_is_dropped_silently(void **state)
{
    size_t i;
    uint8_t copy[RFC_LEN(rfc_request)];

    (void) state;

    use_rfc_credentials();

    for (i = 0; i < sizeof(copy); i++) {
        memcpy(copy, rfc_request, sizeof(copy));
        copy[i] ^= 0x01;

        assert_int_equal(MW_DROP,
            mw_ice_input(&ice, &path_a, copy, sizeof(copy), MW_SEC, &result));
        assert_int_equal(0, result.events);
    }

    for (i = 0; i < sizeof(copy); i++) {
        memcpy(copy, rfc_request, sizeof(copy));
        assert_int_equal(
            MW_DROP, mw_ice_input(&ice, &path_a, copy, i, MW_SEC, &result));
    }
}


static void
responses_are_not_ours(void **state)
{
    (void) state;

    use_rfc_credentials();

    assert_int_equal(
        MW_DROP, mw_ice_input(&ice, &path_a, (const uint8_t *) rfc_response,
                     RFC_LEN(rfc_response), MW_SEC, &result));
    assert_int_equal(1, ice.stats.drop_class);
}


static void
answers_with_the_mapped_address(void **state)
{
    int i;
    socklen_t len;
    StunMessage msg;
    mw_path_t six;
    struct sockaddr_storage ss;
    struct sockaddr_in *sin = (struct sockaddr_in *) &ss;
    struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *) &ss;

    (void) state;

    six = path_of(1, 7000);
    six.remote.ip[0] = 0x20;
    six.remote.ip[1] = 0x01;

    for (i = 0; i < 2; i++) {
        assert_int_equal(
            MW_OK, check(i == 0 ? &path_a : &six, (check_t){ 0 }, MW_SEC));
        assert_true((result.events & MW_ICE_REPLY) != 0);

        /* valid for the client, integrity and fingerprint included */

        assert_int_equal(STUN_VALIDATION_SUCCESS,
            stun_agent_validate(
                &agent, &msg, result.reply, result.reply_len, NULL, NULL));

        len = sizeof(ss);
        assert_int_equal(STUN_USAGE_ICE_RETURN_SUCCESS,
            stun_usage_ice_conncheck_process(
                &msg, &ss, &len, STUN_USAGE_ICE_COMPATIBILITY_RFC5245));

        if (i == 0) {
            assert_int_equal(AF_INET, ss.ss_family);
            assert_int_equal(5000, ntohs(sin->sin_port));
            assert_memory_equal(path_a.remote.ip + 12, &sin->sin_addr, 4);

        } else {
            assert_int_equal(AF_INET6, ss.ss_family);
            assert_int_equal(7000, ntohs(sin6->sin6_port));
            assert_memory_equal(six.remote.ip, &sin6->sin6_addr, 16);
        }
    }
}


static void
unauthenticated_checks_change_nothing(void **state)
{
    uint8_t buf[400];
    size_t len;

    (void) state;

    assert_int_equal(
        MW_DROP, check(&path_a, (check_t){ .pwd = "wrong" }, MW_SEC));
    assert_int_equal(1, ice.stats.drop_integrity);

    assert_int_equal(
        MW_DROP, check(&path_a, (check_t){ .ufrag = "somebody" }, MW_SEC));
    assert_int_equal(1, ice.stats.drop_username);

    /* our ufrag only as the beginning of another */

    memcpy(buf, ice.local.ufrag, MW_UFRAG_LEN);
    strcpy((char *) buf + MW_UFRAG_LEN, "x");
    assert_int_equal(
        MW_DROP, check(&path_a, (check_t){ .ufrag = (char *) buf }, MW_SEC));
    assert_int_equal(2, ice.stats.drop_username);

    assert_int_equal(
        MW_DROP, check(&path_a, (check_t){ .no_priority = true }, MW_SEC));
    assert_int_equal(1, ice.stats.drop_priority);

    /* right in all but that it has no FINGERPRINT */

    len = make_check(&agent,
        &(check_t){ .ufrag = ice.local.ufrag, .pwd = ice.local.pwd }, buf,
        sizeof(buf));
    mw_put16(buf + 2, (uint16_t) (len - 20 - 8));
    assert_int_equal(
        MW_DROP, mw_ice_input(&ice, &path_a, buf, len - 8, MW_SEC, &result));
    assert_int_equal(1, ice.stats.drop_fingerprint);

    assert_null(mw_ice_selected(&ice));
    assert_null(mw_ice_find(&ice, &path_a));
    assert_int_equal(0, ice.consent);
    assert_int_equal(0, ice.stats.checks);
}


/* Chrome puts DTLS flights into such attributes and learns from echoes */
static void
big_unknown_optional_attributes_are_ignored(void **state)
{
    size_t i;

    (void) state;

    assert_int_equal(
        MW_OK, check(&path_a, (check_t){ .extra = 0xc070, .extra_len = 1000 },
                   MW_SEC));
    assert_true(result.reply_len < 120);

    for (i = 20; i + 1 < result.reply_len; i++) {
        assert_int_not_equal(0xc070, mw_get16(result.reply + i));
    }

    /* comprehension-required ones are another matter */

    assert_int_equal(MW_DROP,
        check(&path_a, (check_t){ .extra = 0x7070, .extra_len = 4 }, MW_SEC));
    assert_int_equal(1, ice.stats.drop_unknown);
}


static void
credentials_are_ice_characters(void **state)
{
    size_t i;
    mw_ice_creds_t a, b;
    static const char set[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    (void) state;

    for (i = 0; i < 100; i++) {
        assert_int_equal(MW_OK, mw_ice_make_creds(&a));
        assert_int_equal(MW_OK, mw_ice_make_creds(&b));
        assert_string_not_equal(a.ufrag, b.ufrag);
        assert_string_not_equal(a.pwd, b.pwd);
        assert_int_equal(MW_UFRAG_LEN, strspn(a.ufrag, set));
        assert_int_equal(MW_UFRAG_LEN, strlen(a.ufrag));
        assert_int_equal(MW_ICE_PWD_LEN, strspn(a.pwd, set));
        assert_int_equal(MW_ICE_PWD_LEN, strlen(a.pwd));
    }
}


static void
selects_the_first_and_follows_nominations(void **state)
{
    (void) state;

    assert_int_equal(MW_OK, check(&path_a, (check_t){ 0 }, MW_SEC));
    assert_int_equal(
        MW_ICE_REPLY | MW_ICE_ADDED | MW_ICE_SELECTED | MW_ICE_CHECKED,
        result.events);
    assert_true(mw_path_equal(&path_a, mw_ice_selected(&ice)));

    /* another path is heard, but not taken */

    assert_int_equal(MW_OK, check(&path_b, (check_t){ 0 }, 2 * MW_SEC));
    assert_true((result.events & MW_ICE_ADDED) != 0);
    assert_true(mw_path_equal(&path_a, mw_ice_selected(&ice)));

    /* until it is nominated */

    assert_int_equal(
        MW_OK, check(&path_b, (check_t){ .use_candidate = true }, 3 * MW_SEC));
    assert_true((result.events & MW_ICE_SELECTED) != 0);
    assert_true(mw_path_equal(&path_b, mw_ice_selected(&ice)));
}


static void
a_silent_path_is_left(void **state)
{
    (void) state;

    (void) check(&path_a, (check_t){ .use_candidate = true }, MW_SEC);
    (void) check(&path_b, (check_t){ 0 }, MW_SEC + MW_ICE_STALE - 1);
    assert_true(mw_path_equal(&path_a, mw_ice_selected(&ice)));

    (void) check(&path_b, (check_t){ 0 }, MW_SEC + MW_ICE_STALE);
    assert_true(mw_path_equal(&path_b, mw_ice_selected(&ice)));
}


/* Firefox nominates every pair, again and again */
static void
equal_nominations_do_not_flap(void **state)
{
    unsigned i, changes;
    mw_usec_t now;

    (void) state;

    changes = 0;
    now = MW_SEC;

    for (i = 0; i < 100; i++) {
        now += 20 * MW_MSEC;
        (void) check(i % 2 == 0 ? &path_a : &path_b,
            (check_t){ .use_candidate = true }, now);
        changes += (result.events & MW_ICE_SELECTED) != 0;
    }

    assert_int_equal(2, changes);
}


/* Chrome goes back to a path it had left, and nominates only that one */
static void
a_path_can_be_returned_to(void **state)
{
    mw_usec_t now;

    (void) state;

    (void) check(&path_a, (check_t){ .use_candidate = true }, MW_SEC);
    (void) check(&path_b, (check_t){ .use_candidate = true }, 2 * MW_SEC);
    assert_true(mw_path_equal(&path_b, mw_ice_selected(&ice)));

    for (now = 3 * MW_SEC; now <= 8 * MW_SEC; now += MW_SEC) {
        (void) check(&path_b, (check_t){ 0 }, now);
        (void) check(&path_a, (check_t){ .use_candidate = true }, now);
    }

    assert_true(mw_path_equal(&path_a, mw_ice_selected(&ice)));

    /* at once if its priority is higher */

    (void) check(&path_b,
        (check_t){ .use_candidate = true, .priority = 0x7e0001ff }, 9 * MW_SEC);
    assert_true(mw_path_equal(&path_b, mw_ice_selected(&ice)));
}


/* with renomination Chrome sends no USE-CANDIDATE */
static void
a_higher_nomination_wins(void **state)
{
    (void) state;

    (void) check(&path_a, (check_t){ .nomination = 1 }, MW_SEC);
    (void) check(&path_b, (check_t){ .nomination = 2 }, MW_SEC);
    assert_true(mw_path_equal(&path_b, mw_ice_selected(&ice)));

    (void) check(&path_a, (check_t){ .nomination = 1 }, MW_SEC);
    assert_true(mw_path_equal(&path_b, mw_ice_selected(&ice)));

    (void) check(&path_a, (check_t){ .nomination = 3 }, MW_SEC);
    assert_true(mw_path_equal(&path_a, mw_ice_selected(&ice)));
}


static void
a_handshake_keeps_its_path(void **state)
{
    (void) state;

    (void) check(&path_a, (check_t){ .use_candidate = true }, MW_SEC);
    mw_ice_pin(&ice, true);

    (void) check(&path_b,
        (check_t){ .use_candidate = true, .priority = 0x7e0001ff }, 2 * MW_SEC);
    assert_true(mw_path_equal(&path_a, mw_ice_selected(&ice)));

    mw_ice_pin(&ice, false);

    (void) check(&path_b,
        (check_t){ .use_candidate = true, .priority = 0x7e0001ff }, 2 * MW_SEC);
    assert_true(mw_path_equal(&path_b, mw_ice_selected(&ice)));
}


static void
paths_are_capped(void **state)
{
    unsigned i;
    mw_path_t path;

    (void) state;

    (void) check(&path_a, (check_t){ .use_candidate = true }, MW_SEC);

    for (i = 0; i < 100; i++) {
        path = path_of(9, (uint16_t) (1000 + i));
        assert_int_equal(MW_OK, check(&path, (check_t){ 0 }, 2 * MW_SEC + i));
    }

    assert_int_equal(100 + 1 - MW_ICE_PATHS, ice.stats.evicted);

    /* the selected one stays, of the others the youngest */

    assert_true(mw_path_equal(&path_a, mw_ice_selected(&ice)));
    assert_non_null(mw_ice_find(&ice, &path));
    path = path_of(9, 1000);
    assert_null(mw_ice_find(&ice, &path));
}


static void
consent_is_the_last_authenticated_check(void **state)
{
    (void) state;

    assert_false(mw_ice_fresh(&ice, MW_SEC));

    (void) check(&path_a, (check_t){ 0 }, MW_SEC);
    assert_true(mw_ice_fresh(&ice, MW_SEC + MW_ICE_CONSENT - 1));
    assert_false(mw_ice_fresh(&ice, MW_SEC + MW_ICE_CONSENT));

    /* neither a forgery nor a conflict renews it */

    (void) check(&path_a, (check_t){ .pwd = "x" }, 9 * MW_SEC);
    (void) check(&path_a, (check_t){ .controlled = true }, 9 * MW_SEC);
    assert_int_equal(MW_SEC, ice.consent);
}


static void
restart_keeps_the_old_until_the_new_is_used(void **state)
{
    mw_ice_creds_t first, second, changed = remote;

    (void) state;

    (void) check(&path_a, (check_t){ 0 }, MW_SEC);

    assert_int_equal(MW_DROP, mw_ice_restart(&ice, &remote));

    first = ice.local;
    strcpy(changed.ufrag, "newone");
    assert_int_equal(MW_OK, mw_ice_restart(&ice, &changed));
    second = ice.local;
    assert_string_not_equal(first.ufrag, second.ufrag);
    assert_string_not_equal(first.pwd, second.pwd);

    assert_int_equal(MW_OK,
        check(&path_a, (check_t){ .ufrag = first.ufrag, .pwd = first.pwd },
            2 * MW_SEC));
    assert_false(result.events & MW_ICE_RENEWED);

    /* the old name with the new password is nobody */

    assert_int_equal(MW_DROP,
        check(&path_a, (check_t){ .ufrag = first.ufrag, .pwd = second.pwd },
            2 * MW_SEC));

    assert_int_equal(MW_OK, check(&path_a, (check_t){ 0 }, 3 * MW_SEC));
    assert_true((result.events & MW_ICE_RENEWED) != 0);

    assert_int_equal(MW_DROP,
        check(&path_a, (check_t){ .ufrag = first.ufrag, .pwd = first.pwd },
            4 * MW_SEC));

    /* the path has lived on */

    assert_true(mw_path_equal(&path_a, mw_ice_selected(&ice)));
}


static void
a_path_another_peer_took_is_gone(void **state)
{
    (void) state;

    (void) check(&path_a, (check_t){ 0 }, MW_SEC);
    (void) check(&path_b, (check_t){ 0 }, MW_SEC);

    assert_false(mw_ice_forget(&ice, &path_b));
    assert_true(mw_ice_forget(&ice, &path_a));
    assert_null(mw_ice_selected(&ice));

    (void) check(&path_b, (check_t){ 0 }, 2 * MW_SEC);
    assert_true(mw_path_equal(&path_b, mw_ice_selected(&ice)));
}


static void
peeking_survives_lies_about_lengths(void **state)
{
    size_t i, n, len;
    uint8_t copy[RFC_LEN(rfc_request)];

    (void) state;

    for (i = 0; i < sizeof(copy); i++) {
        for (n = 0; n < 256; n++) {
            uint8_t *exact;

            memcpy(copy, rfc_request, sizeof(copy));
            copy[i] = (uint8_t) n;

            /* on the heap, so that a read behind the end is found */

            exact = malloc(sizeof(copy));
            assert_non_null(exact);
            memcpy(exact, copy, sizeof(copy));
            (void) mw_ice_peek_ufrag(exact, sizeof(copy), &len);
            free(exact);
        }
    }

    assert_null(mw_ice_peek_ufrag(copy, 0, &len));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(authenticates_the_request_of_the_rfc, setup),
        cmocka_unit_test_setup(any_changed_byte_is_dropped_silently, setup),
        cmocka_unit_test_setup(responses_are_not_ours, setup),
        cmocka_unit_test_setup(answers_with_the_mapped_address, setup),
        cmocka_unit_test_setup(unauthenticated_checks_change_nothing, setup),
        cmocka_unit_test_setup(
            big_unknown_optional_attributes_are_ignored, setup),
        cmocka_unit_test_setup(credentials_are_ice_characters, setup),
        cmocka_unit_test_setup(
            selects_the_first_and_follows_nominations, setup),
        cmocka_unit_test_setup(a_silent_path_is_left, setup),
        cmocka_unit_test_setup(equal_nominations_do_not_flap, setup),
        cmocka_unit_test_setup(a_path_can_be_returned_to, setup),
        cmocka_unit_test_setup(a_higher_nomination_wins, setup),
        cmocka_unit_test_setup(a_handshake_keeps_its_path, setup),
        cmocka_unit_test_setup(paths_are_capped, setup),
        cmocka_unit_test_setup(consent_is_the_last_authenticated_check, setup),
        cmocka_unit_test_setup(
            restart_keeps_the_old_until_the_new_is_used, setup),
        cmocka_unit_test_setup(a_path_another_peer_took_is_gone, setup),
        cmocka_unit_test_setup(peeking_survives_lies_about_lengths, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
