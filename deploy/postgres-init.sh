#!/bin/sh
# 新建数据库与角色：每个服务一个库、三个角色，口令各不相同。
# Databases and roles on a new PostgreSQL: for each service an owner (migrates), an app (serves) and an audit role
# (chains). Passwords come from REGISTRY_OWNER_PASSWORD, REGISTRY_APP_PASSWORD, REGISTRY_AUDIT_PASSWORD and so on.
set -eu
# From 17 on PostgreSQL brings its own UTF-8 rules; before that those of the C library serve.
if [ "$(psql -U "${POSTGRES_USER:-postgres}" -d postgres -Atc 'SHOW server_version_num')" -ge 170000 ]; then
  locale="LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
else
  locale="LOCALE 'C.UTF-8'"
fi
for service in registry matching procurement feedback; do
  upper=$(printf %s "$service" | tr '[:lower:]' '[:upper:]')
  for role in OWNER APP AUDIT; do
    eval "$role=\${${upper}_${role}_PASSWORD:?password of a role of $service}"
  done
  # Passwords by the environment: arguments can be read by every user of the machine.
  export OWNER APP AUDIT
  psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres -v locale="$locale" \
    -v service="$service" -v owner="${service}_owner" -v app="${service}_app" -v audit="${service}_audit" <<'SQL'
\getenv owner_password OWNER
\getenv app_password APP
\getenv audit_password AUDIT
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"app" LOGIN PASSWORD :'app_password';
CREATE ROLE :"audit" LOGIN PASSWORD :'audit_password';
CREATE DATABASE :"service" OWNER :"owner" TEMPLATE template0 ENCODING 'UTF8' :locale;
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"service" TO :"app", :"audit";
\connect :service
ALTER SCHEMA public OWNER TO :"owner";
GRANT USAGE ON SCHEMA public TO :"app", :"audit";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE, SELECT ON SEQUENCES TO :"app";
SQL
done
