"""The reference: whatever is public has its heading there, and each word its row in the glossary."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from onestory import errors
from onestory.intake import Message
from onestory.model import spelled
from onestory.office.cli import app

from .pages import DOCS, PUBLIC, ROOT, SOURCE, jobs

UNLIMITED = 2**62  # numbers from here on mean "always", "never" and the like

WORDS = """company, party, system, people, entity, subject, fact, key, alias, message, reader,
claim, dossier, ledger, entry, valid, known, authority, follower, agreement, standing,
contradiction, declared difference, remedy, repair, step, ability, hand over, telling, promise,
case, refusal, story, channel, line, server, office, set aside, incident, watching, armed, terms"""


def sections() -> dict[str, str]:
    """Everything that a heading of the reference names in code, with what stands under it."""
    found: dict[str, str] = {}
    for page in (DOCS / "reference.md", *sorted((DOCS / "reference").rglob("*.md"))):
        parts = re.split(r"^(#{1,4} .+)$", page.read_text("utf-8"), flags=re.MULTILINE)
        for heading, text in zip(parts[1::2], parts[2::2], strict=True):
            for code in re.findall(r"`([^`]+)`", heading):
                name = f"table {code}" if "The table" in heading else code
                assert name not in found, f"{page.name}: {name} has a heading already"
                found[name] = text
    return found


SECTIONS = sections()


def commands(group: TyperGroup, words: str = "onestory") -> Iterator[tuple[str, TyperCommand]]:
    """Give every command that can be typed, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{words} {name}")
        elif isinstance(command, TyperCommand):
            yield f"{words} {name}", command


