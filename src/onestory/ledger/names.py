"""Names by number: parties, entities and sets of facts, as rows refer to them."""

from __future__ import annotations

import msgspec

from .database import Connection

NOBODY = 0
"""The party of a key, which is no system's own name; and the party of what nobody declared."""


class Names:
    """Numbers of names, read once and added to; forgotten when a transaction is undone."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Read everything anew: the transaction that added to it was undone."""
        self._parties: dict[str, int] = {"": NOBODY}
        self._entities: dict[str, int] = {}
        self._texts: dict[str, int] = {}
        self._shapes: dict[tuple[str, ...], int] = {}

    def party(self, connection: Connection, name: str) -> int:
        """The number of a party."""
        known = self._parties.get(name)
        return _number(connection, "party", self._parties, name) if known is None else known

    def entity(self, connection: Connection, name: str) -> int:
        """The number of an entity."""
        known = self._entities.get(name)
        return _number(connection, "entity", self._entities, name) if known is None else known

    def shape(self, connection: Connection, facts: tuple[str, ...]) -> int:
        """The number of a set of facts that a message mentions together."""
        known = self._shapes.get(facts)
        if known is None:
            text = msgspec.json.encode(facts).decode()
            known = self._texts.get(text) or _number(connection, "shape", self._texts, text)
            self._shapes[facts] = known
        return known


_TABLES = {"party": "parties", "entity": "entities", "shape": "shapes"}


def _number(connection: Connection, kind: str, known: dict[str, int], name: str) -> int:
    """The number of a name that is not known yet: read with all others, or given to it now."""
    known |= {text: number for number, text in connection.rows(_TABLES[kind])}
    number = known.get(name)
    if number is None:
        number = known[name] = max(known.values(), default=0) + 1
        connection.run(f"insert_{kind}", number, name)
    return number
