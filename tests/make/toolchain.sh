# toolchain.sh - how the sample drivers are compiled; sourced by the scripts beside it.
#
# Import libraries come from the .def files in wdk/, whose names are decorated for x86.  Nothing in
# the result depends on the time, the folder or the user.

make_dir=$(cd "$(dirname "$0")" && pwd)

# The names of a .def file as x64 has them: without decoration.
plain_def() { sed -E 's/@[0-9]+$//' "$1"; }

# gcc_libs TRIPLET OUT: import libraries for a mingw-w64 compiler, made once.
gcc_libs() (
    [ -e "$2/done" ] && exit
    mkdir -p "$2"
    for def in "$make_dir"/wdk/*.def; do
        name=$(basename "$def" .def)
        case $1 in
        x86_64-*) plain_def "$def" >"$2/$name.def" ;;
        *) cp "$def" "$2/$name.def" ;;
        esac
        "$1-dlltool" --kill-at -d "$2/$name.def" -l "$2/lib$name.a" || exit
    done
    : >"$2/done"
)

# version_rc FILE VERSION COMPANY PRODUCT DESCRIPTION: a VERSIONINFO resource on standard output.
version_rc() {
    numbers=$(printf '%s.0.0.0' "$2" | cut -d. -f1-4 | tr . ,)
    cat <<RC
1 VERSIONINFO
FILEVERSION $numbers
PRODUCTVERSION $numbers
FILEFLAGSMASK 0x3f
FILEFLAGS 0
FILEOS 0x40004
FILETYPE 3
FILESUBTYPE 7
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904b0"
    BEGIN
      VALUE "CompanyName", "$3"
      VALUE "FileDescription", "$5"
      VALUE "FileVersion", "$2"
      VALUE "InternalName", "$1"
      VALUE "LegalCopyright", "Sample for tests"
      VALUE "OriginalFilename", "$1"
      VALUE "ProductName", "$4"
      VALUE "ProductVersion", "$2"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 1200
  END
END
RC
}

# gcc_driver TRIPLET LIBS OUT FLAG|FILE...: compile and link one driver.
gcc_driver() (
    triplet=$1 libs=$2 out=$3
    shift 3
    entry=DriverEntry base=0x140000000
    case $triplet in i686-*) entry=_DriverEntry@8 base=0x10000 ;; esac
    "$triplet-gcc" -std=gnu11 -Wall -Wextra -ffreestanding -fno-stack-protector -fno-ident \
        -I"$make_dir/wdk" -s -nostdlib \
        -Wl,--subsystem,native,--entry,$entry,--image-base,$base,--no-insert-timestamp \
        -Wl,--dynamicbase,--nxcompat,--exclude-all-symbols "$@" -o "$out" \
        -L"$libs" -lwdfldr -lfltmgr -lndis -lstorport -lvideoprt -lwin32k -lntoskrnl
)

# clang_tools: whether clang, its linker and its dlltool are here, all of one version.
clang_tools() {
    for version in -14 ''; do
        clang=clang$version lld=lld-link$version dlltool=llvm-dlltool$version
        command -v $clang >/dev/null && command -v $lld >/dev/null &&
            command -v $dlltool >/dev/null && return
    done
    return 1
}

dlltool_machine() {
    case $1 in
    x86_64) echo i386:x86-64 ;;
    aarch64) echo arm64 ;;
    thumbv7) echo arm ;;
    *) echo i386 ;;
    esac
}

# clang_libs ARCH OUT: import libraries as Microsoft's linker takes them.
clang_libs() (
    mkdir -p "$2"
    for def in "$make_dir"/wdk/*.def; do
        name=$(basename "$def" .def)
        case $1 in
        x86_64 | aarch64 | thumbv7)
            plain_def "$def" >"$2/$name.def"
            $dlltool -m "$(dlltool_machine "$1")" -d "$2/$name.def" -l "$2/$name.lib"
            ;;
        *) $dlltool -m i386 --kill-at -d "$def" -l "$2/$name.lib" ;;
        esac
    done
)

# with_clang ARCH UNWIND LIBS OUT SOURCE LEVEL: UNWIND is -funwind-tables, or -fno-unwind-tables for a
# driver without .pdata.
with_clang() (
    float=-mno-sse
    case $1 in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 float= ;;
    thumbv7) machine=arm float= ;;
    *) machine=x86 ;;
    esac
    $clang --target="$1-pc-windows-msvc" "$2" -std=gnu11 -Wall -Wextra -ffreestanding $float "-$6" \
        -I"$make_dir/wdk" -c "$5" -o "$3/driver.obj"
    $lld /nologo /driver /subsystem:native /entry:DriverEntry /nodefaultlib /machine:$machine \
        /safeseh:no /Brepro "/out:$4" "$3/driver.obj" "$3"/*.lib
)