def the_door() -> TyperGroup:
    """The command line, as one tree."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


COMMANDS = dict(commands(the_door()))

ERRORS = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, errors.OnestoryError)
}


def parts_of(kind: type[Any]) -> Iterator[str]:
    """Give the public fields, methods and properties of a class, those of its bases too."""
    yield from getattr(kind, "__dataclass_fields__", ())
    yield from getattr(kind, "__struct_fields__", ())
    yield from getattr(kind, "_fields", ())
    for base in kind.__mro__:
        for name, part in vars(base).items() if base.__module__.startswith("onestory") else ():
            shown = inspect.isfunction(part) or isinstance(part, property | classmethod)
            if shown and not name.startswith("_"):
                yield name


class Limit(NamedTuple):
    """A named number or duration of the sources, as one writes it."""

    module: str
    name: str
    written: str


def limits() -> Iterator[Limit]:
    """Give every named number of the sources that has its reason below it."""
    for path in sorted(SOURCE.rglob("*.py")):
        body = ast.parse(path.read_text("utf-8")).body
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for line, reason in pairwise(body):
            if isinstance(line, ast.Assign) and isinstance(reason, ast.Expr):
                name = ast.unparse(line.targets[0])
                if name.isidentifier() and name.isupper() and not name.startswith("_"):
                    value = getattr(importlib.import_module(f"onestory.{module}"), name)
                    if written := written_limit(value):
                        yield Limit(module, name, written)


def written_limit(value: object) -> str:
    """A number or a duration as one writes it; nothing for what limits nothing."""
    if isinstance(value, timedelta):
        return spelled(value)
    if isinstance(value, str) and re.fullmatch(r"\d+ (ms|s|min|h|d)", value):
        return value
    if isinstance(value, int | float) and 0 < value < UNLIMITED:
        return f"{value:,}"
    return ""


def environment() -> set[str]:
    """Every variable that the sources, `do` or the tests ask the environment for."""
    asked = {p.envvar for c in COMMANDS.values() for p in c.params if isinstance(p.envvar, str)}
    for path in [*SOURCE.rglob("*.py"), ROOT / "do", *(ROOT / "tests").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name: ast.expr | None = None
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.environ.get":
                name = node.args[0]
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                name = node.slice
            if isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) == "os.environ":
                name = node.left
            if isinstance(name, ast.Constant):
                asked.add(str(name.value))
    return asked


def tables() -> set[str]:
    """Every table of the ledger."""
    files = [*(SOURCE / "ledger").rglob("*.sql"), SOURCE / "ledger" / "sqlite.py"]
    text = "\n".join(file.read_text("utf-8") for file in files)
    return set(re.findall(r"create table (?:if not exists )?(\w+)", text))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_has_a_heading(name: str) -> None:
    """Whatever may be imported is found in the reference, with each of its parts."""
    assert name in SECTIONS, f"write a heading `{name}` in docs/reference/"
    thing = PUBLIC[name]
    if inspect.isfunction(thing):
        assert "```python no-run" in SECTIONS[name], f"show the signature of {name}"
    for part in parts_of(thing) if inspect.isclass(thing) else ():
        told = f"{name}.{part}" in SECTIONS or re.search(rf"`{part}\b", SECTIONS[name])
        assert told, f"tell what {name}.{part} is, under the heading `{name}`"


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_every_error_has_a_heading_and_tells_its_code(name: str) -> None:
    """Whoever meets an error finds it, by its name and by its code."""
    assert name in SECTIONS, f"write a heading `{name}` in docs/reference/errors.md"
    assert f"`{ERRORS[name].code}`" in SECTIONS[name], f"{name} does not tell its code"


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_every_command_has_a_heading_and_tells_its_options(words: str) -> None:
    """Whatever can be typed is told, with every option that it takes."""
    assert words in SECTIONS, f"write a heading `{words}` in docs/reference/commands.md"
    for parameter in COMMANDS[words].params:
        if isinstance(parameter, TyperOption):
            untold = [o for o in parameter.opts if not re.search(f"`{o}\\b", SECTIONS[words])]
            assert untold == [], f"{words} does not tell these options"


def test_every_job_of_do_has_a_heading() -> None:
    """Whatever the script `do` can be asked is told, too."""
    assert [job for job in jobs() if f"python3 do {job}" not in SECTIONS] == []


@pytest.mark.parametrize("limit", list(limits()), ids=lambda limit: f"{limit.module}.{limit.name}")
def test_every_limit_has_a_heading_and_tells_its_value(limit: Limit) -> None:
    """A number that somebody chose is told, so that nobody is surprised by it."""
    assert limit.name in SECTIONS, f"write a heading `{limit.name}` in docs/reference/limits.md"
    assert f"**{limit.written}**" in SECTIONS[limit.name], "tell its value, in bold"


def test_every_variable_of_the_environment_has_a_heading() -> None:
    """Nothing is asked of the environment in secret."""
    asked = environment()

    assert asked - SECTIONS.keys() == set()
    assert {"ONESTORY_DB", "COLUMNS", "HYPOTHESIS_PROFILE"} <= asked


def test_every_table_of_the_ledger_has_a_heading() -> None:
    """Whoever opens the file of a ledger finds what each table is for."""
    assert [name for name in sorted(tables()) if f"table {name}" not in SECTIONS] == []
    assert {"entry", "subject", "migration"} <= tables()


def test_every_attribute_of_a_message_is_told() -> None:
    """What a system sends is told, attribute by attribute."""
    told = SECTIONS["Message"]

    assert [name for name in Message.__struct_fields__ if f"`{name}`" not in told] == []


def test_the_glossary_holds_every_word() -> None:
    """Each word of the design has its row, and no row is there twice."""
    text = (DOCS / "glossary.md").read_text("utf-8")
    rows = [word.strip() for row in re.findall(r"^\| \*\*(.+?)\*\* \|", text, re.MULTILINE)
            for word in row.split(",")]  # fmt: skip

    assert {" ".join(word.split()) for word in WORDS.split(",")} - set(rows) == set()
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_has_its_line_in_the_changelog(name: str) -> None:
    """What comes and goes is told to those who use it."""
    assert f"`{name}`" in (ROOT / "CHANGELOG.md").read_text("utf-8")
