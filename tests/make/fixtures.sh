#!/bin/sh
# fixtures.sh OUT - everything that the tests read and that is built by code: OUT/demo, OUT/story1 and
# OUT/drivers.  Does nothing when OUT is newer than what it is built from.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: fixtures.sh OUT}
stamp=$out/.built

if [ -e "$stamp" ] && [ -z "$(find "$here" -newer "$stamp" -type f)" ]; then
    exit 0
fi
rm -rf "$out"
mkdir -p "$out"
"$here/demo.sh" "$out/demo"
"$here/story1.sh" "$out/story1"
"$here/drivers.sh" "$out/drivers"
: >"$stamp"
