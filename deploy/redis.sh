#!/bin/sh
# Redis with the password of the secret broker_url, and its messages on disk.
set -eu
password=$(sed -n 's|^redis://default:\([A-Za-z0-9_.-]*\)@.*$|\1|p' /run/secrets/broker_url)
[ -n "$password" ] || {
  echo "the secret broker_url is not redis://default:password@host:port/0, the password of letters, digits, _.-" >&2
  exit 1
}

# Its settings come by its input, for a command line can be read by others.
exec redis-server - <<SETTINGS
port 6379
requirepass $password
dir /data
appendonly yes
maxmemory-policy noeviction
SETTINGS
