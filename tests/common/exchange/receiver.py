"""A receiver that follows the documented rules: the sample client's `effect`, and a table."""

from collections.abc import Mapping
from typing import Any

from tests.portal_clients import by_name


class Receiver:
    """What a portal holds of one resource after the messages that it was sent."""

    def __init__(self) -> None:
        self.effect = by_name()["effect"]
        self.course = 0
        self.taken: dict[str, tuple[int, int]] = {}
        self.held: dict[str, Any] = {}

    def take(self, *messages: Mapping[str, Any]) -> None:
        """Do with each message what it asks for."""
        for message in messages:
            guid = message["row_guid"]
            match self.effect(message, self.course, self.taken.get(guid)):
                case "empty":
                    self.course = message["course"]
                    self.taken.clear()
                    self.held.clear()
                case "take":
                    self.taken[guid] = message["course"], message["change_number"]
                    self.held[guid] = message["data"]
                    if message["cd_operation"] == "D":
                        del self.held[guid]
