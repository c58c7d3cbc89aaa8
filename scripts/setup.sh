#!/bin/sh
# Installs what is missing: the npm packages when the lockfile changed, and the engines on Debian and Ubuntu.
# Called by npm start, npm test and ./alwayson; a run that finds everything in place changes nothing. Never asks.
#   setup.sh [--test]    --test: also what only the tests need (a browser)
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
stamp="$root/node_modules/.alwayson-lock"
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PATH

for_tests=no
[ "${1:-}" = --test ] && for_tests=yes

say() { printf 'setup: %s\n' "$*" >&2; }

has() { command -v "$1" >/dev/null 2>&1; }

# --- npm packages ---------------------------------------------------------------------------------------------

hash_lockfile() { cksum <"$root/package-lock.json"; }

# npm writes its own copy of the lockfile last: newer than ours means that somebody has run npm by hand since.
packages_current() {
  [ -x "$root/node_modules/.bin/node" ] || return 1
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(hash_lockfile)" ] && return 0
  [ "$root/node_modules/.package-lock.json" -nt "$root/package-lock.json" ]
}

install_packages() {
  if ! has npm; then
    say "npm is missing. Install Node.js 20 or later with npm (https://nodejs.org), then run the command again."
    exit 1
  fi
  say "installing npm packages (once for each change of package-lock.json) ..."
  # Not `npm ci`: it takes the packages away from under a running environment, and refuses a lockfile made where a
  # registry lacks programs for other machines. This takes the locked versions too, and leaves the lockfile alone.
  if ! (cd "$root" && npm install --no-save --no-audit --no-fund --loglevel=error >&2); then
    say "npm install failed; its message is above. Run it in $root to see more."
    exit 1
  fi
  if [ ! -x "$root/node_modules/.bin/node" ]; then
    say "the npm package 'node' brought no program for this machine. Run: cd $root && npm rebuild node"
    exit 1
  fi
}

# --- engines --------------------------------------------------------------------------------------------------

has_postgres() {
  for program in /usr/lib/postgresql/*/bin/pg_rewind /usr/pgsql-*/bin/pg_rewind; do
    [ -x "$program" ] && return 0
  done
  has pg_rewind && has initdb
}

list_missing_engines() {
  has_postgres || printf 'postgresql '
  has pgbouncer || printf 'pgbouncer '
  has haproxy || printf 'haproxy '
  has redis-server || printf 'redis-server '
  has pgbackrest || printf 'pgbackrest '
  if [ "$for_tests" = yes ] && ! has chromium && ! has chromium-browser && ! has google-chrome; then
    printf 'chromium '
  fi
}

# Words of other systems for the same things.
tell_other_system() {
  say "missing: $1"
  if has dnf; then
    say "run: sudo dnf install -y postgresql-server postgresql-contrib pgbouncer haproxy valkey valkey-compat-redis pgbackrest"
  else
    say "install them with this system's packages (./alwayson doctor names the versions), then run the command again."
  fi
  exit 1
}

install_engines() {
  has apt-get || tell_other_system "$1"
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif has sudo && sudo -n true 2>/dev/null; then
    as_root='sudo -n'
  else
    say "missing: $1"
    say "run: sudo sh $root/scripts/setup-engines.sh $1"
    exit 1
  fi
  say "installing $1(once) ..."
  # shellcheck disable=SC2086 # words are wanted: a prefix that may be empty, and a list of packages
  if ! $as_root sh "$root/scripts/setup-engines.sh" $1; then
    say "the engines could not be installed; apt-get's message is above."
    exit 1
  fi
}

# --- one at a time, and only when there is something to do --------------------------------------------------------

missing=$(list_missing_engines)
if [ -n "$missing" ] || ! packages_current; then
  if has flock; then
    exec 9<"$root/package-lock.json"
    flock 9
    missing=$(list_missing_engines)
  fi
  [ -z "$missing" ] || install_engines "$missing"
  packages_current || install_packages
  say "done."
fi
current=$(hash_lockfile)
[ "$(cat "$stamp" 2>/dev/null || true)" = "$current" ] || printf '%s\n' "$current" >"$stamp"
