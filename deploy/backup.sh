#!/bin/sh
# 备份四个库：每个库一份 pg_dump 自定义格式，连同锚点和校验和放进一个以时刻命名的目录。
# Back up: one pg_dump of each database, with the anchors and checksums, into a directory named after the instant.
#   BACKUP_DIR=/backup deploy/backup.sh [registry matching procurement feedback]
# With METRICS_DIR, the textfile directory of node_exporter, Prometheus is told when each service's last backup ended.
# Reads <SERVICE>_MIGRATION_DATABASE_URL (owner role) and <SERVICE>_ANCHOR_DIR. The key ring is not backed up here:
# a dump beside its keys protects nobody. Keep the ring elsewhere, and keep it.
set -eu
umask 077
: "${BACKUP_DIR:?directory for backups}"
[ $# -gt 0 ] || set -- registry matching procurement feedback
stamp=$(date -u +%Y%m%dT%H%M%SZ)
part="$BACKUP_DIR/$stamp.part"
mkdir -p "$part"
for service in "$@"; do
  upper=$(printf %s "$service" | tr '[:lower:]' '[:upper:]')
  eval "url=\${${upper}_MIGRATION_DATABASE_URL:?address of $service as its owner}"
  eval "anchors=\${${upper}_ANCHOR_DIR:-}"
  # Anchors first: what they name is in the dump that follows, so a restored chain can be held against them.
  if [ -n "$anchors" ] && [ -d "$anchors" ]; then
    mkdir -p "$part/anchors-$service"
    cp -R "$anchors/." "$part/anchors-$service/"
  fi
  pg_dump --format=custom --file="$part/$service.dump" --dbname="$url"
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
