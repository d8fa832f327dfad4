"""What a word from outside names: an entity, a fact, a key, a subject."""

from __future__ import annotations

from typing import Any

from ..errors import ValueMisfit
from ..model import Company, DeclaredEntity, Fact, key_parts, no_such


def entity_of(company: Company, name: str) -> DeclaredEntity:
    """The entity of a company that has this name.

    Raises:
        NoSuchName: There is none; the error names the nearest one.
    """
    entities = {entity.name: entity for entity in company.declared(DeclaredEntity)}
    if name not in entities:
        raise no_such("entity", name, list(entities), company.name)
    return entities[name]


def key_of(entity: DeclaredEntity, text: str) -> tuple[str, ...]:
    """The parts of a key, written with a ``/`` between them.

    Raises:
        ValueMisfit: It has another number of parts than the entity declares.
    """
    parts = key_parts(text, parts=len(entity.key_parts))
    if len(parts) != len(entity.key_parts):
        raise ValueMisfit(
            f"{text!r} is not a key of {entity.name}.",
            where=entity.where,
            fix=f"Write {'/'.join(entity.key_parts)}.",
        )
    return parts


def fact_of(company: Company, path: str) -> Fact[Any]:
    """The fact of a company that is written ``Contract.renewed_until``.

    Raises:
        NoSuchName: There is none; the error names the nearest one.
    """
    facts = {
        fact.path: fact for kind in company.declared(DeclaredEntity) for fact in kind.facts.values()
    }
    if path not in facts:
        raise no_such("fact", path, list(facts), company.name)
    return facts[path]


def subject_of(company: Company, words: str) -> tuple[DeclaredEntity, tuple[str, ...]]:
    """The entity and the key that are written ``Customer/K-7``.

    Raises:
        NoSuchName: There is no such entity.
        ValueMisfit: The key has another number of parts than the entity declares.
    """
    name, _, key = words.partition("/")
    entity = entity_of(company, name)
    return entity, key_of(entity, key)
