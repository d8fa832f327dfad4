"""Opening a company on a ledger: its terms are compared with those the ledger knows."""

from __future__ import annotations

from ..agreement import Agreements
from ..clock import Clock, WallClock, aware
from ..errors import DeclarationError, TermsRefused
from ..intake import Reader
from ..ledger import Ledger, open_database
from ..ledger.database import Database
from ..model import (
    Change,
    Company,
    DeclaredEntity,
    Pull,
    Terms,
    check_contact,
    check_pulls,
    plan,
    policy_of,
    terms_of,
)
from .office import Office
from .tasks import queue_new_terms, renamed_facts


def open(  # noqa: A001 - onestory.open() is what one opens a company with
    company: Company,
    address: str = "sqlite:///onestory.db",
    *,
    clock: Clock | None = None,
    database: Database | None = None,
) -> Office:
    """Open a company's office on its ledger.

    Args:
        company: The company; it takes no more declarations after this.
        address: The ledger: ``sqlite:///acme.db`` for a file here, ``sqlite://`` for memory.
        clock: What tells the time; the wall clock, if left out.
        database: The ledger's database itself, instead of an address: a simulator's own.

    Raises:
        TermsRefused: The ledger knows other terms, and cannot follow the change.
        OtherCompany: The ledger holds another company.
        ImpossibleTime: The clock tells a time without a zone.
        LedgerError: The ledger cannot be opened.
        DeclarationError: The company's declarations cannot be true.
    """
    check(company)
    clock = clock or WallClock()
    aware(clock.now())
    database = open_database(address) if database is None else database
    try:
        ledger = Ledger(database, company.name, clock)
        terms_so_far = _agree_on_terms(ledger, company)
        ledger.opened_with = len(terms_so_far)
        office = Office(company, ledger, Agreements(company, terms_so_far))
        if not database.read_only:
            office.catch_up()
            office.try_again()
            office.tick()
    except BaseException:
        database.close()
        raise
    return office


def check(company: Company) -> None:
    """Check what can be seen only of a whole company; it takes no more declarations after this.

    Raises:
        DeclarationError: The company's declarations cannot be true.
    """
    policy_of(company)
    check_contact(company)
    check_pulls(company)
    _check_readers(company)
    company.close_declarations()
    Agreements(company)


def _check_readers(company: Company) -> None:
    """Check that somebody reads what is pulled."""
    readers = {(reader.party.name, reader.type) for reader in company.declared(Reader)}
    for pull in company.declared(Pull):
        if pull.type and (pull.system.name, pull.type) not in readers:
            types = ", ".join(sorted(kind for name, kind in readers if name == pull.system.name))
            raise DeclarationError(
                f"{pull.name} is pulled, and nobody reads {pull.type!r} from {pull.system.name}.",
                where=pull.where,
                fix=f"It has readers for {types}." if types else "Declare one with @reads.",
            )


def _agree_on_terms(ledger: Ledger, company: Company) -> list[tuple[int, Terms]]:
    """Let the ledger know the company's terms; every set of terms it knows then."""
    terms = terms_of(company)
    while True:
        history = ledger.terms()
        changes = plan(history[-1][1] if history else None, terms)
        _refuse([change for change in changes if not change.safe], company)
        if history and history[-1][1] == terms:
            return history
        with ledger.batch() as batch:
            # Another process may have been quicker, before this one held the lock: compare again.
            if batch.terms == len(history):
                ledger.keep_terms(batch, terms)
                if history:
                    renamed = renamed_facts(company.declared(DeclaredEntity), history[-1][1])
                    queue_new_terms(batch, terms, renamed)


def _refuse(unsafe: list[Change], company: Company) -> None:
    if unsafe:
        raise TermsRefused(
            "; ".join(f"{change.about} {change.sentence}" for change in unsafe),
            where=company.where,
            fix="`onestory plan` shows every change and what it would do.",
        )


def planned(company: Company, address: str) -> list[Change]:
    """What opening a company on a ledger would change. Nothing is written.

    Raises:
        OtherCompany: The ledger holds another company.
        LedgerError: There is no ledger at the address.
    """
    database = open_database(f"{address}{'&' if '?' in address else '?'}mode=ro")
    try:
        history = Ledger(database, company.name, WallClock()).terms()
    finally:
        database.close()
    return plan(history[-1][1] if history else None, terms_of(company))
