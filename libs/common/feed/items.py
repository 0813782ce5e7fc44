"""The RPDE item as it is kept and sent, and the record's JSON cut out of it again. Pure."""

from uuid import UUID


def item_json(kind: str, record_id: UUID, number: int, data: bytes | None) -> bytes:
    """The item, ready to be sent: pages only join items. Without data it is a tombstone."""
    start = f'"kind":"{kind}","id":"{record_id}","modified":{number}'
    if data is None:
        return f'{{"state":"deleted",{start}}}'.encode()
    return b'{"state":"updated",%b,"data":%b}' % (start.encode(), data)


def data_of(kind: str, record_id: UUID, number: int, body: bytes) -> bytes:
    """The JSON of `data` in an item that is no tombstone."""
    return body[len(item_json(kind, record_id, number, b"")) - 1 : -1]
