#!/bin/sh
# drivers.sh OUT - build the call-site fixtures with every compiler at hand and every level, as
# OUT/COMPILER-MACHINE/LEVEL/NAME.sys, and OUT/manifest.lua, which says what is true of each.
set -eu
. "$(dirname "$0")/toolchain.sh"
out=${1:?usage: drivers.sh OUT}
names='constants flow wrappers deep unknown traps structs filter kmdf kmdfold computed'
levels='O0 O1 O2 O3 Os'
work=$out/.work
mkdir -p "$work"
: >"$work/built"
skipped=0

# each COMPILER-MACHINE COMMAND...: run COMMAND OUTFILE SOURCE LEVEL for every fixture and level.
each() (
    kind=$1
    shift
    for level in $levels; do
        mkdir -p "$out/$kind/$level"
        for name in $names; do
            "$@" "$out/$kind/$level/$name.sys" "$make_dir/drivers/$name.c" "$level"
            echo "$kind $level $name" >>"$work/built"
        done
    done
)

with_gcc() { gcc_driver "$1" "$work/$1" "$2" "$3" -"$4"; }

# missing COMPILER-MACHINE TOOL: say so and count.
missing() {
    echo "drivers.sh: $1 skipped: $2 is not installed" >&2
    skipped=$((skipped + 1))
}

for machine in x64:x86_64-w64-mingw32 x86:i686-w64-mingw32; do
    triplet=${machine#*:}
    if command -v "$triplet-gcc" >/dev/null; then
        gcc_libs "$triplet" "$work/$triplet"
        each "gcc-${machine%:*}" with_gcc "$triplet"
    else
        missing "gcc-${machine%:*}" "$triplet-gcc"
    fi
done

# "bare" has no .pdata: functions must be found in another way, as for x86.
for kind in clang-x64:x86_64:-funwind-tables bare-x64:x86_64:-fno-unwind-tables \
    clang-x86:i686:-fno-unwind-tables clang-arm64:aarch64:-funwind-tables \
    clang-arm:thumbv7:-funwind-tables \
    bare-arm64:aarch64:-fno-unwind-tables; do
    name=${kind%%:*} unwind=${kind##*:}
    arch=${kind#*:} arch=${arch%:*}
    if clang_tools; then
        clang_libs "$arch" "$work/clang-$arch"
        each "$name" with_clang "$arch" "$unwind" "$work/clang-$arch"
    else
        missing "$name" "clang-14 with lld-link and llvm-dlltool"
    fi
done

lua5.4 "$make_dir/drivers/manifest.lua" "$make_dir/drivers" "$skipped" <"$work/built" >"$out/manifest.lua"
rm -rf "$work"
