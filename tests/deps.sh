#!/bin/sh
# Installs what is missing: `deps.sh build`, `check` (with what build needs), or with what check needs
# `lint`, `grind` or `bench`.
# Silent when everything is there. Things are looked for by what they give, not by package name, so
# that another package which gives the same is left alone.
set -eu

# for what, how to look for it, its name, the package on Debian and Ubuntu
table='
build command make       make
build command pkg-config pkg-config
build module  libcurl    libcurl4-openssl-dev
build module  libcjson   libcjson-dev
build module  yaml-0.1   libyaml-dev
build module  ncursesw   libncurses-dev
build module  libutf8proc libutf8proc-dev
check module  cmocka     libcmocka-dev
check command prove      perl
check perl    Test::More perl
check perl    JSON::PP   perl
check command clang      clang
check command tmux       tmux
check command jq         jq
check command mandoc     mandoc
check command curl       curl
check command openssl    openssl
check command unshare    util-linux
check command ip         iproute2
check command faketime   faketime
check command nghttpx    nghttp2-proxy
check command localedef  libc-bin
check command prometheus prometheus
check command prometheus-node-exporter prometheus-node-exporter
check file    /usr/share/i18n/locales/de_DE locales
lint  command clang-format clang-format
lint  command clang-tidy clang-tidy
lint  command cppcheck   cppcheck
lint  command scan-build clang-tools
grind command valgrind   valgrind
bench command taskset    util-linux
bench command h2load     nghttp2-client
bench command wrk        wrk
'

there()
{
    case $1 in
    command) command -v "$2" >/dev/null 2>&1 ;;
    module) pkg-config --exists "$2" 2>/dev/null ;;
    perl) perl -M"$2" -e 1 2>/dev/null ;;
    file) [ -e "$2" ] ;;
    esac
}

case ${1-} in
build) wanted=' build ' ;;
check) wanted=' build check ' ;;
lint | grind | bench) wanted=" build check $1 " ;;
*) echo "usage: $0 build|check|lint|grind|bench" >&2; exit 2 ;;
esac

# A server written elsewhere, for the end-to-end tests: tried once, and they go without where npm or its
# registry is not.
foreign_server()
{
    folder=build/npm package=@copilotkit/aimock
    [ ! -e $folder/tried ] && [ ! -d $folder/node_modules/$package ] && command -v npm >/dev/null 2>&1 || return 0
    mkdir -p $folder
    touch $folder/tried
    echo "installing $package into $folder" >&2
    npm install --prefix $folder --no-audit --no-fund --ignore-scripts --loglevel=error $package@1.43.0 >&2 ||
        echo "$package is not to be had: the tests with it are skipped" >&2
}
case $wanted in
*" check "*) foreign_server ;;
esac

missing=$(
    command -v "${CC:-cc}" >/dev/null 2>&1 || case ${CC:-cc} in
    *clang*) echo clang ;;
    *) echo gcc libc6-dev ;;
    esac
    echo "$table" | while read -r purpose how name package; do
        case $wanted in
        *" $purpose "*) there "$how" "$name" || echo "$package" ;;
        esac
    done | sort -u
)
[ -n "$missing" ] || exit 0
missing=$(echo $missing)

if ! command -v apt-get >/dev/null 2>&1; then
    cat >&2 <<TEXT
These are missing (by their Debian names): $missing
Please install them with this system's package manager and run make again.
TEXT
    exit 1
fi

root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "Please run as root: apt-get install $missing" >&2
        exit 1
    fi
    root=sudo
fi
echo "installing $missing" >&2
# Some packages start a service. We start our own where we need one: no other is to run, now or after
# the next start of the machine.
policy=/usr/sbin/policy-rc.d
install()
{
    status=0
    if [ -e $policy ]; then
        ours=false
    else
        ours=true
        printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null && $root chmod 755 $policy
    fi
    $root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing >&2 ||
        status=$?
    if $ours; then
        $root rm -f $policy
    fi
    for service in prometheus prometheus-node-exporter; do
        case " $missing " in
        *" $service "*) $root systemctl disable $service >/dev/null 2>&1 || true ;;
        esac
    done
    return $status
}
# The lists may be absent (a container) or old (a package has moved on).
install 2>/dev/null || { $root apt-get -q update >&2 && install; }
