"""Let the secret of a webhook be changed while its receiver takes both.

Revision: 0049, after 0048.
"""

from common.migrations import secrets_2026_11_29

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

upgrade = secrets_2026_11_29.upgrade
downgrade = secrets_2026_11_29.downgrade
