#!/bin/sh
# Run once by the database's image, when its volume is empty: a user who may read the journal and nothing else.
set -eu
psql --set=ON_ERROR_STOP=1 --set=word="$(cat "${READER_PASSWORD_FILE:-/run/secrets/reader_password}")" \
  --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE reader LOGIN PASSWORD :'word' CONNECTION LIMIT 8;
GRANT pg_read_all_data TO reader;
ALTER ROLE reader SET default_transaction_read_only = on;
ALTER ROLE reader SET statement_timeout = '30s';
SQL
