#!/usr/bin/env bash
# driver_index - a full index of a folder of drivers (call sites, imports, version, hashes, signatures): cold
# on one core and on all, warm from the cache, against peers that do a part of it on the same files: pefile
# parsing alone, yara with the tags that were found, osslsigncode on the files that carry a signature.
# The folder is several copies of the corpus' drivers, each file made unique by bytes behind its end.
set -euo pipefail
program=${POOLSLEUTH:-build/poolsleuth}
source=${POOLSLEUTH_CORPUS:+$POOLSLEUTH_CORPUS/drivers}
[ -d "${source:-}" ] || source=${POOLSLEUTH_FIXTURES:-build/fixtures}/drivers
python=$(command -v /usr/bin/python3 || command -v python3)
copies=${COPIES:-10} rounds=${ROUNDS:-5}

[ -x "$program" ] || { echo "skipped: $program is not built"; exit 0; }
[ -d "$source" ] || { echo "skipped: no drivers in $source"; exit 0; }
work=$(mktemp -d "${TMPDIR:-/tmp}/poolsleuth-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache

for ((i = 0; i < copies; i++)); do
  mkdir -p "$work/all/$i"
  find "$source" -type f -exec cp -t "$work/all/$i" {} +
  # A signature's table ends its file: bytes behind it would break it, so the time stamp is changed instead.
  "$python" - "$work/all/$i" "$i" <<'PYTHON'
import os, struct, sys
folder, number = sys.argv[1], int(sys.argv[2])
for name in os.listdir(folder):
    path = os.path.join(folder, name)
    with open(path, "r+b") as file:
        head = file.read(0x40)
        if number == 0 or len(head) < 0x40 or head[:2] != b"MZ":
            continue
        file.seek(struct.unpack_from("<I", head, 0x3C)[0] + 8)
        file.write(struct.pack("<I", 0x50000000 + number))
PYTHON
done
files=$(find "$work/all" -type f | wc -l)
bytes=$(find "$work/all" -type f -printf '%s\n' | awk '{ s += $1 } END { printf "%.0f", s }')
find "$work/all" -type f -exec cat {} + >/dev/null
once=$work/all/0
once_files=$(find "$once" -type f | wc -l)

cold() { "$program" scan --no-cache "$work/all" >"$work/out"; }
cold_one() { taskset -c 0 "$program" scan --no-cache "$work/all" >"$work/out"; }
fill() { rm -rf "$work/cache"; "$program" scan "$work/all" >"$work/out"; }
warm() { "$program" scan "$work/all" >"$work/out"; }
warm_one() { taskset -c 0 "$program" scan "$work/all" >"$work/out"; }

# timed SIDE: milliseconds.
timed() {
  local begin=${EPOCHREALTIME/./}
  "$1" || { echo "$1 failed" >&2; return 1; }
  local end=${EPOCHREALTIME/./}
  awk -v us=$((end - begin)) 'BEGIN { printf "%.1f\n", us / 1000 }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
best_of() { for ((r = 0; r < rounds; r++)); do timed "$1"; done | median; }
line() { awk -v name="$1" -v ms="$2" -v n="$3" 'BEGIN { printf "%-40s %9.1f ms  %8.0f files/s\n", name, ms, n / ms * 1000 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }
memory() { if [ -x /usr/bin/time ]; then /usr/bin/time -f %M -o "$work/peak" "$@" >/dev/null 2>&1 && cat "$work/peak"; else echo 0; fi; }

printf '%d files, %d MB (%d copies of %s, each file unique), %d rounds, %d processors\n' \
  "$files" $((bytes / 1000000)) "$copies" "$source" "$rounds" "$(nproc)"
one=$(best_of cold_one) all=$(best_of cold) filled=$(timed fill) kept=$(best_of warm) kept_one=$(best_of warm_one)
line "scan, cold, one core" "$one" "$files"
line "scan, cold, all cores" "$all" "$files"
line "scan, cold, all cores, filling the cache" "$filled" "$files"
line "scan, warm, one core" "$kept_one" "$files"
line "scan, warm, all cores" "$kept" "$files"
printf 'warm against cold (wanted: 50): %s times as fast on one core, %s on all\n' \
  "$(ratio "$one" "$kept_one")" "$(ratio "$all" "$kept")"
printf 'peak memory: %d KiB cold, %d KiB warm; the cache has %d KiB\n' "$(memory "$program" scan --no-cache "$work/all")" \
  "$(memory "$program" scan "$work/all")" "$(du -k "$work/cache/poolsleuth/drivers.db" | cut -f1)"

LUA_PATH=${LUA_PATH:-"lua/?.lua;;"} lua5.4 - "$work/all" "$work/cache/poolsleuth/drivers.db" <<'LUA'
local cache, drivers = require "poolsleuth.cache", require "poolsleuth.drivers"
local clock, files = require "poolsleuth.system".clock, require "poolsleuth.folder".files(arg[1])
local function timed(options)
  local begin = clock()
  drivers.scan(files, options)
  return (clock() - begin) * 1000
end
local open = assert(cache.open(arg[2]))
local warm, cold = timed { cache = open }, timed { threads = 1 }
print(("without starting, listing and printing: cold %.1f ms on one core, warm %.1f ms: %.1f times as fast")
  :format(cold, warm, cold / warm))
LUA

peer() { # NAME MILLISECONDS FILES: a peer on one copy of the drivers, against a cold scan a file on one core
  line "$1" "$2" "$3"
  awk -v name="$1" -v ms="$2" -v n="$3" -v own="$one" -v files="$files" \
    'BEGIN { printf "  a file: poolsleuth %.3f ms, %s %.3f ms: %.1f times as fast a core\n", own / files, name, ms / n, (ms / n) / (own / files) }'
}
pefile_side() {
  "$python" - "$once" <<'PYTHON'
import os, sys, pefile
for name in os.listdir(sys.argv[1]):
    try:
        pefile.PE(os.path.join(sys.argv[1], name)).close()
    except pefile.PEFormatError:
        pass
PYTHON
}
if "$python" -c 'import pefile' 2>/dev/null; then peer "pefile, parsing only" "$(timed pefile_side)" "$once_files"
else echo "pefile: skipped, python3-pefile is not installed"; fi

if command -v yara >/dev/null; then
  "$program" scan "$once" --format json | lua5.4 -e '
    local json = require "dkjson"
    local seen = {}
    print "rule tags { strings:"
    for _, driver in ipairs(json.decode(io.read "a").data.drivers) do
      for _, site in ipairs(driver.sites) do
        local hex = type(site.tag_hex) == "string" and site.tag_hex
        if hex and not seen[hex] then
          seen[hex] = true
          local a, b, c, d = hex:match "(..)(..)(..)(..)"
          print(("  $t%s = { %s %s %s %s }"):format(hex, d, c, b, a))
        end
      end
    end
    print "condition: any of them }"' >"$work/tags.yar"
  yara_side() { taskset -c 0 yara -w -s -p 1 -r "$work/tags.yar" "$once" >"$work/out"; }
  peer "yara -s, $(grep -c '\$t' "$work/tags.yar") tags" "$(timed yara_side)" "$once_files"
else echo "yara: skipped, not installed"; fi

if command -v osslsigncode >/dev/null; then
  "$program" scan "$once" --format json | lua5.4 -e '
    for _, driver in ipairs(require "dkjson".decode(io.read "a").data.drivers) do
      for _, signature in ipairs(type(driver.signatures) == "table" and driver.signatures or {}) do
        if signature.source == "embedded" and signature.signer then print(driver.path) break end
      end
    end' >"$work/signed"
  without_network=$(unshare -n true 2>/dev/null && echo "unshare -n" || true)
  osslsigncode_side() {
    while read -r file; do $without_network osslsigncode verify -in "$file" >>"$work/out" 2>&1 || true; done <"$work/signed"
  }
  peer "osslsigncode verify, signed files" "$(timed osslsigncode_side)" "$(wc -l <"$work/signed")"
else echo "osslsigncode: skipped, not installed"; fi
