#!/usr/bin/env bash
# Makes sure that Prometheus and Alertmanager are there, with promtool and amtool; and the programs
# that are named, each from the Debian package of its name.
set -euo pipefail
missing=()
command -v prometheus >/dev/null && command -v promtool >/dev/null || missing+=(prometheus)
{ command -v prometheus-alertmanager || command -v alertmanager; } >/dev/null && command -v amtool >/dev/null || missing+=(prometheus-alertmanager)
for program in "$@"; do
  command -v "$program" >/dev/null || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] || bash "$(dirname "$0")/apt.sh" "${missing[@]}"
