"""The journal: what is gathered is written in order, and a key stands for one request for ever."""

from __future__ import annotations

import msgspec

from onestory.ledger.journal import ATTEMPTED, MADE, Journal, StepRow
from onestory.testing import Timeline

from .acme import acme

STEP = StepRow(
    1, 1, "SetEndDate", "billing", "[]", "a-1-1", ATTEMPTED, 1, 0, 5, 0, 0, None, "", None
)


def test_a_key_that_was_used_for_another_request_is_told() -> None:
    """The same key with the same parameters is the same request; with others it is a mistake."""
    replace = msgspec.structs.replace
    with Timeline(acme().company) as timeline, timeline.office.ledger.batch() as batch:
        journal = Journal(batch.connection)
        other = replace(STEP, params='["C-2"]')

        assert journal.use_keys([STEP]) == set()
        assert journal.use_keys([STEP, replace(STEP, key="a-2-1")]) == set()
        assert journal.use_keys([other]) == {"a-1-1"}
        assert journal.use_keys([replace(other, taken=1)]) == set()


def test_what_is_gathered_last_of_a_step_is_written() -> None:
    """A step that is marked and done in one commit is there once, as it ended."""
    with Timeline(acme().company) as timeline, timeline.office.ledger.batch() as batch:
        journal = Journal(batch.connection)
        journal.keep_step(STEP)
        done = msgspec.structs.replace(STEP, state=MADE)
        journal.keep_step(done)
        assert journal.steps([1]) == {}
        journal.write()

        assert journal.steps([1]) == {1: [done]}
