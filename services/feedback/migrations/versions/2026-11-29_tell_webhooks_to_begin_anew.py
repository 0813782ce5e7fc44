"""Tell webhooks to begin anew where what they were told no longer leads to what stands.

Revision: 0041, after 0040.
"""

from common.migrations import courses_2026_11_29

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

upgrade = courses_2026_11_29.upgrade
downgrade = courses_2026_11_29.downgrade
