#!/usr/bin/env bash
# deb.sh OUT VERSION - build the Debian packages of the sources at hand, into OUT.
set -euo pipefail
out=${1:?usage: deb.sh OUT VERSION} version=${2:?usage: deb.sh OUT VERSION}
for tool in dpkg-buildpackage dh; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: make deps-dev" >&2; exit 1; }
done
tree=$out/poolsleuth-$version
rm -rf "$out"
mkdir -p "$tree"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$tree"
cp -r .packaging/debian "$tree/debian"
unset MAKEFLAGS MFLAGS MAKELEVEL B CFLAGS PREFIX DESTDIR
(cd "$tree" && dpkg-buildpackage -us -uc -b -j"$(nproc)" >../build.log 2>&1) || { tail -n 40 "$out/build.log" >&2; exit 1; }
rm -rf "$tree"
ls "$out"/*.deb
