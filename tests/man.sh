#!/bin/sh
# The manual pages hold to mdoc: mandoc finds nothing to warn of.
cd "$(dirname "$0")/.." || exit 1
set -- man/*.[1-9]
[ -e "$1" ] || { echo "1..0 # SKIP there is no manual page"; exit 0; }
echo "1..$#"
number=0
status=0
for page; do
    number=$((number + 1))
    if found=$(mandoc -T lint -W warning "$page" 2>&1); then
        echo "ok $number - $page"
    else
        echo "not ok $number - $page"
        echo "$found" | sed 's/^/# /'
        status=1
    fi
done
exit $status
