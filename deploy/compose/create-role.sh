#!/bin/bash
# PostgreSQL's image runs this once, on an empty volume: the gateway comes as an ordinary role that owns its database only.
set -euo pipefail
psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --set=password="$(cat /run/secrets/database_password)" <<'SQL'
CREATE ROLE gateway LOGIN PASSWORD :'password';
CREATE DATABASE gateway OWNER gateway;
SQL
