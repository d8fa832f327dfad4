"""Identity: what a system calls a subject, linked and unlinked with nothing lost.

While it is linked, what was said under a system's own name stands in the subject's dossier under a
speaker of its own (``billing@B-991``), so that unlinking takes out exactly that and no more. Entries
always stay with the name they were said under.
"""

from __future__ import annotations

from typing import TypeAlias

from .dossier import Dossier, Said


def speaker(party: str, name: str) -> str:
    """The speaker that a party is when it speaks of a subject by a system's own name for it.

    Args:
        party: Who speaks.
        name: The system and its name for the subject, as ``alias_name`` writes them.
    """
    return f"{party}@{name}"


def alias_name(system: str, key: str) -> str:
    """A system's own name for a subject, told from the same name in another system."""
    return f"{system}:{key}"


Marks: TypeAlias = dict[str, dict[str, tuple[int, int]]]
"""The sequence of what is said, and when it was last heard, by speaker and fact: repeats leave no entry,
so that nothing else tells."""


def marks_of(target: Dossier, alias: Dossier, name: str) -> Marks:
    """The marks of all that is said of a subject, and under a name that is linked to it."""
    words = {own: target.speaker(own) for own in target.speakers()}
    words |= {speaker(party, name): alias.speaker(party) for party in alias.speakers()}
    return {
        own: {fact: said.mark(fact) for fact in said.values}
        for own, said in words.items()
        if said is not None
    }


def take_in(target: Dossier, alias: Dossier, name: str) -> None:
    """Move what was said under a name into the dossier of the subject it means."""
    for party in alias.speakers():
        said = alias.speaker(party)
        if said is not None:
            _put(target, party, name, said)
    target.heard += alias.heard
    alias.said, alias.gaps, alias.waiting, alias.wake = {}, {}, [], None


def take_out(target: Dossier, alias: Dossier, name: str) -> None:
    """Move what was said under a name back into its own dossier."""
    for party, speakers in list(target.aliases.items()):
        own = speaker(party, name)
        if own in speakers:
            said = target.speaker(own)
            del target.said[own]
            speakers.remove(own)
            if not speakers:
                del target.aliases[party]
            if own in target.waiting:
                target.waiting.remove(own)
            if said is not None:
                alias.put(party, said)
                if said.timed:
                    alias.waiting.append(party)


def _put(target: Dossier, party: str, name: str, said: Said) -> None:
    own = speaker(party, name)
    target.put(own, said)
    speakers = target.aliases.setdefault(party, [])
    if own not in speakers:
        speakers.append(own)
    if said.timed:
        target.waiting.append(own)
