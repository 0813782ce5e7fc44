"""Reference client of the exchange 数据交换参考客户端: pulls, keeps, proves that it is whole.

Needs nothing but Python. What it does is told in docs/exchange.md; the same client in Java and
JavaScript stands beside it.

    export LINLI_APP_KEY=portal-demo LINLI_SECRET=…
    python docs/clients/python/linli.py pull store.db https://linli.example/registry offering venue
    python docs/clients/python/linli.py prove store.db https://linli.example/registry offering venue
    python docs/clients/python/linli.py vectors docs/signing-vectors.json docs/webhook-vectors.json

`pull` brings every kind to the end. `prove` does so too, compares the digests of what is held with
those of the service, and exits with 0 when all are equal, else with 1. Who is told by webhooks asks
`verdict` first whether a message is genuine, then `effect` what to do with it.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode, urlsplit

COLUMNS = (
    *("row_guid", "cd_operation", "cd_time", "cd_batch", "data_source", "cd_area", "cd_sm3"),
    "data",
)
SCHEMA = """
CREATE TABLE IF NOT EXISTS record (kind, row_guid, cd_operation, cd_time, cd_batch, data_source,
  cd_area, cd_sm3, data, PRIMARY KEY (kind, row_guid));
CREATE TABLE IF NOT EXISTS place (kind PRIMARY KEY, cursor, batch);
"""
HEADERS = ("X-App-Key", "X-Timestamp", "X-Nonce", "X-Sign-Method", "X-Sign")
METHODS = {"HMAC-SM3", "HMAC-SHA256"}
LATER = {429, 502, 503, 504}
GONE = 410
WINDOW_MS = 5 * 60 * 1000
Cells = dict[tuple[str, str], tuple[int, str]]


# Signing 签名 -------------------------------------------------------------------------------------


def canonical(call: Mapping[str, Any]) -> str:
    """The text that is signed: seven lines."""
    digest = hashlib.new(hash_of(call["method"]), call["body"]).hexdigest()
    path = "/".join(encoded(part) for part in call["path"].split("/"))
    pairs = sorted(pair(part) for part in call["query"].split("&") if part)
    query = "&".join(f"{name}={value}" for name, value in pairs)
    who = (call["app_key"], str(call["timestamp"]), call["nonce"])
    return "\n".join((call["verb"].upper(), path, query, digest, *who))


def sign(call: Mapping[str, Any], secret: str) -> str:
    """The value of X-Sign. The text of the secret itself is the key."""
    text = canonical(call).encode()
    return hmac.new(secret.encode(), text, hash_of(call["method"])).hexdigest()


@dataclass(frozen=True)
class Hook:
    """A webhook as it was registered. Its address is signed, whatever a proxy makes of it."""

    id: str
    secret: str
    url: str


def verdict(headers: Mapping[str, str], body: bytes, hook: Hook, now_ms: int) -> str:
    """Whether a message to a webhook is "genuine", or else why it is not to be taken.

    The body is what came, byte for byte. What to do with a genuine one, `effect` tells.
    """
    app_key, at, nonce, method, told = (headers.get(name) or "" for name in HEADERS)
    if not (nonce and told and re.fullmatch("[0-9]{13}", at) and method in METHODS):
        return "unsigned"
    if app_key != hook.id:
        return "not-ours"
    if abs(now_ms - int(at)) > WINDOW_MS:
        return "stale"
    to = urlsplit(hook.url)
    call = {"verb": "POST", "path": to.path or "/", "query": to.query, "body": body}
    call |= {"method": method, "app_key": app_key, "timestamp": at, "nonce": nonce}
    is_so = hmac.compare_digest(sign(call, hook.secret).encode(), told.encode())
    return "genuine" if is_so else "forged"


def effect(message: Mapping[str, Any], course: int, held: tuple[int, int] | None) -> str:
    """What a genuine message asks for: "empty" the resource, "take" its row, or nothing: "old".

    `course` is that of the last reset that was taken, 0 before any; keep it with the resource.
    `held` is the course and the change_number with which the row was last taken, deleted or not.
    """
    at = message.get("course", 0)
    if "reset" in message:
        return "empty" if at > course else "old"
    is_old = at < course or (held is not None and (at, message["change_number"]) < held)
    return "old" if is_old else "take"


def hash_of(method: str) -> str:
    return "sm3" if method == "HMAC-SM3" else "sha256"


def encoded(part: str) -> str:
    """Decoded and encoded again: all but A-Z a-z 0-9 - . _ ~ as %XX in upper case."""
    return quote(unquote_to_bytes(part), safe="")


def pair(part: str) -> tuple[str, str]:
    name, _, value = part.replace("+", " ").partition("=")
    return encoded(name), encoded(value)


# Calls 调用 ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """An answer: its status, its headers, its bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Api:
    """Signed calls to one service. One that is busy or does not answer is asked again."""

    base: str
    app_key: str
    secret: str
    method: str = "HMAC-SM3"
    attempts: int = 8

    def get(self, path: str, **query: str | int) -> Answer:
        """Ask, and ask again when told to come later, or when the connection breaks."""
        for attempt in range(self.attempts):
            told = "1"
            with suppress(OSError, HTTPException):
                answer = self._once(path, urlencode(query, quote_via=quote))
                if answer.status not in LATER:
                    return answer
                told = answer.headers.get("Retry-After", told)
            time.sleep(min(60.0, float(told)) + attempt / 10)
        raise SystemExit(f"{self.base}{path} stays busy")

    def _once(self, path: str, query: str) -> Answer:
        """One attempt, with a timestamp and a nonce of its own."""
        call = {
            "verb": "GET",
            "path": urlsplit(self.base).path.rstrip("/") + path,
            "query": query,
            "body": b"",
            "method": self.method,
            "app_key": self.app_key,
            "timestamp": time.time_ns() // 1_000_000,
            "nonce": secrets.token_urlsafe(18),
        }
        values = (self.app_key, call["timestamp"], call["nonce"], self.method)
        signed = (*map(str, values), sign(call, self.secret))
        headers = dict(zip(HEADERS, signed, strict=True))
        address = f"{self.base.rstrip('/')}{path}" + (f"?{query}" if query else "")
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - of the operator
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310 - as above
                return Answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.headers, refusal.read())


