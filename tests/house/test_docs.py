"""The docs: whatever is public has its heading, every example runs, every link leads somewhere.

In a page, a block marked ``file=NAME`` is a file of the folder that the page's commands run in,
or with ``diff`` a change in it;
``python`` blocks share one module; ``no-run`` marks a signature, which must be the real one; in what
a ``console`` block shows, ``...`` stands for what differs from run to run.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import Enum
from importlib.machinery import SourceFileLoader
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.testing import CliRunner

import onestory
from onestory import channel, errors, testing
from onestory.intake import Message
from onestory.model import spelled
from onestory.office.cli import app
from onestory.office.http import Serving, make_app

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "onestory"
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
WRITTEN = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
WIDTH = "88"  # the columns of what a page shows
UNLIMITED = 2**62  # numbers from here on mean "always", "never" and the like

HOST = re.compile(r"\w+://(?=\w)|\b[\w-]+\.(?:com|org|net|io|dev|eu)\b|\blocalhost\b")
VOCABULARIES = {"schema.org"}  # the name of a vocabulary, which happens to be that of a host
MACHINE = re.compile(r"(?<![\w./}])/(?:home|root|work|Users|tmp)/\w")
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")

WORDS = """company, party, system, people, entity, subject, fact, key, alias, message, reader,
claim, dossier, ledger, entry, valid, known, authority, follower, agreement, standing,
contradiction, declared difference, remedy, repair, step, ability, hand over, telling, promise,
case, refusal, story, channel, line, server, office, set aside, incident, watching, armed, terms"""


# Reading pages


class Block(NamedTuple):
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    @property
    def file(self) -> str:
        """The name of the file that the block is, or nothing."""
        return next((m.removeprefix("file=") for m in self.marks if m.startswith("file=")), "")


def read(page: Path) -> tuple[str, list[Block]]:
    """Tell what a page says from what it shows."""
    prose: list[str] = []
    blocks: list[Block] = []
    fence: list[str] | None = None
    info, start = "", 0
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        if line.startswith("```") and fence is None:
            fence, info, start = [], line.removeprefix("```"), number
        elif line.startswith("```") and fence is not None:
            language, *marks = info.split() or [""]
            blocks.append(Block(page, start, language, tuple(marks), "\n".join(fence) + "\n"))
            fence = None
        elif fence is not None:
            fence.append(line)
        else:
            prose.append(line)
    assert fence is None, f"{page.name}:{start}: this fence is never closed"
    return "\n".join(prose), blocks


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


# What there is to tell


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
PUBLIC = {
    name: getattr(room, name) for room in (onestory, channel, testing) for name in room.__all__
}
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


def routes() -> dict[str, list[str]]:
    """Every route of an office by HTTP, with the parameters of its query."""
    company = onestory.Company("Acme")
    with onestory.open(company, "sqlite://") as office:
        paths = make_app(Serving(office)).openapi()["paths"]
    return {
        f"{method.upper()} {path}": [
            parameter["name"]
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query"
        ]
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


ROUTES = routes()


def jobs() -> set[str]:
    """Every job of the script `do`."""
    loader = SourceFileLoader("do", str(ROOT / "do"))
    spec = importlib.util.spec_from_loader("do", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return set(module.JOBS)


# Whatever is public has its heading


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


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_has_a_heading_and_tells_its_parameters(route: str) -> None:
    """Whatever can be asked by HTTP is told, with every parameter that it takes."""
    assert route in SECTIONS, f"write a heading `{route}` in docs/reference/http.md"
    untold = [name for name in ROUTES[route] if f"`{name}`" not in SECTIONS[route]]
    assert untold == [], f"{route} does not tell these parameters"


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


# Signatures are the real ones


class Raw(str):
    """Text that is shown as it stands."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def real_signature(thing: Any) -> str:
    """The signature of something that can be called, as one writes it."""
    found = inspect.signature(thing)
    named = vars(sys.modules[thing.__module__])

    def written(value: object) -> Raw:
        if inspect.isclass(value):
            return Raw(value.__name__)
        if inspect.isfunction(value):
            return Raw("..." if value.__name__ == "<lambda>" else value.__name__)
        if isinstance(value, Enum):
            return Raw(value)
        if isinstance(value, tuple):
            return Raw(repr(tuple(map(written, value))))
        constants = (name for name, known in named.items() if known is value and name.isupper())
        return Raw(next(constants, repr(value)))

    parameters = [
        p.replace(
            annotation=Raw(p.annotation) if p.annotation is not p.empty else p.empty,
            default=p.default if p.default is p.empty else written(p.default),
        )
        for p in found.parameters.values()
        if p.name not in {"self", "cls"}
    ]
    gives = Raw(found.return_annotation)
    empty = inspect.isclass(thing) or found.return_annotation is inspect.Signature.empty
    return str(
        inspect.Signature(parameters, return_annotation=inspect.Signature.empty if empty else gives)
    )


