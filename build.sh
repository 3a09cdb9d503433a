#!/bin/bash
# Builds, runs, tests and installs ngx-meet.  `./build.sh --help` says it all.

set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")"

TOP=$PWD
B=$TOP/build
JOBS=$(nproc)

# where nginx is; people who may use sudo need not have it
PATH=$PATH:/usr/sbin:/sbin
INSTALL_PACKAGES=yes

NGX_SRC=${NGX_SRC:-/usr/share/nginx/src}
PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}


usage() {
    cat <<'USAGE'
usage: ./build.sh COMMAND [options]

  run       build what is needed and hold calls: media workers and nginx in the
            foreground, all state under build/run/.  Ctrl-C stops everything.
              --port N        HTTPS port, default 8443
              --address IP    where browsers should send media; default: the
                              addresses of this machine
              --workers N     media workers, default one per core
  build     module, media worker and client, under build/
  test      run every test; ends with one line "N passed, N failed"
              --soak          also the long ones
              --only WORD     only test files whose name contains WORD
  bench     what one core forwards, beside Janus under the same load; memory.
            As root; prints tables, writes build/bench/
              --only WORD     only what is named so (page, single, speaker,
                              share, fours, sound, growth, relay, storm,
                              chat, churn)
              --soak          an hour of churn
              --rounds N      medians of so many (1)
              --no-memory     speed alone
              --compare REV   cost a packet against another revision, in turns
  impair    measures calls on bad networks and prints the table (an hour);
            needs root.  --browser NAME, --server NAME, --row NAME measure a
            part of it, the rest is as it was in build/impair/table.json
  install   into DESTDIR and PREFIX (default /usr/local); files in /etc that an
            operator edited are left alone, the new one is put beside it
  deps      only install the Debian packages that all these commands need
  clean     remove build/

Options of all commands: --no-install refuses to install missing packages.
Environment: CC, NGX_SRC (nginx sources, default Debian's nginx-dev), PREFIX,
DESTDIR.
USAGE
}


say() {
    printf '\033[1m== %s\033[0m\n' "$*"
}


die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}


# ---------------------------------------------------------------- packages

# name, alternatives "a|b", or "name>=version": what is older has faults that
# strangers can use (forged DTLS records end an association before 3.0.22)
PACKAGES_BUILD=(
    "gcc:the C compiler" "make:runs the makefiles" "libc6-dev:C library"
    "pkg-config:finds libraries" "nginx-dev:the sources of Debian's nginx"
    "libssl-dev>=3.0.22:TLS, DTLS and AES-GCM" "libssl3>=3.0.22:likewise"
    "libsrtp2-dev:SRTP"
    "libnice-dev:STUN codec" "libjansson-dev:JSON" "liblmdb-dev:the store"
    "libwslay-dev:WebSocket frames" "libglib2.0-dev:needed by libnice-dev"
    "ca-certificates:to fetch the client's libraries"
)
PACKAGES_RUN=(
    "nginx-core|nginx-light|nginx-full|nginx-extras:the web server"
    "openssl:makes a self-signed certificate"
)
PACKAGES_TEST=(
    "libcmocka-dev:unit tests" "libvpx-dev:test pictures"
    "libaom-dev:test pictures" "libdav1d-dev:test pictures"
    "libopenh264-dev:test pictures"
    "libopus-dev:test sound" "clang:second compiler, fuzzing"
    "clang-format:checks the look of the code"
    "libclang-rt-14-dev:sanitizers and libFuzzer for clang"
    "shellcheck:checks this script" "perl:runs the tests"
    "libio-socket-ssl-perl:TLS in the server tests"
    "chromium:a browser" "firefox-esr:another browser"
    "util-linux:network namespaces" "curl:asks the server"
    "procps:finds processes" "psmisc:likewise"
    "lmdb-utils:backup of the running store" "nftables:lossy networks"
    "iproute2:network namespaces" "systemd:judges the unit"
    "python3-aiortc:another WebRTC" "python3-gi:scripts for GStreamer"
    "gir1.2-gst-plugins-bad-1.0:likewise" "gstreamer1.0-nice:its ICE"
    "gstreamer1.0-plugins-bad:its WebRTC" "gstreamer1.0-plugins-good:its VP8"
    "gstreamer1.0-plugins-base:its Opus"
)
PACKAGES_BENCH=(
    "janus:carries the same load" "ethtool:switches offloads"
    "linux-perf:finds where time goes" "nftables:a device that swallows"
    "iproute2:network namespaces"
)


installed() {
    dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null \
        | grep -qx installed
}


