"""What each database role may do. In the audit log the application may fill the inbox, no more.

Three roles: the owner migrates, the application works, the chaining role moves the inbox into the
log. A fourth, for auditors with a SQL client, only reads the log.
"""

from collections.abc import Iterator

LOG_TABLES = ("audit_inbox", "audit_entry")


def grants(*, app: str, chain: str | None = None, auditor: str | None = None) -> list[str]:
    """The statements that set the rights of one database's roles; safe to repeat."""
    return [
        *_application(_quoted(app)),
        *(_chaining(_quoted(chain)) if chain and chain != app else ()),
        *(_auditing(_quoted(auditor)) if auditor else ()),
    ]


def _application(role: str) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA public TO {role}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
    for table in (*LOG_TABLES, "alembic_version"):
        yield f"REVOKE ALL ON {table} FROM {role}"
    for table in LOG_TABLES:
        yield f"REVOKE ALL ON {table} FROM PUBLIC"
    yield f"GRANT SELECT ON alembic_version TO {role}"
    yield f"GRANT INSERT ON audit_inbox TO {role}"
    yield f"REVOKE UPDATE, DELETE ON rule_change FROM {role}"  # a rule's history only grows


def _chaining(role: str) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA public TO {role}"
    yield f"REVOKE ALL ON {', '.join(LOG_TABLES)} FROM {role}"
    yield f"GRANT SELECT, DELETE ON audit_inbox TO {role}"
    yield f"GRANT SELECT, INSERT ON audit_entry TO {role}"


def _auditing(role: str) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA public TO {role}"
    yield f"REVOKE ALL ON {', '.join(LOG_TABLES)} FROM {role}"
    yield f"GRANT SELECT ON audit_entry TO {role}"


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
