#!/bin/bash
# The client's own tests: types, logic, size of the join page.

cd "$(dirname "$0")/../html" || exit 1

# shellcheck source=t/check.sh
. ../t/check.sh

check "types" npm run --silent check
check "logic" npm test --silent
done_checking
