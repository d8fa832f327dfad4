"""Webhooks: what a system pushes, signed; each is a message of that system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from ..clock import moment
from ..errors import DeclarationError, MessageError, NotAMessage
from ..model import System, here
from .message import UNDECODABLE, Arrived, Unreadable, batch, message, structured, why_undecodable
from .signed import Signed

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = re.compile(r"\$(\.[A-Za-z0-9_-]+)+")
_loose = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How the webhooks of one system are read.

    Args:
        system: Who pushes them.
        secrets: The environment variable that holds what they are signed with.
        type: The type of message: where it stands in a body, like ``$.type``, or the type itself.
        sequence: Where the system's own number stands in a body; empty if it has none.
        where: Where this is declared.
    """

    system: System
    secrets: str
    type: str
    sequence: str
    where: str

    @property
    def name(self) -> str:
        """The system's name: it has one way to push."""
        return self.system.name

    def read(self, signed: Signed, body: bytes) -> list[Arrived]:
        """The messages that a signed body is: CloudEvents, or one message known by the webhook's id.

        Only what is signed decides how it is read, and no header beside it.
        """
        try:
            found = _loose.decode(body)
        except UNDECODABLE as error:
            why = why_undecodable(error)
            reason = NotAMessage(f"The webhook is not JSON: {why}.", fix="Push application/json.")
            return [self._unreadable(signed, body, reason)]
        if _is_event(found):
            return [structured(body)]
        if isinstance(found, list) and found and all(map(_is_event, found)):
            return list(batch(body))
        try:
            return [self._message(signed, body, found)]
        except MessageError as error:
            return [self._unreadable(signed, body, error)]

    def _message(self, signed: Signed, body: bytes, found: Any) -> Arrived:
        kind = _at(self.type, found) if _PATH.fullmatch(self.type) else self.type
        if not isinstance(kind, str) or not kind:
            raise NotAMessage(
                f"The webhook has no type at {self.type}.",
                where=f"webhooks of {self.name}, declared at {self.where}",
                fix="Name where the type stands in the body, or the type itself.",
            )
        number = _at(self.sequence, found) if self.sequence else None
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | str)):
            raise NotAMessage(
                f"The webhook has no number at {self.sequence}.",
                where=f"webhooks of {self.name}, declared at {self.where}",
                fix="Name where a whole number stands in the body, or leave sequence= out.",
            )
        # A number written as a text is read as one, too, as it is in a CloudEvent.
        at = moment(signed.timestamp * 1_000_000)
        return message(
            self.name,
            kind,
            msgspec.Raw(body),
            id=signed.id,
            time=at,
            sequence=cast("int | None", number),
        )

    def _unreadable(self, signed: Signed, body: bytes, reason: MessageError) -> Unreadable:
        return Unreadable(body, reason, self.name, signed.id)


def webhooks(system: System, *, secrets: str, type: str, sequence: str = "") -> None:  # noqa: A002 - as in CloudEvents
    """Declare that a system pushes what happens, signed as Standard Webhooks says.

    The office hears them at ``POST /webhooks/{system}``, verified before a byte of them is read. A body
    that is a CloudEvent, or a list of these, is heard as such. Any other JSON is one message whose id is
    ``webhook-id`` and whose data is the body; a reader declared with ``reads(system, type)`` gets it.

    Args:
        system: Who pushes.
        secrets: The name of the environment variable that holds the secret, written as ``whsec_`` and
            base64; several with spaces between, while the secret changes.
        type: Where the type of message stands in a body, like ``$.type``, or the type itself.
        sequence: Where the system's own number stands in a body, like ``$.version``, if it has one.

    Raises:
        DeclarationError: No variable or no type is named, or the secret itself is written there.
        DeclaredTwice: The system pushes already.
    """
    if not _VARIABLE.fullmatch(secrets) or secrets.startswith("whsec_"):
        raise DeclarationError(
            "secrets= is not the name of an environment variable.",
            where=here(),
            fix='Write secrets="SHOP_WEBHOOK_SECRET", and give the office that variable: a secret '
            "stands in no file of the company.",
        )
    if not type or (type.startswith("$") and not _PATH.fullmatch(type)):
        raise DeclarationError(
            f"{type!r} says of no webhook which type it is.",
            where=here(),
            fix='Write type="$.type" for what stands there in each body, or type="order.changed" for all.',
        )
    if sequence and not _PATH.fullmatch(sequence):
        raise DeclarationError(
            f"{sequence!r} is no place in a body.", where=here(), fix='Write sequence="$.version".'
        )
    system.company.add(Webhooks(system, secrets, type, sequence, here()))


def _is_event(found: Any) -> bool:
    return isinstance(found, dict) and "specversion" in found


def _at(path: str, found: Any) -> Any:
    """What stands at a path, or None."""
    for name in path.split(".")[1:]:
        found = found.get(name) if isinstance(found, dict) else None
    return found
