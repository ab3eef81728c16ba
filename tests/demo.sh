#!/usr/bin/env bash
# demo.sh OUT - make evidence of a leak, ask two shortcuts for the driver, then ask poolsleuth.
# Ends with the verdict line, and fails where that does not name the driver that leaks.
set -euo pipefail
out=${1:?usage: demo.sh OUT}
program=${POOLSLEUTH:-build/poolsleuth}
leaker=acmeflt.sys

say() { printf '\n== %s\n' "$*"; }
show() { printf '$ %s\n' "$*"; }
# A path as a reader of the demo types it.
short() { printf '%s' "${1#"$PWD"/}"; }

say "A server's nonpaged pool grows: eight poolmon logs of two days, and its drivers"
tests/make/demo.sh "$out"
logs=("$out"/poolmon-*.log)
printf '%d logs in %s, %d driver files below %s\n' "${#logs[@]}" "$out" \
  "$(find "$out/drivers" -name '*.sys' | wc -l)" "$out/drivers"

say "Shortcut 1, the biggest tag of the last log"
last=${logs[-1]}
show "$(short "$program") show $last --nonpaged -b --top 3"
"$program" show "$last" --nonpaged -b --top 3
biggest=$("$program" show "$last" --nonpaged -b --top 1 --format csv | sed -n '2s/^"\{0,1\}\([^",]*\).*/\1/p')
owner=$(grep -rlaF -- "$biggest" "$out/drivers" | head -n 1)
printf '%s is the biggest, and %s holds its letters. It is large by design: it never grows.\n' \
  "$biggest" "$(basename "$owner")"
[ "$(basename "$owner")" != "$leaker" ] || { echo "the demo is broken: size names the right driver" >&2; exit 1; }

say "Shortcut 2, the drivers that hold the letters of the tag that grows, most hits first"
show "strings -f $out/drivers/*.sys | grep LkaL"
hits=$(for f in "$out"/drivers/*.sys; do
  printf '%4d  %s\n' "$(grep -oaF LkaL "$f" | wc -l)" "$(basename "$f")"
done | sort -rn | grep -v '^ *0 ')
printf '%s\n' "$hits"
first=$(printf '%s\n' "$hits" | awk 'NR == 1 { print $2 }')
printf '%s comes first: it only prints the name of the tag.\n' "$first"
[ "$first" != "$leaker" ] || { echo "the demo is broken: letters name the right driver" >&2; exit 1; }

say "poolsleuth: growth, call sites, knowledge"
show "$(short "$program") find-leaking-driver $out --loaded $out/loaded.csv"
status=0
answer=$("$program" find-leaking-driver "$out" --loaded "$out/loaded.csv") || status=$?
# The first finding in full, the others by their verdict lines.
awk '/^[A-Z][A-Z-]+ tag=/ && ++n == 2 { print "Other findings, in full when you run it:" }
     n < 2 || /^[A-Z][A-Z-]+ tag=/' <<<"$answer"
verdict=$(grep -m 1 '^LEAK ' <<<"$answer") || { echo "no LEAK was found (exit status $status)" >&2; exit 1; }

say "Try next"
cat <<EOF
What grew, an hour:
  $(short "$program") diff ${logs[0]} $last
Everything known of the tag:
  $(short "$program") tag LkaL --drivers $out/drivers
The driver's imports, version and call sites:
  $(short "$program") driver $out/drivers/$leaker
The same answer as a page with charts, to send on:
  $(short "$program") report $out --loaded $out/loaded.csv -o report.html
Every command and playbook:
  $(short "$program") list
EOF

say "The verdict"
printf '%s\n' "$verdict"
[[ $verdict == *"driver=$leaker "* && $status == 2 ]] ||
  { echo "the verdict does not name $leaker (exit status $status)" >&2; exit 1; }
