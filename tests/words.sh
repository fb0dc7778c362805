#!/bin/sh
# What has no place in the tree: files too long to read at a sitting, promises, and names of hosts that
# a build would fetch from.
cd "$(dirname "$0")/.." || exit 1

number=0
failed=0
# title, what was found
none()
{
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
    else
        failed=1
        echo "not ok $number - $1"
        echo "$2" | sed 's/^/# /'
    fi
}

long_files()
{
    find src ui -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 600 {print $2 ": " $1}'
}

# extended regular expression
lines_with()
{
    grep -rnIE "$1" src ui tests man themes datasets .ci Makefile ./*.md 2>/dev/null
}

# A bracket in each word keeps this file out of its own net.
none "no file is above 600 lines" "$(long_files)"
none "no promise is left in the tree" "$(lines_with '\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b')"
none "nothing names a package registry" "$(lines_with \
    'pyp[i]\.org|npmj[s]\.|crate[s]\.io|docke[r]\.io|ghc[r]\.io|quay[.]io|golang[.]org|rubygem[s]\.|deb\.debia[n]|archive\.ubunt[u]')"

echo "1..$number"
exit $failed
