"""Keys for tests of callers."""

import pytest

from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from deploy.local.environment import Secrets


@pytest.fixture(scope="session")
def keys(secrets: Secrets) -> Keys:
    return Keys.of(KeyRing.from_directory(secrets.keys))
