"""Tables of the feedback service: those of its own rooms; every service's stand in `common`."""

from common.db import service_metadata

metadata = service_metadata()
