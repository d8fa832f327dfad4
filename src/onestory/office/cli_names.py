"""What a word on the command line names: a company, a ledger, a moment."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import traceback
from datetime import datetime, tzinfo
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import typer

from ..errors import DeclarationError, NoSuchName, NotALedger, OnestoryError
from ..ledger.opening import missing
from ..model import Company, zone_of

_FILE = "sqlite:///"


def company_of(words: str) -> Company:
    """The company that ``module:name`` names, imported from here or from where Python looks.

    Raises:
        NoSuchName: There is no such module, or it holds no company by that name.
        DeclarationError: The module cannot be imported as it stands.
    """
    module_name, colon, name = words.partition(":")
    if not colon or not name or not module_name or "/" in module_name:
        raise NoSuchName(
            f"{words!r} does not say which company is meant.",
            fix=f"Write module:name, as in {_guess(module_name)}:{name or 'acme'}.",
        )
    module = _imported(module_name, words)
    company: object = module
    for part in name.split("."):
        company = getattr(company, part, None)
    if isinstance(company, Company):
        return company
    known = [name for name, value in vars(module).items() if isinstance(value, Company)]
    if known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0) or known
        fix = f"Write {module_name}:{near[0]}."
    elif hasattr(module, "__path__") and find_spec(f"{module_name}.company"):
        fix = f"Write {module_name}.company:{name}."
    else:
        fix = f'Declare one there:  {name} = onestory.Company("...")'
    where = getattr(module, "__file__", None) or module_name
    raise NoSuchName(f"{module_name} has no company named {name!r}.", where=where, fix=fix)


def address_of(words: str) -> str:
    """The address of a ledger, which may be named by its file alone."""
    return words if "://" in words else _FILE + words


def existing(words: str) -> str:
    """The address of a ledger that is there; a question must not make an empty one.

    Raises:
        NotALedger: The file does not exist.
    """
    address = address_of(words)
    if not is_there(address):
        raise NotALedger(
            "There is no ledger here yet.",
            where=missing(address) or str(_file_of(address)),
            fix="Name another with --db, or let `onestory hear` make it.",
        )
    return address


def is_there(address: str) -> bool:
    """Whether a ledger has its file, or its schema on a server; one in memory is taken to be there."""
    file = _file_of(address)
    return missing(address) is None if file is None else file.exists()


def moment_of(option: str, written: str | None, zone: tzinfo) -> datetime | None:
    """A moment in ISO 8601; without an offset it is in the zone that times are shown in.

    Raises:
        BadParameter: It is not a time.
    """
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise typer.BadParameter(
            f"{written!r} is not a time. Write 2027-01-05T09:00, or 2027-01-05T09:00+01:00.",
            param_hint=option,
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def zone_named(name: str | None, usual: tzinfo) -> tzinfo:
    """A time zone by its name; the usual one, if none is named.

    Raises:
        BadParameter: There is no such zone.
    """
    try:
        return usual if name is None else zone_of(name)
    except DeclarationError as error:
        raise typer.BadParameter(f"{error.what} {error.fix}", param_hint="--zone") from error


def _imported(module_name: str, words: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module_name)
    except OnestoryError:
        raise
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module_name != missing and not module_name.startswith(f"{missing}."):
            raise DeclarationError(
                f"{module_name} imports {missing}, which is not installed here.",
                where=_place(error),
                fix="Install it, or start onestory with the Python that has it.",
            ) from error
        path = missing.replace(".", "/")
        raise NoSuchName(
            f"There is no module {missing!r}.",
            where=words,
            fix=f"Start in the folder that holds {path}.py or {path}/; this is {here}.",
        ) from error
    except Exception as error:
        # A company.py is the company's own code: whatever it raises is told with its line.
        raise DeclarationError(
            f"{module_name} cannot be imported: {type(error).__name__}: {error}",
            where=_place(error),
            fix="Mend that line; nothing was opened.",
        ) from error


def _place(error: BaseException) -> str:
    """The line of the company's own code that raised."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if not frame.filename.startswith("<frozen")]
    return f"{ours[-1].filename}:{ours[-1].lineno}" if ours else ""


def _guess(module_name: str) -> str:
    """A module's name for what may be the path of its file."""
    path = module_name.removesuffix(".py").strip("./").replace(os.sep, "/")
    return path.replace("/", ".") or "company"


def _file_of(address: str) -> Path | None:
    path = address.removeprefix(_FILE).partition("?")[0]
    return Path(path) if address.startswith(_FILE) and path else None
