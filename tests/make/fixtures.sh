#!/bin/sh
# fixtures.sh OUT - everything that the tests read and that is built by code: OUT/demo, OUT/story1,
# OUT/drivers and OUT/dumps.  Does nothing when OUT is newer than what it is built from.  Two at a time take
# turns, and OUT is never half built.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: fixtures.sh OUT}
new=$out.new

mkdir -p "$(dirname "$out")"
exec 9>"$out.lock"
flock 9

# fresh STAMP TEST...: whether STAMP is newer than every file that find's TEST takes.
fresh() {
    stamp=$1
    shift
    [ -e "$stamp" ] && [ -z "$(find "$here" -newer "$stamp" -type f \( "$@" \))" ]
}

# begin: an empty $new, as old as the build's begin: what changes meanwhile is built next time.
begin() {
    rm -rf "$new"
    mkdir -p "$new"
    : >"$new/.built"
}

# Compiling the drivers takes a minute, the dumps seconds: each has a stamp of its own.
if ! fresh "$out/.built" ! -path '*/kernel*'; then
    begin
    "$here/demo.sh" "$new/demo"
    "$here/story1.sh" "$new/story1"
    "$here/drivers.sh" "$new/drivers"
    [ ! -e "$out/dumps" ] || mv "$out/dumps" "$new/dumps"
    rm -rf "$out"
    mv "$new" "$out"
fi
if ! fresh "$out/dumps/.built" -path '*/kernel*' -o -path '*/wdk/*' -o -name toolchain.sh; then
    begin
    "$here/kernel.sh" "$new"
    rm -rf "$out/dumps"
    mv "$new" "$out/dumps"
fi
