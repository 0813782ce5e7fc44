"""Tell webhooks to begin anew where what they were told no longer leads to what stands.

Revision: 0029, after 0028.
"""

from common.migrations import courses_2026_11_29

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

upgrade = courses_2026_11_29.upgrade
downgrade = courses_2026_11_29.downgrade
