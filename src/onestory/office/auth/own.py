"""What concerns oneself: a customer's own subjects, what a system itself says."""

from __future__ import annotations

from ...errors import NoRight, NoSuchName
from ...model import Channel, DeclaredEntity, Entity
from ..office import Office
from ..opened import Person
from .caller import Caller
from .rights import Right


def refuse_others_subject(
    office: Office, caller: Caller, right: Right, entity: type[Entity], key: str | tuple[str, ...]
) -> None:
    """Refuse a caller with ``OWN`` a subject that is not theirs.

    One that nobody ever spoke of is refused in the same words, so that nobody learns which there are.

    Raises:
        NoRight: It does not concern them.
    """
    if right is Right.ALL:
        return
    if not _concerns(office, caller, entity, key):
        raise NoRight(
            "This does not concern you.",
            where=entity.__name__,
            fix="Ask about what is yours.",
        )


def may_be_pushed(
    office: Office,
    caller: Caller,
    right: Right,
    entity: type[Entity],
    key: str | tuple[str, ...],
) -> bool:
    """Whether an event about a subject may be pushed to whoever listens.

    Args:
        office: The open office.
        caller: Who listens.
        right: What the row of the event gives them.
        entity: The subject's entity.
        key: Its key.
    """
    if right is Right.OWN:
        return _concerns(office, caller, entity, key)
    return right is Right.ALL


def is_for_customers(office: Office, channel: str) -> bool:
    """Whether customers may be told by a channel: by one that says what it ``shows=``.

    One that shows everything is for those who answer them.

    Raises:
        NoSuchName: There is no such channel.
    """
    return office.company.find(Channel, channel).shows is not None


def person_of(office: Office, caller: Caller) -> Person | None:
    """The person of the company that a customer's account is."""
    if caller.person is None:
        return None
    name, key = caller.person
    declared = {one.name: one.kind for one in office.company.declared(DeclaredEntity)}
    return (declared[name], key) if name in declared else None


def others_message(caller: Caller, right: Right, source: str) -> NoRight | None:
    """The refusal of a message that a system sends in another's name; None if it may be heard."""
    if right is Right.ALL or (right is Right.OWN and source and source == caller.system):
        return None
    return NoRight(
        f"The key of {caller.system or 'no system'} may not speak for {source or 'nobody'}.",
        where=source,
        fix=f"Send it with the key of {source}, or name {caller.system} as its source."
        if caller.system
        else "Send it with the key of its source.",
    )


def _concerns(
    office: Office, caller: Caller, entity: type[Entity], key: str | tuple[str, ...]
) -> bool:
    person = person_of(office, caller)
    try:
        return person is not None and office.concerns(entity, key, person)
    except NoSuchName:
        return False
