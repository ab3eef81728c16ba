#!/usr/bin/env bash
# raw_search - one tag's letters in at least 1 GB of driver copies, page cache warm: poolsleuth against
# `rg -a -c` on the whole folder and against `strings FILE | grep -c` for each file of a tenth of it.
# Two of poolsleuth's are shown: the search alone, called from a stock lua5.4 that lists the folder first,
# and the whole command.  The sides take turns; figures are medians.  TMPDIR holds the copies meanwhile.
set -euo pipefail
program=${POOLSLEUTH:-build/poolsleuth}
source=${POOLSLEUTH_CORPUS:+$POOLSLEUTH_CORPUS/drivers}
[ -d "${source:-}" ] || source=${POOLSLEUTH_FIXTURES:-build/fixtures}/drivers
rounds=${ROUNDS:-7}
tag=${TAG:-File}
wanted=1000000000

[ -x "$program" ] || { echo "skipped: $program is not built"; exit 0; }
[ -d "$source" ] || { echo "skipped: no drivers in $source"; exit 0; }

copies=$(mktemp -d "${TMPDIR:-/tmp}/poolsleuth-bench-XXXXXX")
trap 'rm -rf "$copies"' EXIT
pick=(-type f '(' -iname '*.sys' -o -iname '*.dll' ')')
once=$(find "$source" "${pick[@]}" -printf '%s\n' | awk '{ s += $1 } END { printf "%.0f", s }')
times=$(((wanted + once - 1) / once))
need=$((times * once / 1024 * 11 / 10))
free=$(df --output=avail -k "$copies" | tail -n 1)
[ "$free" -gt "$need" ] || { echo "skipped: $need KiB are needed in ${TMPDIR:-/tmp}, $free KiB are free"; exit 0; }
for ((i = 0; i < times; i++)); do
  mkdir "$copies/$i"
  find "$source" "${pick[@]}" -exec cp --parents -t "$copies/$i" {} +
done
find "$copies" -type f | sort >"$copies.list"
trap 'rm -rf "$copies" "$copies.list" "$copies.out" "$copies.sum"' EXIT
files=$(wc -l <"$copies.list")
bytes=$(xargs -d '\n' stat -c %s <"$copies.list" | awk '{ s += $1 } END { printf "%.0f", s }')
tenth=$(awk 'NR % 10 == 1' "$copies.list" | xargs -d '\n' stat -c %s | awk '{ s += $1 } END { printf "%.0f", s }')
xargs -d '\n' cat <"$copies.list" >/dev/null

# Walk the folder and search, in a process of its own, as rg does.
search_side() {
  lua5.4 -e '
    local lfs, pe = require "lfs", require "poolsleuth.pe"
    local folders, paths, sum = { arg[1] }, {}, 0
    while #folders > 0 do
      local folder = table.remove(folders)
      for name in lfs.dir(folder) do
        local path = folder .. "/" .. name
        if name:find "%.sys$" or name:find "%.dll$" then paths[#paths + 1] = path
        elseif name ~= "." and name ~= ".." and lfs.attributes(path, "mode") == "directory" then
          folders[#folders + 1] = path
        end
      end
    end
    for _, hit in ipairs(assert(pe.raw_search(paths, arg[2]))) do
      if hit.count > 0 then print(hit.path .. ":" .. hit.count) end
      sum = sum + hit.count
    end
    io.stderr:write(sum, "\n")' /dev/null "$copies" "$tag" 2>"$copies.sum"
}
command_side() { "$program" tag "$tag" --drivers "$copies" --raw --format json; }
rg_side() { rg -a -c "$tag" "$copies"; }
strings_side() {
  awk 'NR % 10 == 1' "$copies.list" | while read -r file; do
    strings "$file" | grep -c "$tag" || true
  done
}

# timed SIDE: milliseconds on standard output; what it prints goes to a file, as a user's would.
timed() {
  local begin=${EPOCHREALTIME/./} status=0
  "$1" >"$copies.out" || status=$?
  local end=${EPOCHREALTIME/./}
  # rg and grep end with 1 where nothing is found.
  [ "$status" = 0 ] || { [ "$status" = 1 ] && [[ $1 == rg_side || $1 == strings_side ]]; } || { echo "$1 ended with $status" >&2; return 1; }
  awk -v us=$((end - begin)) 'BEGIN { printf "%.1f\n", us / 1000 }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
rate() { awk -v b="$1" -v ms="$2" 'BEGIN { printf "%8.1f ms  %7.0f MB/s", ms, b / ms / 1000 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

printf '%d files, %d MB (%d copies of %s), tag %s, %d rounds, %d processors\n' \
  "$files" $((bytes / 1000000)) "$times" "$source" "$tag" "$rounds" "$(nproc)"
searches=() commands=() theirs=()
peer=$(command -v rg || true)
[ -n "$peer" ] || echo "rg -a -c: skipped, ripgrep is not installed"
for ((i = 0; i < rounds; i++)); do
  searches+=("$(timed search_side)")
  [ -z "$peer" ] || theirs+=("$(timed rg_side)")
  commands+=("$(timed command_side)")
done
own=$(printf '%s\n' "${searches[@]}" | median)
whole=$(printf '%s\n' "${commands[@]}" | median)
printf '%-34s %s\n' "poolsleuth.pe raw_search" "$(rate "$bytes" "$own")"
printf '%-34s %s\n' "poolsleuth tag $tag --raw" "$(rate "$bytes" "$whole")"
if [ -n "$peer" ]; then
  other=$(printf '%s\n' "${theirs[@]}" | median)
  printf '%-34s %s\n' "rg -a -c $tag" "$(rate "$bytes" "$other")"
  printf 'against rg -a -c (wanted: 0.9): the search %s, the whole command %s times as fast\n' \
    "$(ratio "$other" "$own")" "$(ratio "$other" "$whole")"
  counted=$({ rg -a --count-matches --no-filename "$tag" "$copies" || true; } | awk '{ s += $1 } END { printf "%d", s }')
  printf 'occurrences: poolsleuth %s, rg --count-matches %s\n' "$(cat "$copies.sum")" "$counted"
fi
if command -v strings >/dev/null; then
  slow=$(timed strings_side)
  scaled=$(awk -v ms="$slow" -v b="$bytes" -v t="$tenth" 'BEGIN { print ms * b / t }')
  printf '%-34s %s  (scaled from a tenth of the files)\n' "strings FILE | grep -c $tag" "$(rate "$bytes" "$scaled")"
  printf 'against strings | grep (wanted: 20): the search %s, the whole command %s times as fast\n' \
    "$(ratio "$scaled" "$own")" "$(ratio "$scaled" "$whole")"
else
  echo "strings | grep: skipped, binutils is not installed"
fi
