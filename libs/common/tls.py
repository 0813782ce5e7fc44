"""Whom we trust when we call others over TLS: read once, not by each client anew.

To read the list of authorities takes a core a tenth of a second, and a process has tens of clients.
"""

import ssl
from functools import cache

import httpx


@cache
def trusted(*, is_told: bool = True) -> ssl.SSLContext:
    """The authorities of this installation; `is_told`: also by SSL_CERT_FILE, SSL_CERT_DIR."""
    return httpx.create_ssl_context(trust_env=is_told)
