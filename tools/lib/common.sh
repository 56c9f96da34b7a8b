# shellcheck shell=bash
# Shared by the scripts in tools/: sourced, never run. Sets ROOT and the helpers below.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SCRIPT=$(basename "$0")

# say TEXT...: one line for a person, on stderr like everything that is not a result.
say() { printf '%s: %s\n' "$SCRIPT" "$*" >&2; }

# die TEXT...: the last line of a script that cannot go on.
die() {
  say "$*"
  exit 1
}

# as_root COMMAND...: runs a command with the rights that installing packages needs.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root for '$*': run it as root, or install sudo"
  fi
}

# usage FILE: prints the comment block at the top of a script.
usage() { sed -n '2,/^$/{s/^# \{0,1\}//p}' "$1"; }
