#!/bin/sh
# server.sh OUT - the programs of a Windows server that the collecting script calls, as one stand-in under
# their names, in OUT/System32.
set -eu
out=${1:?usage: server.sh OUT}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out/System32/drivers" "$out/System32/Wbem" "$out/System32/WindowsPowerShell/v1.0"
x86_64-w64-mingw32-gcc -std=gnu11 -Os -s -o "$out/System32/standin.exe" "$here/server/standin.c"
for name in driverquery fltmc schtasks typeperf ping; do
    cp "$out/System32/standin.exe" "$out/System32/$name.exe"
done
cp "$out/System32/standin.exe" "$out/System32/Wbem/wmic.exe"
cp "$out/System32/standin.exe" "$out/System32/WindowsPowerShell/v1.0/powershell.exe"
mv "$out/System32/standin.exe" "$out/poolmon.exe"