# One of the alternatives "a|b|c" is there, or the first is what we want.
wanted() {
    local name version

    case "$1" in
    *'>='*)
        version=$(dpkg-query -W -f='${Version}' "${1%%>=*}" 2>/dev/null) || true
        ! dpkg --compare-versions "${version:-0}" ge "${1#*>=}"
        return
        ;;
    esac

    for name in ${1//|/ }; do
        if installed "$name"; then
            return 1
        fi
    done

    return 0
}


need() {
    local entry name missing=() list=("$@")

    for entry in "${list[@]}"; do
        name=${entry%%:*}

        if wanted "$name"; then
            [ ${#missing[@]} -gt 0 ] || say "missing or too old"
            name=${name%%[|>]*}
            printf '   %-24s %s\n' "$name" "${entry#*:}"
            missing+=("$name")
        fi
    done

    [ ${#missing[@]} -gt 0 ] || return 0

    [ "$INSTALL_PACKAGES" = yes ] \
        || die "install them, or run without --no-install"

    apt_install "${missing[@]}"
}


apt_install() {
    local as=()

    command -v apt-get >/dev/null || die "this is not Debian; install them"

    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null \
            || die "neither root nor sudo: install ${*}"
        as=(sudo)
    fi

    # RUNLEVEL=1 keeps Debian from starting a web server nobody asked for
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q \
        || say "apt-get update failed, trying with the lists there are"
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -q -y --no-install-recommends "$@"
}


need_node() {
    local major=0

    if command -v node >/dev/null && command -v npm >/dev/null; then
        major=$(node -p 'process.versions.node.split(".")[0]')
    fi

    if [ "$major" -lt 18 ]; then
        need "nodejs:builds the client" "npm:fetches its libraries"
    fi
}


deps() {
    case "$1" in
    build) need "${PACKAGES_BUILD[@]}"; need_node ;;
    run) deps build; need "${PACKAGES_RUN[@]}" ;;
    test) deps run; need "${PACKAGES_TEST[@]}" ;;
    bench) deps test; need "${PACKAGES_BENCH[@]}" ;;
    esac
}


# ------------------------------------------------------------------- build

npm_install() {
    local dir=$1

    if [ ! -e "$dir/node_modules/.ok" ] \
        || [ "$dir/package-lock.json" -nt "$dir/node_modules/.ok" ]; then
        (cd "$dir" && npm ci --no-audit --no-fund \
            --loglevel=error)
        touch "$dir/node_modules/.ok"
    fi
}


# build_media DIR [variables of make]
build_media() {
    local dir=$1

    shift
    make --no-print-directory -s -j "$JOBS" -C media_worker B="$dir" "$@"
}


# build_module DIR [extra compiler and linker options]
build_module() {
    local dir=$1 opt="${2:-}" src conf=()

    [ -x "$NGX_SRC/configure" ] || [ -x "$NGX_SRC/auto/configure" ] \
        || die "no nginx sources in $NGX_SRC"

    # configure writes into its own directory, so it gets a copy of it
    src=$B/nginx-src
    if [ "$(cat "$src/.from" 2>/dev/null)" != "$NGX_SRC" ]; then
        rm -rf "$src" "$B"/module*
        mkdir -p "$B"
        cp -r "$NGX_SRC" "$src"
        echo "$NGX_SRC" >"$src/.from"
    fi

    # Debian's nginx loads what was configured the way it was itself
    if [ -e "$NGX_SRC/conf_flags" ]; then
        local NGX_CONF_FLAGS=()
        # shellcheck source=/dev/null
        . "$NGX_SRC/conf_flags"
        conf=("${NGX_CONF_FLAGS[@]}")
    else
        conf=(--with-compat --with-debug --with-threads
            --with-http_ssl_module --with-http_v2_module
            --with-http_realip_module)
    fi

    if [ ! -e "$dir/Makefile" ] \
        || [ ngx_meet_module/config -nt "$dir/Makefile" ]; then
        (cd "$src" && {
            configure=./configure
            [ -x "$configure" ] || configure=auto/configure
            "$configure" "${conf[@]}" --builddir="$dir" \
                --with-cc="${CC:-cc}" \
                --with-cc-opt="-g -O2 -fPIC -fstack-protector-strong -Wextra \
-Wno-unused-parameter -Wno-cast-function-type -D_FORTIFY_SOURCE=2 $opt" \
                --with-ld-opt="-Wl,-z,relro -Wl,-z,now -fPIC $opt" \
                --add-dynamic-module="$TOP/ngx_meet_module" \
                >"$dir.log" 2>&1
        }) || { tail -n 20 "$dir.log" >&2; die "configure failed"; }
    fi

    make --no-print-directory -j "$JOBS" -C "$src" -f "$dir/Makefile" modules \
        >"$dir.log" 2>&1 || { grep -E ': (error|warning):|\*\*\*' "$dir.log" >&2 \
            || tail -n 20 "$dir.log" >&2; die "the module does not compile"; }
}


