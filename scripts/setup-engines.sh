#!/bin/sh
# Installs the Debian packages named on the command line, as root, without starting or enabling the distribution's own
# services: AlwaysOn runs the engines itself, in its own folders.
#   setup-engines.sh PACKAGE...
set -eu

policy=/usr/sbin/policy-rc.d
cluster_config=/etc/postgresql-common/createcluster.conf
made_policy=no
made_cluster_config=no
output=$(mktemp)

clean_up() {
  if [ "$made_policy" = yes ]; then rm -f "$policy"; fi
  # The package's own defaults come back where we had put ours.
  if [ "$made_cluster_config" = yes ]; then
    if [ -f /usr/share/postgresql-common/createcluster.conf ]; then
      cp /usr/share/postgresql-common/createcluster.conf "$cluster_config"
    else
      rm -f "$cluster_config"
    fi
  fi
  rm -f "$output"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# What Debian asks before it starts a service: 101 is no.
if [ ! -e "$policy" ]; then
  made_policy=yes
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
if [ ! -e "$cluster_config" ]; then
  made_cluster_config=yes
  mkdir -p "${cluster_config%/*}"
  printf 'create_main_cluster = false\n' >"$cluster_config"
fi

apt() {
  if ! DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300 "$@" \
    >"$output" 2>&1 </dev/null; then
    cat "$output" >&2
    return 1
  fi
}

apt update
apt install -y --no-install-recommends "$@"

# With systemd they would start with the next boot.
if command -v systemctl >/dev/null 2>&1; then
  for package in "$@"; do
    case "$package" in
      postgresql | pgbouncer | haproxy | redis-server) systemctl disable --quiet "$package" >/dev/null 2>&1 || true ;;
    esac
  done
fi