# What is held 本地库 ------------------------------------------------------------------------------


class Store:
    """Records and places of one portal, in a file. A batch and its cursor are one transaction."""

    def __init__(self, path: str) -> None:
        self.sql = sqlite3.connect(path)
        self.sql.executescript(SCHEMA)

    def place(self, kind: str) -> tuple[str, str]:
        """The cursor to go on with, and the batch that it followed; empty at the beginning."""
        found = self.sql.execute("SELECT cursor, batch FROM place WHERE kind = ?", (kind,))
        return found.fetchone() or ("", "")

    def write(self, kind: str, rows: list[dict[str, Any]], cursor: str, batch: str) -> None:
        """Write over what is held; insert and update are alike."""
        with self.sql:
            for row in rows:
                if row["cd_operation"] == "D":
                    key = (kind, row["row_guid"])
                    self.sql.execute("DELETE FROM record WHERE kind = ? AND row_guid = ?", key)
                else:
                    values = (kind, *(row[name] for name in COLUMNS))
                    self.sql.execute(
                        "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values
                    )
            self.sql.execute("INSERT OR REPLACE INTO place VALUES (?, ?, ?)", (kind, cursor, batch))

    def forget(self, kind: str) -> None:
        """Empty a kind before it is pulled from zero."""
        with self.sql:
            self.sql.execute("DELETE FROM record WHERE kind = ?", (kind,))
            self.sql.execute("DELETE FROM place WHERE kind = ?", (kind,))

    def cells(self, kind: str, digits: int) -> Cells:
        """What is held, summed up as the service sums it up: by day and area."""
        lines: dict[tuple[str, str], list[str]] = {}
        for guid, at, area, sm3 in self.sql.execute(
            "SELECT row_guid, cd_time, cd_area, cd_sm3 FROM record WHERE kind = ?"
            " ORDER BY row_guid",
            (kind,),
        ):
            lines.setdefault((at[:10], (area or "")[:digits]), []).append(f"{guid},{sm3}\n")
        return {cell: (len(each), sm3_of("".join(each))) for cell, each in lines.items()}


def sm3_of(text: str) -> str:
    return hashlib.new("sm3", text.encode()).hexdigest()


def row_of(line: str) -> dict[str, Any]:
    """A row with the text of its record as it was sent; raises when a byte of it is not right."""
    row: dict[str, Any] = json.loads(line)
    row["data"] = line.partition('"data":')[2][:-1]
    if row["cd_operation"] != "D" and sm3_of(row["data"]) != row["cd_sm3"]:
        raise ValueError(f"{row['row_guid']} is not what its digest says")
    return row


