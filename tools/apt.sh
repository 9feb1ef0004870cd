#!/usr/bin/env bash
# Installs Debian packages where that is permitted; says what to do where it is not.
set -euo pipefail
command="apt-get install -y $*"
if ! command -v apt-get >/dev/null; then
  echo "missing: $* (Debian's names). Install them with this system's package manager." >&2
  exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
  sudo=()
elif sudo -n true 2>/dev/null; then
  sudo=(sudo -n)
else
  echo "missing: $*. Run this and try again:  sudo $command" >&2
  exit 1
fi
echo "installing $* …" >&2
# On a machine with an init system, Debian's packages start their services at once, on the ports
# that people use; a policy of "no" keeps them still while we install.
log=$(mktemp)
if ! { "${sudo[@]}" apt-get update && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $command --no-install-recommends; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "this failed:  $command" >&2
  exit 1
fi
rm -f "$log"
