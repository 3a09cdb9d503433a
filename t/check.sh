#!/bin/bash
# For scripts that speak TAP: check TITLE COMMAND..., and done_checking last.

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


done_checking() {
    echo "1..$n"
}
