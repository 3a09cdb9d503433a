#!/bin/bash
# Each parser takes its whole corpus once, under ASan and UBSan.

cd "$(dirname "$0")" || exit 1

n=0
for file in fuzz_*.c; do
    name=${file#fuzz_}
    name=${name%.c}
    n=$((n + 1))

    if [ -z "$(ls "corpus/$name" 2>/dev/null)" ]; then
        echo "not ok $n - $name has no corpus"

    elif "$MEET_BUILD/fuzz/fuzz_$name" -runs=0 "corpus/$name" \
        >"$MEET_BUILD/fuzz/$name.log" 2>&1; then
        echo "ok $n - fuzz corpus of $name"

    else
        sed 's/^/# /' "$MEET_BUILD/fuzz/$name.log" | tail -n 40
        echo "not ok $n - fuzz corpus of $name"
    fi
done

echo "1..$n"
