"""Commands that say who may ask: accounts, keys, and what was changed of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ..clock import WallClock, moment
from ..ledger import Ledger, open_database
from ..model import Company, key_text
from .cli_names import address_of, company_of, existing
from .cli_options import LEDGER, After, AsJson, CompanyName, Db, Limit, shown
from .naming import entity_of, key_of
from .opening import check

if TYPE_CHECKING:
    from .auth.accounts import Accounts
    from .auth.keys import Keys

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="What they sign in with.")]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="ROLE", help="A role; may be given again.", show_default=False),
]
By = Annotated[str, typer.Option("--by", metavar="WHO", help="Who says so; it is kept.")]
PersonName = Annotated[
    str,
    typer.Option(
        "--person",
        metavar="ENTITY/KEY",
        help="Who a customer is: Customer/K-7.",
        show_default=False,
    ),
]

NAMELESS = "command line"
"""Who does it where nobody is named."""


def add_account(
    company: CompanyName,
    login: Login,
    *,
    role: Roles = None,
    person: PersonName = "",
    by: By = NAMELESS,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Make an account, the first one too: it is asked for a password, and there is none by default.

    A program writes the password to standard input, on a line of its own.
    """
    here = company_of(company)
    show = shown(as_json=as_json)
    who = _person(here, person)
    with _ledger(here, db, fresh=True) as ledger:
        accounts = _accounts(ledger, here)
        accounts.add(login, _password(), roles=role or [], person=who, by=by)
        show.listed("accounts", [_account(ledger, login)])


def list_accounts(
    company: CompanyName, *, limit: Limit = 500, db: Db = LEDGER, as_json: AsJson = False
) -> None:
    """List the accounts, and whether each may still be used."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with _ledger(here, db) as ledger:
        page = _accounts(ledger, here).page(limit=limit)
        show.listed("accounts", [_account(ledger, account.login) for account in page])


def disable_account(
    company: CompanyName,
    login: Login,
    *,
    again: Annotated[bool, typer.Option("--again", help="Let it be used again.")] = False,
    by: By = NAMELESS,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Let an account be used no more; its sessions end at once."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with _ledger(here, db) as ledger:
        _accounts(ledger, here).disable(login, by=by, again=again)
        show.listed("accounts", [_account(ledger, login)])


def change_password(
    company: CompanyName,
    login: Login,
    *,
    by: By = NAMELESS,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Give an account another password; its sessions end at once."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with _ledger(here, db) as ledger:
        _accounts(ledger, here).set_password(login, _password(), by=by)
        show.listed("accounts", [_account(ledger, login)])


def change_roles(
    company: CompanyName,
    login: Login,
    *,
    role: Roles = None,
    person: PersonName = "",
    by: By = NAMELESS,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Give an account other roles instead of those it has; they hold from its next request on."""
    here = company_of(company)
    show = shown(as_json=as_json)
    who = _person(here, person)
    with _ledger(here, db) as ledger:
        _accounts(ledger, here).set_roles(login, role or [], person=who, by=by)
        show.listed("accounts", [_account(ledger, login)])


def add_key(
    company: CompanyName,
    system: Annotated[
        str, typer.Argument(metavar="SYSTEM", help="Whom it speaks for.", show_default=False)
    ] = "",
    *,
    role: Roles = None,
    by: By = NAMELESS,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Make a key for a program, and show it once: it is not kept, only its hash."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with _ledger(here, db, fresh=True) as ledger:
        key = _keys(ledger, here).add(by=by, system=system, roles=role or [])
    show.secret("key", key, "It is not shown again. Send it as  Authorization: Bearer KEY")


def list_keys(
    company: CompanyName, *, limit: Limit = 500, db: Db = LEDGER, as_json: AsJson = False
) -> None:
    """List the keys by their ids, and whether each may still be used."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with _ledger(here, db) as ledger:
        rows = [
            {
                "key": key.id,
                "system": key.system,
                "roles": list(key.roles),
                "made": moment(key.made),
                "by": key.by,
                "revoked": None if key.revoked is None else moment(key.revoked),
            }
            for key in _keys(ledger, here).page(limit=limit)
        ]
        show.listed("keys", rows)


def revoke_key(
    company: CompanyName,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its id, which is no secret.")],
    *,
    by: By = NAMELESS,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Take a key back; every process refuses it within five seconds."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with _ledger(here, db) as ledger:
        _keys(ledger, here).revoke(key, by=by)
    show.listed("revoked", [{"key": key}])


def audit(
    company: CompanyName,
    *,
    after: After = 0,
    limit: Limit = 50,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Show who came in, and who changed accounts and keys; exit code 1 if a line was changed since."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with _ledger(here, db) as ledger, ledger.reading_sign_in() as sign_in:
        findings = list(sign_in.audit.findings())
        show.listed("audit", [line.shown for line in sign_in.audit.page(after, limit)])
    if findings:
        show.listed("findings", [finding._asdict() for finding in findings])
        raise typer.Exit(1)


@contextmanager
def _ledger(company: Company, db: str, *, fresh: bool = False) -> Iterator[Ledger]:
    """The company's ledger alone: who may ask can be said before any office was opened."""
    check(company)
    database = open_database(address_of(db) if fresh else existing(db))
    try:
        yield Ledger(database, company.name, WallClock())
    finally:
        database.close()


def _accounts(ledger: Ledger, company: Company) -> Accounts:
    from .auth.accounts import Accounts  # noqa: PLC0415 - no other command waits for a web server to load
    from .auth.passwords import Passwords  # noqa: PLC0415 - as above
    from .auth.rights import Rights  # noqa: PLC0415 - as above

    return Accounts(ledger, company, Passwords(), Rights.load().roles)


def _keys(ledger: Ledger, company: Company) -> Keys:
    from .auth.keys import Keys  # noqa: PLC0415 - as above
    from .auth.rights import Rights  # noqa: PLC0415 - as above

    return Keys(ledger, company, Rights.load().roles)


def _account(ledger: Ledger, login: str) -> dict[str, object]:
    with ledger.reading_sign_in() as sign_in:
        account = sign_in.account(login.strip())
    assert account is not None
    return {
        "login": account.login,
        "roles": list(account.roles),
        "person": f"{account.entity}/{account.key}" if account.entity else "",
        "provider": account.provider,
        "made": moment(account.made),
        "disabled": None if account.disabled is None else moment(account.disabled),
    }


def _person(company: Company, words: str) -> tuple[str, str] | None:
    if not words:
        return None
    name, _, key = words.partition("/")
    entity = entity_of(company, name)
    return name, key_text(entity.kind, key_of(entity, key))


def _password() -> str:
    """What is typed, unseen, twice; or a line of standard input. Never a word of the command line."""
    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")
