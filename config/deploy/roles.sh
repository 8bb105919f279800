#!/bin/sh
# The two roles, the database and its extensions on a new PostgreSQL. The containers run it once; by hand:
#   OWNER_PASSWORD=… APP_PASSWORD=… POSTGRES_USER=postgres sh config/deploy/roles.sh
set -eu
psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres -v owner="$OWNER_PASSWORD" -v app="$APP_PASSWORD" <<'SQL'
CREATE ROLE owner LOGIN PASSWORD :'owner';
CREATE ROLE app LOGIN PASSWORD :'app';
CREATE DATABASE platform OWNER owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
\connect platform
CREATE EXTENSION postgis;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app;
ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT USAGE, SELECT ON SEQUENCES TO app;
SQL
