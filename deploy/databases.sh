#!/bin/sh
# Airflow's database and the ledger's, each with a role of its own. The server runs this once, on an empty volume.
set -eu

# The password in the URL of a secret.
password() {
  found=$(sed -n 's|^[a-z0-9+]*://[^:/]*:\([A-Za-z0-9_.-]*\)@.*$|\1|p' "/run/secrets/$1")
  [ -n "$found" ] || { echo "the secret $1 is no URL with a password of letters, digits and _.-" >&2; exit 1; }
  printf '%s' "$found"
}

AIRFLOW_PASSWORD=$(password metadata_url)
LEDGER_PASSWORD=$(password ledger_url)
export AIRFLOW_PASSWORD LEDGER_PASSWORD

# From the environment, for a command line can be read by others.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv airflow AIRFLOW_PASSWORD
\getenv ledger LEDGER_PASSWORD
create role airflow login password :'airflow';
create role golive_ledger login password :'ledger';
create database airflow owner airflow encoding 'UTF8' template template0;
create database golive_ledger owner golive_ledger encoding 'UTF8' template template0;
revoke all on database airflow, golive_ledger from public;
SQL
