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

# unpack_package NAME FOLDER: a package of the distribution, fetched and unpacked, not installed.
unpack_package() {
  local options=(-qq -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3) work
  if ! apt-cache show "$1" >/dev/null 2>&1; then
    as_root apt-get -qq update
  fi
  work=$(mktemp -d "$2.XXXXXX")
  (cd "$work" && apt-get "${options[@]}" download "$1")
  dpkg-deb -x "$work/$1"_*.deb "$2"
  rm -rf "$work"
}

# write_sums FOLDER: SHA256SUMS of the shards in a folder; its presence says that they are all there.
write_sums() {
  (cd "$1" && sha256sum -- *.tar >SHA256SUMS.partial && mv SHA256SUMS.partial SHA256SUMS)
}

# is_whole FOLDER: the shards are there and fit their sums.
is_whole() {
  [ -s "$1/SHA256SUMS" ] && (cd "$1" && sha256sum --check --status SHA256SUMS)
}
