#!/bin/sh
# 从备份恢复：核对校验和，写回数据库，开始新的变更流纪元，校验审计链。服务须先停止。
# Restore: check the sums, put the databases back, begin a new feed epoch, verify the audit chain. Stop the services first.
#   deploy/restore.sh /backup/20261128T010000Z [registry matching procurement feedback]
# Reads <SERVICE>_MIGRATION_DATABASE_URL (owner), <SERVICE>_DATABASE_URL, <SERVICE>_AUDIT_DATABASE_URL,
# <SERVICE>_ANCHOR_DIR and <SERVICE>_KEY_RING; databases and roles exist already (postgres-init.sh).
set -eu
backup=${1:?directory of one backup}
shift
[ $# -gt 0 ] || set -- registry matching procurement feedback
python=${PYTHON:-python3}
(cd "$backup" && sha256sum --quiet --check SHA256SUMS)
for service in "$@"; do
  upper=$(printf %s "$service" | tr '[:lower:]' '[:upper:]')
  eval "url=\${${upper}_MIGRATION_DATABASE_URL:?address of $service as its owner}"
  pg_restore --clean --if-exists --no-owner --single-transaction --exit-on-error --dbname="$url" "$backup/$service.dump"
  # Readers hold positions of the lost future: a new epoch sends each of them to the start.
  "$python" -m common.feed new-epoch "$service" > /dev/null
  # Exit code 1 names the first broken link. Entries after the backup are gone, and the anchors say so: the
  # chain is verified against the anchors of the backup, and the newer ones are kept for the auditor.
  if [ -d "$backup/anchors-$service" ]; then
    "$python" -m common.audit verify "$service" --anchor-dir "$backup/anchors-$service"
  else
    "$python" -m common.audit verify "$service"
  fi
done
