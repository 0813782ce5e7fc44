"""Let the secret of a webhook be changed while its receiver takes both.

Revision: 0029, after 0028.
"""

from common.migrations import secrets_2026_11_29

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

upgrade = secrets_2026_11_29.upgrade
downgrade = secrets_2026_11_29.downgrade
