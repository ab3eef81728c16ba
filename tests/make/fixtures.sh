#!/bin/sh
# fixtures.sh OUT - everything that the tests read and that is built by code: OUT/demo, OUT/story1 and
# OUT/drivers.  Does nothing when OUT is newer than what it is built from.  Two at a time take turns, and
# OUT is never half built.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: fixtures.sh OUT}
stamp=$out/.built
new=$out.new

mkdir -p "$(dirname "$out")"
exec 9>"$out.lock"
flock 9
if [ -e "$stamp" ] && [ -z "$(find "$here" -newer "$stamp" -type f)" ]; then
    exit 0
fi
rm -rf "$new"
mkdir -p "$new"
: >"$new/.built" # as old as the build's begin: what changes meanwhile is built next time
"$here/demo.sh" "$new/demo"
"$here/story1.sh" "$new/story1"
"$here/drivers.sh" "$new/drivers"
rm -rf "$out"
mv "$new" "$out"
