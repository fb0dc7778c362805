#!/bin/sh
# A folder is a floor: a file includes its own floor and those below it. Libraries have one door each.
cd "$(dirname "$0")/.." || exit 1

# Prints "FILE:LINE: reason" for each include under the current folder that breaks a rule.
violations()
{
    find src ui -name '*.[ch]' 2>/dev/null | sort | xargs awk '
    BEGIN {
        count = split("base mock config telemetry dataset result client benchmark report ui command",
                      names)
        for (i = 1; i <= count; i++)
            floor[names[i]] = i
    }
    function report(reason) { printf "%s:%d: %s\n", FILENAME, FNR, reason }
    FNR == 1 {
        parts = split(FILENAME, path, "/")
        own = path[1] == "ui" ? "ui" : parts > 2 ? path[2] : "" # "" = main.c, on top of all
        if (own != "" && !(own in floor))
            report("this folder is no floor of the house")
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, quoted, "\"")
        if (split(quoted[2], other, "/") < 2)
            next # its own folder
        if (!(other[1] in floor))
            report("\"" quoted[2] "\" is on no floor")
        else if (own != "" && floor[other[1]] > floor[own])
            report(own " includes " other[1] ", which is above it")
    }
    /^[ \t]*#[ \t]*include[ \t]*</ {
        split($0, angled, /[<>]/)
        if (angled[2] ~ /^curl\// && own != "client" && FILENAME !~ /^src\/base\/http\.[ch]$/)
            report("libcurl belongs to client/ and base/http.c")
        if (angled[2] ~ /^(ncursesw\/)?(n?curses|panel|form|menu|term)\.h$/ && own != "ui")
            report("ncurses belongs to ui/")
        if (angled[2] == "yaml.h" && FILENAME != "src/base/yaml.c")
            report("libyaml belongs to base/yaml.c")
    }' /dev/null
}

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
        echo "$3" | sed 's/^/# /'
    fi
}

is "each file includes only its own floor and those below" "" "$(violations)"

# The check itself: a house with one fault of each kind, and one with none.
house=$(mktemp -d) || exit 1
trap 'rm -rf "$house"' EXIT
mkdir -p "$house/src/base" "$house/src/client" "$house/src/command" "$house/src/attic" "$house/ui"
put() { printf '%s\n' "$2" >"$house/$1"; }
found() { (cd "$house" && violations); }

put src/base/http.c '#include <curl/curl.h>'
put src/base/yaml.c '#include <yaml.h>'
put src/client/transfer.c '#include <curl/multi.h>
#include "base/clock.h"
#include "client/worker.h"
#include "worker.h"'
put ui/app.c '#include <ncurses.h>
#include "report/table.h"'
put src/command/run.c '#include "ui/app.h"'
put src/main.c '#include "command/run.h"'
is "a house in order is passed" "" "$(found)"

put src/base/clock.c '
#include "client/worker.h"'
is "a file that reaches up is found" \
    "src/base/clock.c:2: base includes client, which is above it" "$(found)"
put src/base/clock.c '#  include <curl/curl.h>'
is "libcurl elsewhere is found" \
    "src/base/clock.c:1: libcurl belongs to client/ and base/http.c" "$(found)"
put src/base/clock.c '#include <ncursesw/curses.h>'
is "ncurses elsewhere is found" "src/base/clock.c:1: ncurses belongs to ui/" "$(found)"
put src/base/clock.c '#include <yaml.h>'
is "libyaml elsewhere is found" "src/base/clock.c:1: libyaml belongs to base/yaml.c" "$(found)"
put src/base/clock.c '#include "attic/box.h"'
is "a header on no floor is found" 'src/base/clock.c:1: "attic/box.h" is on no floor' "$(found)"
put src/base/clock.c ''
put src/attic/box.c ''
is "a folder that is no floor is found" \
    "src/attic/box.c:1: this folder is no floor of the house" "$(found)"

echo "1..$number"
exit $failed
