# Sourced by every script: finds Python, prepares .venv for the set named in $requirements (runtime or dev),
# and defines run_launcher. Works with an empty environment, so nothing is taken for granted but bash.
set -euo pipefail
export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
# No dirname: a machine without Python may lack everything else too, and is to get its one clear line.
folder="${BASH_SOURCE[0]%"${BASH_SOURCE[0]##*/}"}"
root="$(cd -- "${folder:-.}/.." && pwd)"

is_usable() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# Whether whoever built it says that it was optimised by profiles. Without that Python takes half as long again.
is_optimised() {
  "$1" -c 'import sys, sysconfig
sys.exit("--enable-optimizations" not in (sysconfig.get_config_var("CONFIG_ARGS") or ""))' 2>/dev/null
}

# The first one on the path; in place of one that is not optimised the system's own, which distributions optimise.
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 python3.14; do
    if is_usable "$name"; then
      if ! is_optimised "$name" && is_usable /usr/bin/python3; then
        name=/usr/bin/python3
      fi
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
