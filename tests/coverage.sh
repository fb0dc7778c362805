#!/bin/sh
# Lines run by `make check`, by file and in all, from what gcov left under the build folder.
set -eu
find "$1/src" "$1/ui" -name '*.gcda' 2>/dev/null | xargs gcov -n 2>/dev/null | awk '
/^File / { split($0, quoted, "\x27"); file = quoted[2] }
/^Lines executed:/ && file ~ /^(src|ui)\/.*\.c$/ {
    split($0, parts, /[:% ]+/)
    lines = parts[5]; run = parts[3] * lines / 100
    printf "%6.1f %% of %5d  %s\n", parts[3], lines, file | "sort -k 5"
    floor = substr(file, 1, index(file, "/") - 1)
    all[floor] += lines; all_run[floor] += run; file = ""
}
END {
    close("sort -k 5")
    for (floor in all) printf "%6.1f %% of %5d  %s/ in all\n", 100 * all_run[floor] / all[floor], all[floor], floor
}'
