# Sourced by every script: finds Python, prepares .venv for the set named in $requirements (runtime or dev),
# and defines run_launcher. Works with an empty environment, so nothing is taken for granted but bash.
set -euo pipefail
export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
# No dirname: a machine without Python may lack everything else too, and is to get its one clear line.
folder="${BASH_SOURCE[0]%"${BASH_SOURCE[0]##*/}"}"
root="$(cd -- "${folder:-.}/.." && pwd)"

find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 python3.14; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  echo "error: Python 3.11 or newer with the venv module is needed (Debian, Ubuntu: apt install python3-venv)" >&2
  return 1
}

python="$(find_python)"
"$python" "$root/script/_setup.py" "$requirements"

run_launcher() {
  # -P: whatever lies in the caller's folder is not importable.
  PYTHONPATH="$root" exec "$root/.venv/bin/python" -P -m launcher "$@"
}
