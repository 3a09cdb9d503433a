#!/bin/bash
# What can be said of the tree without running it.

cd "$(dirname "$0")/.." || exit 1

# shellcheck source=t/check.sh
. t/check.sh


files() {
    git ls-files -co --exclude-standard -- "$@" | while read -r file; do
        [ ! -f "$file" ] || printf '%s\n' "$file"
    done
}


formatted() {
    files '*.c' '*.h' | xargs clang-format --dry-run -Werror
}


short() {
    files '*.c' '*.h' '*.ts' '*.tsx' '*.mjs' '*.t' '*.pm' '*.pl' '*.sh' \
        '*.css' | while read -r file; do
        max=600
        case "$file" in t/*) ;; *.h) max=200 ;; esac
        lines=$(wc -l <"$file")
        [ "$lines" -le "$max" ] || echo "$file has $lines lines, $max at most"
    done | grep . && return 1

    return 0
}


own_headers() {
    local rule lib owners found=0

    for rule in \
        'lmdb.h:ngx_http_meet_store' 'srtp2/srtp.h:mw_srtp' \
        'stun/:mw_ice' 'wslay:ngx_http_meet_ws'; do
        lib=${rule%%:*}
        owners=${rule#*:}
        files 'ngx_meet_module/*.[ch]' 'media_worker/*.[ch]' \
            | xargs grep -lE "#include [<\"]$lib" | grep -v "/$owners" \
            && found=1
    done

    return $found
}


scripts() {
    files '*.sh' .ci/run | xargs shellcheck
}


top_level() {
    files | cut -d/ -f1 | sort -u | grep -vxE \
        'ngx_meet_module|media_worker|html|conf|t|build\.sh|README\.md|LICENSE|\..*' \
        && return 1

    return 0
}


no_hosts() {
    files 'package-lock.json' '*/package-lock.json' \
        | xargs grep -lE '"resolved": "https?://' && return 1

    return 0
}


whitespace() {
    files '*.c' '*.h' '*.ts' '*.tsx' '*.mjs' '*.t' '*.pm' '*.sh' '*.css' \
        '*.md' '*.conf' '*.html' | xargs grep -nE '[[:space:]]+$' && return 1

    return 0
}


check "C has one look" formatted
check "no file holds more than one idea can fill" short
check "each library is included in one place" own_headers
check "shell scripts are sound" scripts
check "top level is as laid out" top_level
check "lock files name no host" no_hosts
check "no trailing white space" whitespace
done_checking