def parsed(signature: str) -> ast.FunctionDef:
    """A signature as a function that does nothing."""
    (function,) = ast.parse(f"def _{signature.strip()}: ...").body
    assert isinstance(function, ast.FunctionDef)
    return function


def same_signature(told: str, real: str) -> bool:
    """Whether two signatures are one; ``...`` is told for a default that says nothing."""
    one, other = parsed(told), parsed(real)
    for mine, theirs in (
        (one.args.defaults, other.args.defaults),
        (one.args.kw_defaults, other.args.kw_defaults),
    ):
        for place, default in enumerate(mine):
            silent = isinstance(default, ast.Constant) and default.value is ...
            if silent and place < len(theirs) and theirs[place] is not None:
                mine[place] = theirs[place]  # type: ignore[assignment]
    return ast.dump(one) == ast.dump(other)


SIGNATURES = [
    block
    for page in PAGES
    for block in read(page)[1]
    if block.language == "python" and "no-run" in block.marks
]


@pytest.mark.parametrize("block", SIGNATURES, ids=lambda b: b.text.partition("(")[0])
def test_every_signature_is_the_real_one(block: Block) -> None:
    """A signature in the docs is that of the code: its names, its types, its defaults."""
    name, _, rest = block.text.partition("(")
    thing: Any = PUBLIC if name.partition(".")[0] in PUBLIC else None
    if thing is None:
        module, _, name = name.rpartition(".")
        thing = vars(importlib.import_module(module))
    first, *others = name.split(".")
    thing = thing[first]
    for other in others:
        thing = getattr(thing, other)
    real = real_signature(thing)

    assert same_signature(f"({rest}", real), f"{block.page.name}:{block.line}: it is {name}{real}"


@pytest.mark.parametrize(
    ("told", "real", "same"),
    [
        ("(a: int, *, b: str = '') -> int", "(a: int, *, b: str = '') -> int", True),
        ("(a: int = ...)", "(a: int = 7)", True),
        ("(a: int)", "(b: int)", False),
        ("(a: int)", "(a: str)", False),
        ("(a: int = 7)", "(a: int = 8)", False),
        ("(a: int = ...)", "(a: int)", False),
        ("(a: int)", "(*, a: int)", False),
        ("() -> int", "()", False),
    ],
)
def test_signatures_that_differ_are_found(told: str, real: str, *, same: bool) -> None:
    """Another name, type, default, place or result is another signature."""
    assert same_signature(told, real) is same


# Every example runs


def run(page: Path, folder: Path) -> None:
    """Run what a page shows, in order, in a folder of its own."""
    module = ModuleType(f"shown_in_{page.stem.replace('-', '_')}")
    sys.modules[module.__name__] = module
    for block in read(page)[1]:
        if block.file:
            write(folder / block.file, block)
        elif block.language == "python" and "no-run" not in block.marks:
            text = "\n" * block.line + block.text
            exec(compile(text, str(page), "exec", dont_inherit=True), vars(module))  # noqa: S102 - that is the test
        elif block.language == "console":
            for words, shown in typed(block):
                answer = type_in(words, folder)
                where = f"{page.name}:{block.line}: $ {shlex.join(words)}"
                assert matches(shown, answer), f"{where}\n{answer}"


