#!/bin/bash
# The client's own tests: types, logic, size of the join page.

cd "$(dirname "$0")/../html" || exit 1

n=0
check() {
    local title=$1 log

    shift
    n=$((n + 1))

    if log=$("$@" 2>&1); then
        echo "ok $n - $title"
    else
        printf '%s\n' "$log" | sed 's/^/# /' | tail -n 60
        echo "not ok $n - $title"
    fi
}

check "types" npm run --silent check
check "logic" npm test --silent
echo "1..$n"
