"""Offerings found in memory: each process holds an index that follows the database.

`asked` of `common.text` says what must occur, `postings` where it does, `shelf` filters, orders and
counts, `following` keeps it level with the database, `documents` holds the answers as rendered.
"""