build_client() {
    npm_install html
    if [ ! -e "$B/html/index.html" ] || [ -n "$(find html -newer \
        "$B/html/index.html" -type f -not -path '*/node_modules/*' \
        -print -quit)" ]; then
        (cd html && npm run --silent build)
        touch "$B/html/index.html"
    fi
}


build() {
    say "media worker"
    build_media "$B/media"
    say "nginx module"
    build_module "$B/module"
    say "client"
    build_client
}


# --------------------------------------------------------------------- run

RUN_PIDS=()

stop_all() {
    local pid

    trap - EXIT INT TERM

    for pid in "${RUN_PIDS[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
    done

    for pid in "${RUN_PIDS[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
}


run() {
    local port=8443 address='' workers=auto dir=$B/run user='' as=()

    while [ $# -gt 0 ]; do
        case "$1" in
        --port) port=$2; shift 2 ;;
        --address) address=$2; shift 2 ;;
        --workers) workers=$2; shift 2 ;;
        *) die "run: unknown option $1" ;;
        esac
    done

    deps run
    build

    mkdir -p "$dir"/{run,store,temp,log}
    chmod 700 "$dir/store" "$dir/run"

    if [ ! -e "$dir/instance.key" ]; then
        (umask 077 && openssl rand -out "$dir/instance.key" 32)
    fi

    if [ ! -e "$dir/cert.pem" ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
            -nodes -days 3650 -subj /CN=localhost \
            -addext "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1" \
            -keyout "$dir/cert.key" -out "$dir/cert.pem" 2>/dev/null
    fi

    # as root nothing of ours keeps root's rights, if the path allows it
    if [ "$(id -u)" = 0 ]; then
        if setpriv --reuid=www-data --regid=www-data --clear-groups \
            test -r "$B/html/index.html" 2>/dev/null; then
            user='user www-data;'
            as=(setpriv --reuid=www-data --regid=www-data --clear-groups)
            chown -R www-data:www-data "$dir"/{run,store,temp,log}
            chown www-data "$dir/instance.key"
        else
            user='user root;'
            echo "note: www-data cannot read $TOP, so this runs as root"
        fi
    fi

    sed -e "s|@USER@|$user|" -e "s|@TOP@|$TOP|g" -e "s|@PORT@|$port|g" \
        -e "s|@DIR@|$dir|g" -e "s|@WORKERS@|$workers|" \
        -e "s|@ADVERTISE@|${address:+meet_media_advertise $address;}|" \
        conf/run.conf.in >"$dir/nginx.conf"

    trap stop_all EXIT
    trap 'exit 0' INT TERM

    "${as[@]}" "$B/media/meet-media" --run-dir "$dir/run" \
        --key "$dir/instance.key" &
    RUN_PIDS+=($!)

    nginx -p "$dir" -c "$dir/nginx.conf" -e "$dir/log/error.log" \
        -g 'daemon off;' &
    RUN_PIDS+=($!)

    while ! curl_ok "https://localhost:$port/healthz"; do
        kill -0 "${RUN_PIDS[0]}" 2>/dev/null || die "meet-media has stopped"
        kill -0 "${RUN_PIDS[1]}" 2>/dev/null \
            || die "nginx has stopped, see $dir/log/error.log"
        sleep 0.2
    done

    say "ready: https://localhost:$port   (Ctrl-C stops it)"
    wait -n "${RUN_PIDS[@]}" || true
}


