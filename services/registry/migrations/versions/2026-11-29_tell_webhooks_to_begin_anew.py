"""Tell webhooks to begin anew where what they were told no longer leads to what stands.

Revision: 0024, after 0023.
"""

from common.migrations import courses_2026_11_29

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

upgrade = courses_2026_11_29.upgrade
downgrade = courses_2026_11_29.downgrade