def write(file: Path, block: Block) -> None:
    """Write the file that a block is, or change in it the lines that a block of ``diff`` shows."""
    text = block.text
    if block.language == "diff":
        was, now = ("".join(re.findall(rf"^\{sign}(.*\n)", text, re.MULTILINE)) for sign in "-+")
        text = file.read_text("utf-8")
        assert text.count(was) == 1, (
            f"{block.page.name}:{block.line}: {file.name} has no such lines"
        )
        text = text.replace(was, now)
    file.write_text(text, "utf-8")
    forget([file.stem])


def typed(block: Block) -> Iterator[tuple[list[str], str]]:
    """Give each command of a block, with what is shown below it."""
    for part in re.split(r"^\$ ", block.text.replace(" \\\n", " "), flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield shlex.split(line), shown


def type_in(words: list[str], folder: Path) -> str:
    """Do what a page says to type; what is answered."""
    if words[:2] == ["python3", "do"]:
        assert words[2] in jobs(), f"`do` knows no {words[2]}"
        if words[2] == "run":
            return run_departures(words[3:], folder)
        if words[2] != "onestory":
            return ""  # it would install, or take as long as all tests
        words = words[2:]
    assert words[0] == "onestory", f"{words[0]} cannot be run here; show it in a ```sh block"
    done = CliRunner().invoke(app, words[1:], prog_name="onestory")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def run_departures(words: list[str], folder: Path) -> str:
    """What `python3 do run` answers."""
    example = [sys.executable, str(ROOT / "examples" / "departures" / "run.py"), *words]
    paths = f"{ROOT / 'src'}:{ROOT / 'examples'}"
    env = {"PYTHONPATH": paths, "COLUMNS": WIDTH, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        example, cwd=folder, env=env, capture_output=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def matches(shown: str, answer: str) -> bool:
    """Whether an answer is what is shown; ``...`` stands for anything, and no answer for any."""
    if not shown.strip():
        return True
    lines = [line.rstrip() for line in shown.strip("\n").split("\n")]
    patterns = [
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*?") + "\n"
        for line in lines
    ]
    answered = "".join(f"{line.rstrip()}\n" for line in answer.strip("\n").split("\n"))
    return re.fullmatch("".join(patterns), answered) is not None


def forget(names: Iterable[str]) -> None:
    """Let modules be imported anew."""
    importlib.invalidate_caches()
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to run a page in, of which nothing stays imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("COLUMNS", WIDTH)
    for name in ("ONESTORY_DB", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    yield tmp_path
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    forget(name for name, file in files.items() if file and Path(file).is_relative_to(tmp_path))
    forget([name for name in files if name.startswith("shown_in_")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_runs(page: Path, folder: Path) -> None:
    """What a page shows is what happens."""
    run(page, folder)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nassert 1 + 1 == 3\n```\n",
        "```python\nundeclared\n```\n",
        "```console\n$ onestory version\nonestory 9.9.9, python ...\n```\n",
        "```console\n$ onestory verson\nonestory ...\n```\n",
        "```console\n$ python3 do rune\n```\n",
        "```console\n$ rm -r onestory.db\n```\n",
        "```python file=company.py\nacme = 1\n```\n```console\n$ onestory plan company:acme\nacme\n```\n",
    ],
)
def test_an_example_that_is_wrong_is_found(text: str, folder: Path) -> None:
    """A page whose example does not do what it shows does not pass."""
    page = folder / "wrong.md"
    page.write_text(text)

    with pytest.raises((AssertionError, NameError)):
        run(page, folder)


# Every link leads somewhere, and no page names a host


def dead_links(page: Path) -> Iterator[str]:
    """Give the links of a page that lead nowhere."""
    for target in LINK.findall(read(page)[0]):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if HOST.search(target) or not file.exists() or (anchor and anchor not in anchors(file)):
            yield target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as Markdown viewers make them."""
    headings = re.findall(r"^#{1,4} (.+)$", read(page)[0], re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def named_hosts(page: Path) -> Iterator[str]:
    """Give the lines of a page that name a host, or a place on one machine."""
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        for found in (*HOST.finditer(line), *MACHINE.finditer(line)):
            if found[0] not in VOCABULARIES:
                yield f"{page.name}:{number}: {line}"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Links lead to pages of this project and to headings that are there."""
    assert list(dead_links(page)) == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_host(page: Path) -> None:
    """A page holds on every machine, and without a network."""
    assert list(named_hosts(page)) == []


def test_dead_links_and_hosts_are_found(tmp_path: Path) -> None:
    """What these tests look for is found where it is."""
    page = tmp_path / "page.md"
    host = "exam" + "ple.org"
    page.write_text(f"# A b\n[no](no.md) [c](#c) [a](#a-b)\nsee {host}\n")

    assert list(dead_links(page)) == ["no.md", "#c"]
    assert len(list(named_hosts(page))) == 1


def test_the_sources_name_pages_that_are_there() -> None:
    """A file that sends its reader to the docs sends them somewhere."""
    named = {
        (path.name, page)
        for path in [*SOURCE.rglob("*.py"), ROOT / "do", ROOT / "CONTRIBUTING.md"]
        for page in re.findall(r"docs/[\w/.-]+\.md", path.read_text("utf-8"))
    }

    assert [(path, page) for path, page in named if not (ROOT / page).exists()] == []
    assert named


# What is written by hand elsewhere


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_has_its_line_in_the_changelog(name: str) -> None:
    """What comes and goes is told to those who use it."""
    assert f"`{name}`" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_test_that_contributing_shows_passes() -> None:
    """The model of a test is a test, and passes."""
    shown = next(b for b in read(ROOT / "CONTRIBUTING.md")[1] if b.language == "python")
    company = """
from onestory import Company, Entity, Fact, Key, Standing, System
from onestory.testing import Timeline
acme = Company("Acme Telecom")
contracts, billing = System("contracts", of=acme), System("billing", of=acme)
class Contract(Entity, of=acme):
    contract_no: Key[str]
    renewed_until: Fact[str] = contracts.decides(billing.follows(within="5 min"))
SPRING, SUMMER = "spring", "summer"
"""
    module = ModuleType("shown_in_contributing")
    sys.modules[module.__name__] = module
    exec(company + shown.text, vars(module))  # noqa: S102 - it is our own page

    (shows,) = (part for name, part in vars(module).items() if name.startswith("test_"))
    with testing.Timeline(module.acme) as timeline:
        shows(timeline)


# Decisions


def test_decisions_are_numbered_and_short() -> None:
    """Each record is one page: a sentence, its context, what was decided and ruled out, and what follows."""
    records = sorted((DOCS / "decisions").glob("*.md"))
    numbers = [record.name[:4] for record in records]

    assert numbers == [f"{number:04}" for number in range(1, len(records) + 1)]
    listed = re.findall(
        r"^\* \[(.+)\]\((.+)\)$", (DOCS / "decisions.md").read_text("utf-8"), re.MULTILINE
    )
    titles = [record.read_text("utf-8").partition("\n")[0].removeprefix("# ") for record in records]
    assert listed == [
        (title, f"decisions/{record.name}") for title, record in zip(titles, records, strict=True)
    ]
    for record in records:
        text = record.read_text("utf-8")
        assert text.startswith(f"# {record.name[:4]} "), f"{record.name} has no number in its title"
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Ruled out", "Consequences"], record.name
        assert text.count("\n") <= 60, f"{record.name} is over a page"
