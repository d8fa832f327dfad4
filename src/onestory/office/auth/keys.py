"""Keys of programs: made once, shown once, kept as a hash; one speaks for a system or has roles."""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from collections.abc import Iterable, Sequence

from ...clock import MICROSECOND
from ...errors import NoSuchName, NotAllowed
from ...ledger import Ledger, ProgramKey
from ...model import Company, System
from ...model.durations import duration
from .accounts import CUSTOMER, SYSTEM
from .caller import Caller
from .secret import digest_of, new_secret

KEY_REMEMBERED = "5 s"
"""How long a process remembers a key that it looked up: what is revoked is refused everywhere after that.
Hearing would read the database for every request otherwise."""

KEYS_REMEMBERED = 1_000
"""Keys that a process remembers at once: a company has some dozens of systems."""

_KEY = re.compile(r"os_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


class Keys:
    """The keys of one ledger.

    Args:
        ledger: The ledger.
        company: The company whose systems keys speak for.
        roles: The roles there are.
    """

    def __init__(self, ledger: Ledger, company: Company, roles: Iterable[str]) -> None:
        self._ledger, self._company = ledger, company
        self.roles = tuple(role for role in roles if role not in (SYSTEM, CUSTOMER))
        self._lock = threading.Lock()
        self._remembered: dict[bytes, tuple[int, Caller]] = {}

    def add(
        self, *, by: str, system: str = "", roles: Sequence[str] = (), request: str = ""
    ) -> str:
        """Make a key; the whole of it, which is told only now.

        Args:
            by: Who makes it.
            system: The system that it speaks for.
            roles: Its roles, where it speaks for none.
            request: The id of the request.

        Raises:
            NoSuchName: The company has no such system, or there is no such role.
            NotAllowed: It would speak for a system and have roles, or neither.
        """
        systems = sorted(one.name for one in self._company.declared(System))
        for kind, word, known in (
            ("system", system, systems),
            *(("role for keys", role, self.roles) for role in roles),
        ):
            if word and word not in known:
                raise NoSuchName(
                    f"There is no {kind} {word!r}.", fix=f"Choose from {', '.join(known)}."
                )
        if bool(system) == bool(roles):
            raise NotAllowed(
                "A key speaks for one system, or has roles of its own.",
                fix="Name the system, or one or more roles.",
            )
        name = secrets.token_hex(6)
        secret = f"os_{name}_{new_secret()}"
        may = tuple(roles) or (SYSTEM,)
        with self._ledger.changing_sign_in() as sign_in:
            sign_in.add_key(ProgramKey(name, digest_of(secret), system, may, sign_in.now, by))
            became = {"system": system} if system else {"roles": list(roles)}
            sign_in.audit.add("key made", name, by=by, request=request, became=became)
        return secret

    def revoke(self, name: str, *, by: str, request: str = "") -> None:
        """Take a key back. Processes that remember it refuse it within ``KEY_REMEMBERED``.

        Raises:
            NoSuchName: There is no such key, or it was revoked before.
        """
        with self._ledger.changing_sign_in() as sign_in:
            if not sign_in.revoke_key(name):
                raise NoSuchName(
                    f"There is no key {name!r} that is still good.",
                    fix="`onestory key list` shows those there are; a key's id is its middle part.",
                )
            sign_in.audit.add("key revoked", name, by=by, request=request)
        with self._lock:
            self._remembered.clear()

    def page(self, after: str = "", limit: int = 500) -> list[ProgramKey]:
        """A page of keys, in the order of their ids."""
        with self._ledger.reading_sign_in() as sign_in:
            return sign_in.keys(after, limit)

    def still(self, caller: Caller) -> Caller | None:
        """The caller, unless the key was revoked meanwhile."""
        with self._ledger.reading_sign_in() as sign_in:
            key = sign_in.key(caller.name)
        return caller if key is not None and key.revoked is None else None

    def remembered(self, secret: str) -> Caller | None:
        """Whose key it is, if it was looked up a moment ago."""
        known = self._remembered.get(digest_of(secret))
        if known is None:
            return None
        since, caller = known
        fresh = 0 <= self._ledger.now() - since < duration(KEY_REMEMBERED) // MICROSECOND
        return caller if fresh else None

    def caller(self, secret: str) -> Caller | None:
        """Whose key it is, if it is good."""
        parts = _KEY.fullmatch(secret)
        if parts is None:
            return None
        with self._ledger.reading_sign_in() as sign_in:
            key, now = sign_in.key(parts[1]), sign_in.now
        digest = digest_of(secret)
        if key is None or not hmac.compare_digest(key.digest, digest) or key.revoked is not None:
            return None
        caller = Caller("key", key.id, frozenset(key.roles), key.system)
        with self._lock:
            if len(self._remembered) >= KEYS_REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[digest] = now, caller
        return caller
