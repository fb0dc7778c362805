#!/bin/sh
# The tarball of make dist is whole: it builds in a folder of its own, and what it built runs.
set -eu
cd "$(dirname "$0")/.."
unset MAKEFLAGS MFLAGS MAKELEVEL
tarball=$PWD/$(make -s dist | tail -n 1)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tar -xzf "$tarball" -C "$folder"
cd "$folder"/fluxperf-*
make -j"$(nproc)" CFLAGS=-O1 >"$folder/log" 2>&1 || { tail -n 40 "$folder/log"; exit 1; }
./fluxperf --version
./fluxperf check dataset datasets/example_dataset.json
./fluxperf -d datasets/demo.jsonl --mock-server --mock-port 0 -n 8 -c 4 --max-output-tokens 4 -o out
make -s install DESTDIR="$folder/root"
"$folder/root/usr/local/bin/fluxperf" completions bash >/dev/null