# nginx has no client of its own, and curl need not be there
curl_ok() {
    local port=${1#https://localhost:}

    port=${port%%/*}
    printf 'GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n' \
        | timeout 5 openssl s_client -quiet -connect "localhost:$port" \
            2>/dev/null | head -n 1 | grep -q ' 200 '
}


# -------------------------------------------------------------------- test

run_tests() {
    local soak='' only=''

    while [ $# -gt 0 ]; do
        case "$1" in
        --soak) soak=1; shift ;;
        --only) only=$2; shift 2 ;;
        *) die "test: unknown option $1" ;;
        esac
    done

    deps test
    build

    say "the same with sanitizers"
    build_media "$B/media-asan" SANITIZE=1
    build_module "$B/module-asan" \
        "-fsanitize=address,undefined -fno-omit-frame-pointer"

    # the media worker is compiled by clang for the fuzzers
    say "the module with clang"
    CC=clang build_module "$B/module-clang"

    say "tests"
    build_tests

    export MEET_BUILD=$B MEET_SOAK=$soak MEET_ONLY=$only MEET_HTML=$B/html
    exec t/run.sh
}


build_tests() {
    make --no-print-directory -s -j "$JOBS" -C t/unit B="$B/unit" all
    make --no-print-directory -s -j "$JOBS" -C t/unit B="$B/unit-asan" \
        SANITIZE=1 all
    make --no-print-directory -s -j "$JOBS" -C t/fuzz B="$B/fuzz" all
    make --no-print-directory -s -j "$JOBS" -C t/client B="$B/client" all
    make --no-print-directory -s -j "$JOBS" -C t/load B="$B/load" all
    make --no-print-directory -s -j "$JOBS" -C t/impair B="$B/impair" all
    npm_install t/browser
    npm_install t/whip
}


# ------------------------------------------------------------------ install

put() {
    local mode=$1 from=$2 to=$DESTDIR$3

    install -D -m "$mode" "$from" "$to"
    printf '   %s\n' "$3"
}


# a file that an operator may edit: never overwritten
put_conf() {
    local from=$1 to=$DESTDIR$2

    if [ -e "$to" ] && ! cmp -s "$from" "$to"; then
        install -m 644 "$from" "$to.new"
        printf '   %s differs, new version is %s.new\n' "$2" "$2"
    else
        put 644 "$from" "$2"
    fi
}


install_all() {
    local file

    deps build
    build
    say "installing into ${DESTDIR:-/}"

    put 755 "$B/media/meet-media" "$PREFIX/sbin/meet-media"
    put 644 "$B/module/ngx_http_meet_module.so" \
        /usr/lib/nginx/modules/ngx_http_meet_module.so

    rm -rf "$DESTDIR$PREFIX/share/ngx-meet/html"
    mkdir -p "$DESTDIR$PREFIX/share/ngx-meet"
    cp -r "$B/html" "$DESTDIR$PREFIX/share/ngx-meet/html"
    printf '   %s\n' "$PREFIX/share/ngx-meet/html"

    install -d -m 755 "$DESTDIR/var/log/ngx-meet"

    for file in conf/*; do
        install_conf "$file"
    done
}


install_conf() {
    local file=$1 name tmp

    name=$(basename "$file")
    tmp=$(mktemp)
    sed "s|@PREFIX@|$PREFIX|g" "$file" >"$tmp"

    case "$name" in
    *.in) ;;
    *.service | *.socket) put 644 "$tmp" "/lib/systemd/system/$name" ;;
    *.logrotate) put_conf "$tmp" "/etc/logrotate.d/${name%.logrotate}" ;;
    *.sysctl) put_conf "$tmp" "/etc/sysctl.d/60-${name%.sysctl}.conf" ;;
    *.tmpfiles) put 644 "$tmp" "/usr/lib/tmpfiles.d/${name%.tmpfiles}.conf" ;;
    mod-*.conf)
        put 644 "$tmp" "/usr/share/nginx/modules-available/$name" ;;
    *) put_conf "$tmp" "/etc/nginx/meet/$name" ;;
    esac

    rm -f "$tmp"
}


# --------------------------------------------------------------------- main

ARGS=()
for arg in "$@"; do
    case "$arg" in
    --no-install) INSTALL_PACKAGES=no ;;
    --help | -h) usage; exit 0 ;;
    *) ARGS+=("$arg") ;;
    esac
done

set -- "${ARGS[@]}"
command=${1:-}
[ $# -eq 0 ] || shift

case "$command" in
deps) deps bench ;;
build) deps build; build ;;
run) run "$@" ;;
test) run_tests "$@" ;;
bench)
    deps bench
    build
    make --no-print-directory -s -C t/client B="$B/client" all
    make --no-print-directory -s -C t/load B="$B/load" all
    MEET_BUILD=$B exec perl t/bench/bench.pl "$@"
    ;;
impair)
    deps test
    build
    make --no-print-directory -s -C t/client B="$B/client" all
    make --no-print-directory -s -C t/impair B="$B/impair" all
    npm_install t/browser
    MEET_BUILD=$B exec node t/impair/run.mjs "$@"
    ;;
install) install_all ;;
clean) rm -rf "$B" ;;
'') usage; exit 2 ;;
*) usage >&2; die "unknown command $command" ;;
esac
