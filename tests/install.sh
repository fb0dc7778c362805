#!/bin/sh
# make install puts everything where it is looked for, and make uninstall takes all of it away.
cd "$(dirname "$0")/.." || exit 1
binary=${FLUXPERF:-$PWD/build/fluxperf}
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL

number=0
failed=0
# title, expected, got
is()
{
    number=$((number + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $number - $1"
    else
        failed=1
        echo "not ok $number - $1"
        printf '%s\n' "expected:" "$2" "got:" "$3" | sed 's/^/# /'
    fi
}

# What was built for the checks is installed; nothing is built for this.
run_make() { make -s OUT="$(dirname "$binary")" PREFIX=/opt/flux "DESTDIR=$root/a b" "$@" 2>&1; }
listing() { (cd "$root/a b/opt/flux" && find . "$@" | LC_ALL=C sort); }

# Things of others, in folders that are shared.
mkdir -p "$root/a b/opt/flux/bin" "$root/a b/opt/flux/share/man/man1"
: >"$root/a b/opt/flux/bin/other"
: >"$root/a b/opt/flux/share/man/man1/other.1"
before=$(listing)

is "make install says nothing" "" "$(run_make install)"
expected=$(
    {
        for file in themes/* datasets/*; do echo "./share/fluxperf/$file"; done
        for page in man/*.[1-9]; do echo "./share/man/man${page##*.}/${page#man/}"; done
        echo ./bin/fluxperf
        echo ./bin/other
        echo ./share/bash-completion/completions/fluxperf
        echo ./share/man/man1/other.1
        echo ./share/zsh/site-functions/_fluxperf
    } | LC_ALL=C sort
)
is "everything is installed" "$expected" "$(listing -type f)"
is "the program runs from there" "$("$binary" --version)" "$("$root/a b/opt/flux/bin/fluxperf" --version)"
is "bash reads its completions" "" \
    "$(bash -n "$root/a b/opt/flux/share/bash-completion/completions/fluxperf" 2>&1)"
is "make uninstall says nothing" "" "$(run_make uninstall)"
is "and leaves what was there before" "$before" "$(listing)"

echo "1..$number"
exit $failed
