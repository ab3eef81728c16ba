#!/bin/sh
# story1.sh OUT - two poolmon logs of a server with 256 GiB and a folder of three drivers.
set -eu
. "$(dirname "$0")/toolchain.sh"
out=${1:?usage: story1.sh OUT}
gcc=x86_64-w64-mingw32
work=$out/.work
mkdir -p "$work" "$out/drivers"
gcc_libs $gcc "$work/lib"

# driver NAME FOLDER VERSION COMPANY PRODUCT DESCRIPTION
driver() {
    version_rc "$1.sys" "$3" "$4" "$5" "$6" >"$work/$1.rc"
    $gcc-windres -O coff "$work/$1.rc" "$work/$1.res.o"
    gcc_driver $gcc "$work/lib" "$out/drivers/$1.sys" "$make_dir/$2/$1.c" "$work/$1.res.o" -O2
}

driver dkshadow story1 14.0.913.64 'Orderly Disks Corp.' 'Orderly Disks Server' 'Move recorder'
driver mirrorio demo 3.3.1 'Two Rivers Ltd.' 'Mirror I/O' 'Volume mirror'
driver nwaudit demo 4.0.17 'Northwatch GmbH' 'Northwatch Audit' 'Pool usage auditor'

lua5.4 "$make_dir/story1/snapshots.lua" "$out"
rm -rf "$work"
