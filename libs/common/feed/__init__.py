"""The change feed: state marked in the writer's transaction, numbered after commit.

`tables` what is stored; `marking` the writer's side; `step` and `numbering` the single leader;
`epoch` and `anchor` what makes a restore visible; `pages` and `server` the RPDE 1.1 face; `wake`
the long poll; `client` and `consumer` the reader's side. Decision: docs/decisions/0004.
"""

from common.feed.kinds import FeedKind as FeedKind
from common.feed.marking import mark as mark
from common.feed.marking import mark_many as mark_many
