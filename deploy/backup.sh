#!/bin/sh
# 备份四个库：每个库一份 pg_dump 自定义格式，连同锚点、附件目录和校验和放进一个以时刻命名的目录。
# Back up: one pg_dump of each database, with anchors, attachments and checksums, into a directory named after the instant.
#   BACKUP_DIR=/backup deploy/backup.sh [registry matching procurement feedback]
# With METRICS_DIR, the textfile directory of node_exporter, Prometheus is told when each service's last backup ended.
# Reads <SERVICE>_MIGRATION_DATABASE_URL (owner role), <SERVICE>_ANCHOR_DIR and FEEDBACK_ATTACHMENT_DIR. The key ring is
# not backed up here: a dump beside its keys protects nobody. Keep the ring elsewhere, and keep it.
set -eu
umask 077
. "$(dirname "$0")/address.sh"
: "${BACKUP_DIR:?directory for backups}"
[ $# -gt 0 ] || set -- registry matching procurement feedback
stamp=$(date -u +%Y%m%dT%H%M%SZ)
part="$BACKUP_DIR/$stamp.part"
mkdir -p "$part"

# copied NAME DIRECTORY: a directory that the settings name is in the backup, or there is none.
copied() {
  [ -n "$2" ] || return 0
  [ -d "$2" ] || { printf '%s：%s 不是目录，没有备份 / %s is no directory, so nothing was backed up\n' "$1" "$2" "$2" >&2; exit 1; }
  mkdir -p "$part/$1"
  cp -R "$2/." "$part/$1/"
}

for service in "$@"; do
  upper=$(printf %s "$service" | tr '[:lower:]' '[:upper:]')
  eval "url=\${${upper}_MIGRATION_DATABASE_URL:?address of $service as its owner}"
  eval "anchors=\${${upper}_ANCHOR_DIR:-} attachments=\${${upper}_ATTACHMENT_DIR:-}"
  # Anchors first: what they name is in the dump that follows, so a restored chain can be held against them.
  copied "anchors-$service" "$anchors"
  reached "$url" pg_dump --format=custom --file="$part/$service.dump"
  # Attachments last: a file is written before the row that names it, so none that the dump names is missing.
  copied "attachments-$service" "$attachments"
done
(cd "$part" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)
mv "$part" "$BACKUP_DIR/$stamp"
if [ -n "${METRICS_DIR:-}" ]; then
  for service in "$@"; do
    file="$METRICS_DIR/linli_backup_$service.prom"
    printf 'linli_backup_timestamp_seconds{service="%s"} %s\n' "$service" "$(date +%s)" > "$file.part"
    chmod 644 "$file.part"
    mv "$file.part" "$file"
  done
fi
printf '%s\n' "$BACKUP_DIR/$stamp"
