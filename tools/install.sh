#!/usr/bin/env bash
# Makes a virtual environment with the project, its generator and the tools of its developers.
set -euo pipefail
venv=$1
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "agentgauge needs Python 3.11 or later; this is $("$python" --version)" >&2
  exit 1
}
if ! "$python" -m venv --clear "$venv" >/dev/null 2>&1; then
  # Debian's Python comes without the part of venv that installs pip.
  bash "$(dirname "$0")/apt.sh" python3-venv
  "$python" -m venv --clear "$venv"
fi
echo "installing into $venv …" >&2
"$venv/bin/pip" install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
"$venv/bin/pip" install --quiet --disable-pip-version-check --editable '.[generate]' --group dev
