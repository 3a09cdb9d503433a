#!/bin/bash
# The client's own tests: types, logic, size of the join page.

cd "$(dirname "$0")/../html" || exit 1

# shellcheck source=t/check.sh
. ../t/check.sh

# everything that index.html loads at once, as sent with gzip
small() {
    local file sum=0

    for file in index.html $(grep -oE 'assets/[^"]+\.(js|css)' \
        "$MEET_HTML/index.html"); do
        sum=$((sum + $(gzip -9c "$MEET_HTML/$file" | wc -c)))
    done

    echo "$sum bytes"
    [ "$sum" -gt 10000 ] && [ "$sum" -lt 100000 ]
}


check "types" npm run --silent check
check "logic" npm test --silent
check "the join page has less than 100 kB" small
done_checking
