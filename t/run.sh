#!/bin/bash
# Runs all tests in the order in which they are quick; called by build.sh,
# which has built everything and set MEET_BUILD, MEET_HTML, MEET_SOAK,
# MEET_ONLY.  Ends with one line: "N passed, N failed".

set -uo pipefail

cd "$(dirname "$0")/.." || exit 1

RESULT=$(mktemp)
trap 'rm -f "$RESULT"' EXIT

export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1


# stage TITLE JOBS SECONDS FILE...: so many at a time, each for so long.  Most
# tests of calls wait rather than work, so more of them run than there are
# cores; a browser takes them both.
stage() {
    local title=$1 jobs=$2 seconds=$3 file files=()

    shift 3

    for file in "$@"; do
        case "$file" in
        *"$MEET_ONLY"*) [ ! -e "$file" ] || files+=("$file") ;;
        esac
    done

    [ ${#files[@]} -gt 0 ] || return 0

    printf '\n\033[1m-- %s\033[0m\n' "$title"
    t/tap.pl -j "$jobs" -t "$seconds" "$RESULT" "${files[@]}"
}


# build NAME: which products the following stages use
use() {
    export MEET_MEDIA=$MEET_BUILD/media$1/meet-media
    export MEET_NGINX_MODULE=$MEET_BUILD/module$1/ngx_http_meet_module.so
    export TEST_NGINX_MODULE=$MEET_NGINX_MODULE
    export MEET_CLIENT=$MEET_BUILD/client/meet-client
    export MEET_LOAD=$MEET_BUILD/load/meet-load
}


use ''
stage "the tree" 1 300 t/checks.sh
stage "units" 4 120 "$MEET_BUILD"/unit/*_test
stage "units, sanitized" 4 240 "$MEET_BUILD"/unit-asan/*_test
stage "fuzz corpus" 1 300 t/fuzz/replay.sh
stage "client units" 1 300 t/html.sh
stage "nginx" 6 120 t/nginx/w*.t t/nginx/[!w]*.t

use '-asan'
export MEET_SANITIZED=1
stage "nginx, sanitized" 6 240 t/nginx/w*.t t/nginx/[!w]*.t
stage "hostile participants, sanitized" 4 300 t/client/hostile_*.t
unset MEET_SANITIZED

use ''
stage "native participant" 5 300 t/client/ro*.t t/client/l*.t \
    t/client/r[!o]*.t t/client/[!lr]*.t
stage "load generator" 1 300 t/load/*.t
stage "other implementations" 1 180 t/whip/*.t
stage "browsers" 1 300 t/browser/*.mjs
stage "bad networks" 1 300 t/impair/short.mjs

if [ -n "$MEET_SOAK" ]; then
    stage "soak" 1 7200 t/soak/*.t
    stage "bad networks, in words" 1 300 t/impair/words.mjs
    stage "bad networks, all of them" 1 14400 t/impair/full.mjs
fi

printf '\nwhat took longest, s:\n'
sort -k 3 -nr "$RESULT" | head -n 10 | awk '{ printf "%8.1f %s\n", $3, $4 }'

awk '{ p += $1; f += $2 } END {
    printf "\n%d passed, %d failed\n", p, f
    exit p == 0 || f > 0
}' "$RESULT"
