"""Names by number: parties, entities and sets of facts, as rows refer to them."""

from __future__ import annotations

import msgspec

from .database import Connection

NOBODY = 0
"""The party of a key, which is no system's own name; and the party of what nobody declared."""


class Names:
    """Numbers of names, read once and added to; forgotten when a transaction is undone."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}
        self._shapes: dict[tuple[str, ...], int] = {}

    def party(self, connection: Connection, name: str) -> int:
        """The number of a party."""
        return self._number(connection, "parties", "insert_party", name) if name else NOBODY

    def entity(self, connection: Connection, name: str) -> int:
        """The number of an entity."""
        return self._number(connection, "entities", "insert_entity", name)

    def shape(self, connection: Connection, facts: tuple[str, ...]) -> int:
        """The number of a set of facts that a message mentions together."""
        known = self._shapes.get(facts)
        if known is None:
            text = msgspec.json.encode(facts).decode()
            known = self._shapes[facts] = self._number(connection, "shapes", "insert_shape", text)
        return known

    def forget(self) -> None:
        """Read everything anew: the transaction that added to it was undone."""
        self._numbers.clear()
        self._shapes.clear()

    def _number(self, connection: Connection, query: str, insert: str, name: str) -> int:
        numbers = self._numbers.get(query)
        if numbers is None or name not in numbers:
            numbers = {text: number for number, text in connection.rows(query)}
            self._numbers[query] = numbers
            if name not in numbers:
                numbers[name] = max(numbers.values(), default=0) + 1
                connection.run(insert, numbers[name], name)
        return numbers[name]