# The work 拉取与对账 ------------------------------------------------------------------------------


def pull(api: Api, store: Store, kind: str, limit: int = 1000) -> int:
    """Everything from where the store stands to the end; how many rows that were."""
    count = 0
    while True:
        cursor, _ = store.place(kind)
        query: dict[str, str | int] = {"format": "ndjson", "limit": limit}
        answer = api.get(f"/exchange/v1/{kind}", **query | ({"cursor": cursor} if cursor else {}))
        if answer.status == GONE:  # restored, or away for too long: begin again
            store.forget(kind)
            continue
        rows = [row_of(line) for line in accepted(answer).decode().split("\n") if line]
        store.write(kind, rows, answer.headers["X-Next-Cursor"], answer.headers["X-Batch"])
        count += len(rows)
        if answer.headers["X-Has-More"] != "true":
            return count


def reconcile(api: Api, store: Store, kind: str, rounds: int = 20) -> list[str]:
    """Pull until the store stands where the service stands; the cells that differ then."""
    for _ in range(rounds):
        pull(api, store, kind)
        told = json.loads(accepted(api.get(f"/exchange/v1/{kind}/digests")))
        if told["at"] == store.place(kind)[1]:
            theirs: Cells = {(c["on"], c["area"]): (c["count"], c["sm3"]) for c in told["cells"]}
            return list(differences(store.cells(kind, told["digits"]), theirs))
        time.sleep(0.2)
    return [f"{kind}: the service never stood still"]


def differences(ours: Cells, theirs: Cells) -> Iterator[str]:
    for cell in sorted(ours.keys() | theirs.keys()):
        if ours.get(cell) != theirs.get(cell):
            yield f"{cell}: held {ours.get(cell)}, told {theirs.get(cell)}"


def accepted(answer: Answer) -> bytes:
    if answer.status != 200:
        raise SystemExit(f"{answer.status}: {answer.body.decode()}")
    return answer.body


# Command line 命令行 ------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    match arguments:
        case ["vectors", *paths] if paths:
            return max([vectors(Path(path)) for path in paths])
        case ["pull" | "prove" as command, path, base, *kinds] if kinds:
            environment = os.environ
            method = environment.get("LINLI_SIGN_METHOD", "HMAC-SM3")
            api = Api(base, environment["LINLI_APP_KEY"], environment["LINLI_SECRET"], method)
            work = proved if command == "prove" else pulled
            return max([work(api, Store(path), kind) for kind in kinds])
    is_asked = arguments in (["--help"], ["-h"])
    (sys.stdout if is_asked else sys.stderr).write(__doc__ or "")
    return 0 if is_asked else 2


def pulled(api: Api, store: Store, kind: str) -> int:
    sys.stdout.write(f"{kind} {pull(api, store, kind)} rows\n")
    return 0


def proved(api: Api, store: Store, kind: str) -> int:
    """Pull and reconcile one kind, and say so in a line; 0 when it is equal."""
    wrong = reconcile(api, store, kind)
    held = store.sql.execute("SELECT count(*) FROM record WHERE kind = ?", (kind,)).fetchone()[0]
    sys.stdout.write(f"{kind} {held} {'differs' if wrong else 'equal'}\n")
    sys.stdout.writelines(f"  {line}\n" for line in wrong)
    return int(bool(wrong))


def vectors(path: Path) -> int:
    """Check this client against published vectors: of calls, or of webhooks."""
    known = json.loads(path.read_text(encoding="utf-8"))
    wrong = [each["name"] for each in known if not holds(each)]
    sys.stdout.write(f"{len(known) - len(wrong)} of {len(known)} vectors hold\n")
    return int(bool(wrong))


def holds(vector: Mapping[str, Any]) -> bool:
    body = vector["body"].encode()
    if "effect" in vector:
        held = vector.get("held_course"), vector.get("held_number")
        found = effect(json.loads(body), vector["course"], held if None not in held else None)
        return found == str(vector["effect"])
    if "verdict" not in vector:
        call = {**vector, "body": body}
        made = (canonical(call), sign(call, vector["secret"]))
        return made == (vector["canonical"], vector["sign"])
    names = ("app_key", "timestamp", "nonce", "method", "sign")
    headers = dict(zip(HEADERS, (vector[name] for name in names), strict=True))
    hook = Hook(vector["hook"], vector["secret"], vector["url"])
    return verdict(headers, body, hook, vector["now"]) == str(vector["verdict"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
