#!/bin/sh
# kernel.sh OUT - made-up kernels with their PDBs and a few drivers (OUT/kernels), and dumps of machines that
# run them (OUT/*.dmp and others), which OUT/manifest.lua describes.  Without clang: nothing but an empty manifest.
set -eu
. "$(dirname "$0")/toolchain.sh"
out=${1:?usage: kernel.sh OUT}
kernels=$out/kernels
work=$out/.work
mkdir -p "$kernels" "$work"

if ! clang_tools; then
    echo "kernel.sh: dumps skipped: clang-14 with lld-link and llvm-dlltool is not installed" >&2
    echo 'return {}' >"$out/manifest.lua"
    exit 0
fi

# machine ARCH: sets machine, flags and base.
machine() {
    flags='-ffreestanding -fno-ident -O1' base=0x140000000
    case $1 in
    x86_64) machine=x64 flags="$flags -mno-sse" ;;
    aarch64) machine=arm64 ;;
    *) machine=x86 base=0x400000 flags="$flags -mno-sse" ;;
    esac
}

link() {
    $lld /nologo /driver /subsystem:native /nodefaultlib /machine:$machine /safeseh:no "$@"
}

# kernel NAME ARCH BUILD PDB FLAGS [FUNCTION=RVA...]
kernel() (
    name=$1 arch=$2 build=$3 pdb=$4 extra=$5
    shift 5
    machine "$arch"
    lua5.4 "$make_dir/kernel/kernel.lua" "$arch" "$build" "$work/k.s" "$work/k.def" "$@"
    # shellcheck disable=SC2086
    $clang --target="$arch-pc-windows-msvc" $flags -g -gcodeview -DBUILD="$build" $extra \
        -ffile-prefix-map="$make_dir"=. -fdebug-compilation-dir=. -c "$make_dir/kernel/kernel.c" -o "$work/data.obj"
    $clang --target="$arch-pc-windows-msvc" -c "$work/k.s" -o "$work/code.obj"
    mkdir -p "$work/$name"
    (cd "$work" && link /entry:KiSystemStartup /base:$base /debug "/pdb:$name/$pdb" "/pdbaltpath:$pdb" \
        '/pdbsourcepath:C:\build' /Brepro /def:k.def /implib:k.lib "/map:$name.map" "/out:$name.exe" data.obj code.obj)
    mkdir -p "$kernels/$name"
    mv "$work/$name/$pdb" "$kernels/$name/$pdb"
    mv "$work/$name.map" "$work/$name.exe" "$kernels/"
)

# modules ARCH: the drivers beside the one that leaks.
modules() (
    machine "$1"
    mkdir -p "$kernels/$1"
    clang_libs "$1" "$work/lib-$1"
    number=1
    for name in hal keeps filter; do
        # shellcheck disable=SC2086
        $clang --target="$1-pc-windows-msvc" $flags -DMODULE=$number -c "$make_dir/kernel/module.c" -o "$work/m.obj"
        link /entry:DriverEntry /base:0x10000 /timestamp:$((1200000000 + number * 86400)) "/out:$kernels/$1/$name.sys" \
            "$work/m.obj" "$work/lib-$1/ntoskrnl.lib"
        number=$((number + 1))
    done
)

# The driver whose import table lies where that of the server's lay.
guid() (
    machine i686
    lua5.4 "$make_dir/kernel/imports.lua" "$work/i.s" 4 ExAllocatePool@8 _wcsnicmp ExFreePoolWithTag@8 \
        KeInitializeEvent@12 IofCompleteRequest
    printf '  .section .text$z,"xr"\n  .zero 0x3800, 0xcc\n' >>"$work/i.s"
    # shellcheck disable=SC2086
    $clang --target=i686-pc-windows-msvc $flags -c "$make_dir/kernel/guid.c" -o "$work/g.obj"
    $clang --target=i686-pc-windows-msvc -c "$work/i.s" -o "$work/i.obj"
    link /entry:DriverEntry /base:0x10000 /timestamp:1228000000 "/out:$kernels/i686/guid.sys" "$work/g.obj" "$work/i.obj"
)

kernel story2 i686 3790 ntkrpamp.pdb '' KeInitializeEvent=0x3e30a _wcsnicmp=0x28e04 ExAllocatePool=0x94d1f \
    ExFreePoolWithTag=0x9b708 IofCompleteRequest=0x4011b
for build in 2600 6002 7601 9600 19041 21390; do
    kernel "i686-$build" i686 "$build" ntkrpamp.pdb "$([ "$build" -lt 10240 ] || echo -DAPART)"
done
for build in 3790 7601 9600 15063 16299 19041 20348 22621 26100; do
    kernel "x86_64-$build" x86_64 "$build" ntkrnlmp.pdb "$([ "$build" -lt 10240 ] || echo -DAPART)"
done
for build in 19041 22621; do
    kernel "aarch64-$build" aarch64 "$build" ntkrnlmp.pdb -DAPART
done
modules i686
modules x86_64
modules aarch64
guid
lua5.4 "$make_dir/kernel/build.lua" "$kernels" "$out"
rm -rf "$work"
