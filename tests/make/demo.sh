#!/bin/sh
# demo.sh OUT - build the demo's evidence: drivers, eight poolmon snapshots, the loaded drivers.
set -eu
. "$(dirname "$0")/toolchain.sh"
out=${1:?usage: demo.sh OUT}
gcc=x86_64-w64-mingw32
work=$out/.work
mkdir -p "$work" "$out/drivers"
gcc_libs $gcc "$work/lib"

# driver NAME VERSION COMPANY PRODUCT DESCRIPTION
driver() {
    version_rc "$1.sys" "$2" "$3" "$4" "$5" >"$work/$1.rc"
    $gcc-windres -O coff "$work/$1.rc" "$work/$1.res.o"
    gcc_driver $gcc "$work/lib" "$out/drivers/$1.sys" "$make_dir/demo/$1.c" "$work/$1.res.o" -O2
}

driver acmeflt 1.2.3 'Acme Inc.' 'Acme Storage Suite' 'Acme stream filter'
driver nwaudit 4.0.17 'Northwatch GmbH' 'Northwatch Audit' 'Pool usage auditor'
driver qlqueue 2.8.0 'Quill Networks' 'Quill Packet Queue' 'Packet queue'
driver grancach 7.1.2 'Granite Systems AB' 'Granite Block Cache' 'Block cache'
driver mirrorio 3.3.1 'Two Rivers Ltd.' 'Mirror I/O' 'Volume mirror'
driver oldport 1.0.5 'Harbour Devices' 'Old Port' 'Port driver'

# The driver store holds a second copy of the same file.
store=$out/drivers/DriverStore/acmeflt.inf_amd64_6f1c2d9a04b7e358
mkdir -p "$store"
cp "$out/drivers/acmeflt.sys" "$store/"

lua5.4 "$make_dir/demo/snapshots.lua" "$out"
rm -rf "$work"
