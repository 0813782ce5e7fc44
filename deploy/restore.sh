#!/bin/sh
# 从备份恢复：核对校验和，写回清空后的数据库，开始新的变更流纪元，校验审计链，换回备份的锚点与附件。服务须先停止。
# Restore: check the sums, put the databases back into an emptied schema, begin a new feed epoch, verify the audit chain,
# put anchors and attachments back. Stop the services first: while one of them is connected nothing is touched, unless
# EVEN_IF_CONNECTED=yes says that these are idle connections of a pooler.
#   deploy/restore.sh /backup/20261128T010000Z [registry matching procurement feedback]
# Reads <SERVICE>_MIGRATION_DATABASE_URL (owner), <SERVICE>_DATABASE_URL, <SERVICE>_AUDIT_DATABASE_URL,
# <SERVICE>_ANCHOR_DIR, <SERVICE>_KEY_RING and FEEDBACK_ATTACHMENT_DIR; databases and roles exist already (postgres-init.sh).
# Start the release of the backup, or migrate before you start a newer one.
set -eu
backup=${1:?directory of one backup}
shift
[ $# -gt 0 ] || set -- registry matching procurement feedback
python=${PYTHON:-python3}
. "$(dirname "$0")/address.sh"
(cd "$backup" && sha256sum --quiet --check SHA256SUMS)

# put_back URL DUMP: all of it or nothing. What a later migration has made is not in the dump, so the schema goes first.
put_back() {
  told=$({
    printf 'BEGIN;\nSET LOCAL client_min_messages = warning;\nDROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\nGRANT USAGE ON SCHEMA public TO PUBLIC;\n'
    pg_restore --no-owner --file=- "$2" && printf '\nCOMMIT;\n\\echo restored\n'
  } | reached "$1" psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --output=/dev/null)
  [ "$told" = restored ] || { printf '%s 没有写回，数据库未动 / was not put back; nothing was touched\n' "$2" >&2; exit 1; }
}

# connected ADDRESS: whose connections there are beside this one. Superusers and who watches figures (pg_monitor) do no
# work of a service; PostgreSQL's own processes have no role.
connected() {
  reached "$1" psql --quiet --no-psqlrc --no-align --tuples-only --set=ON_ERROR_STOP=1 --command="
    SELECT string_agg(usename || ' ' || number, ', ') FROM (
      SELECT usename, count(*) AS number FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT pg_has_role(usesysid, 'pg_monitor', 'MEMBER')
      GROUP BY usename ORDER BY usename) AS role"
}

# stopped SERVICE ADDRESS: nobody works in a service's database. What has just been stopped takes a moment to go.
stopped() {
  for _ in 1 2 3 4 5; do
    who_is=$(connected "$2") || exit 1
    [ -n "$who_is" ] || return 0
    sleep 1
  done
  {
    printf '%s：仍有连接（%s），什么也没有动。先停服务；确知只是连接池留下的空闲连接，设 EVEN_IF_CONNECTED=yes / ' "$1" "$who_is"
    printf 'still connected: %s; nothing was touched. Stop the services, or, where you know that a pooler keeps idle ' "$who_is"
    printf 'connections, set EVEN_IF_CONNECTED=yes\n'
    exit 1
  } >&2
}

# All of them before any is touched: half a city in the past would be the worst.
for service in "$@"; do
  upper=$(printf %s "$service" | tr '[:lower:]' '[:upper:]')
  eval "url=\${${upper}_MIGRATION_DATABASE_URL:?address of $service as its owner}"
  [ "${EVEN_IF_CONNECTED:-}" = yes ] || stopped "$service" "$url"
done

for service in "$@"; do
  upper=$(printf %s "$service" | tr '[:lower:]' '[:upper:]')
  eval "url=\${${upper}_MIGRATION_DATABASE_URL:?address of $service as its owner}"
  eval "anchors=\${${upper}_ANCHOR_DIR:-} attachments=\${${upper}_ATTACHMENT_DIR:-}"
  saved="$backup/anchors-$service"
  put_back "$url" "$backup/$service.dump"
  # Readers hold positions of the lost future: a new epoch sends each of them to the start.
  "$python" -m common.feed new-epoch "$service" > /dev/null
  # Exit code 1 names the first broken link. The chain is held against the anchors of the backup, for the live ones name
  # entries that are gone; they are kept beside as …before-<instant>, and the log says which.
  "$python" -m common.audit verify "$service" --anchor-dir "$saved"
  [ -z "$anchors" ] || "$python" -m common.audit restored "$service" --backup "$saved" --by "${USER:-restore}"
  if [ -d "$backup/attachments-$service" ]; then
    : "${attachments:?the backup holds attachments of $service: name their directory}"
    mkdir -p "$attachments"
    cp -R "$backup/attachments-$service/." "$attachments/"
  fi
done
