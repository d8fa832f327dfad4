"""The house rules that no linter knows. Each message says what to write instead."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("src", "tests", "examples", "benchmarks", "docs", "lock", ".ci")
AT_THE_TOP = ("*", ".gitignore", ".gitattributes")
TEXT = {"", ".css", ".html", ".js", ".json", ".md", ".py", ".pyi", ".sql", ".toml", ".txt", ".yml"}

LINES_PER_FILE = 400  # what a reader can hold; a longer file owns more than one thing
LINES_PER_FUNCTION = 60  # one screen
VAGUE = {"base", "common", "core", "helper", "helpers", "lib", "manager", "misc", "shared"}
VAGUE |= {"stuff", "tools", "types", "util", "utils"}

CLOCK = PurePath("src/onestory/clock.py")
ASKS_THE_TIME = {"datetime.date.today", "time.time", "time.time_ns"}
ASKS_THE_TIME |= {f"datetime.datetime.{name}" for name in ("now", "today", "utcnow")}
MEASURES_TIME = {
    f"time.{name}{unit}" for name in ("monotonic", "perf_counter") for unit in ("", "_ns")
}
SQL_TIME = re.compile(r"\bcurrent_(date|time|timestamp)\b|\bnow\s*\(|'now'", re.IGNORECASE)

# Written in pieces, so that this file keeps its own rules.
MACHINE = re.compile(r"(?<![\w./}])/(?:home|root|work|Users)/\w")
HOST = re.compile(r"\w+://|--(?:extra-)?index-url|--find-links|--trusted-host")


def untidy(path: PurePath, text: str) -> Iterator[str]:
    """Name every breach of a house rule in one file, its path given from the project's folder."""
    yield from _named(path)
    yield from _portable(path, text)
    if path.suffix == ".sql":
        yield from _sql_asks_no_time(path, text)
    if path.suffix == ".py" or path.name == "do":
        tree = ast.parse(text)
        yield from _introduced(path, text, tree)
        yield from _short(path, text, tree)
        yield from _asks_no_time(path, tree)
        yield from _quiet(path, tree)
        yield from _sql_by_name(path, tree)


def _named(path: PurePath) -> Iterator[str]:
    for part in [*path.parts[:-1], path.stem]:
        if part in VAGUE:
            yield f"{path}: {part} says nothing; name the thing that it owns"
    if path.name == "uv.lock":
        yield f"{path}: names an index; delete it and pin with `python3 do lock`"


def _portable(path: PurePath, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if MACHINE.search(line):
            yield f"{path}:{number}: a path of one machine; write it from the project's folder"
        if path.parts[0] == "lock" and HOST.search(line):
            yield f"{path}:{number}: names a host; write the lock anew with `python3 do lock`"


def _sql_asks_no_time(path: PurePath, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if SQL_TIME.search(line.partition("--")[0]):
            yield f"{path}:{number}: SQL asks the time; pass it in as a parameter, `:now`"


def _introduced(path: PurePath, text: str, tree: ast.Module) -> Iterator[str]:
    first = 2 if text.startswith("#!") else 1
    if not (ast.get_docstring(tree) and tree.body[0].lineno == first):
        yield f"{path}: no first line; open with a docstring that says in one sentence what it owns"


def _short(path: PurePath, text: str, tree: ast.Module) -> Iterator[str]:
    if path.parts[0] == "src" and text.count("\n") > LINES_PER_FILE:
        yield f"{path}: over {LINES_PER_FILE} lines; split it by what its parts own"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LINES_PER_FUNCTION:
                over = f"{node.name} is over {LINES_PER_FUNCTION} lines"
                yield f"{path}:{node.lineno}: {over}; give its steps names of their own"


def _asks_no_time(path: PurePath, tree: ast.Module) -> Iterator[str]:
    if path == CLOCK:
        return
    may_measure = path.parts[0] in {"benchmarks", "do"}
    for line, name in _full_names(tree):
        if name in ASKS_THE_TIME:
            yield f"{path}:{line}: {name} asks the time; take `now` as an argument, or a Clock"
        if name in MEASURES_TIME and not may_measure:
            yield f"{path}:{line}: {name} measures time; measure in benchmarks, or take a Clock"


def _quiet(path: PurePath, tree: ast.Module) -> Iterator[str]:
    speaks = path.parts[:3] == ("src", "onestory", "office") and path.parts[3].startswith("cli")
    if path.parts[0] != "src" or speaks:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            yield f"{path}:{node.lineno}: print; return it, and let office/cli say it"


def _sql_by_name(path: PurePath, tree: ast.Module) -> Iterator[str]:
    if path.parts[0] != "src":
        return
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        sql = node.args[0]
        if isinstance(sql, ast.Name):
            sql = named.get(sql.id, sql)
        if node.func.attr.startswith("execute") and _is_put_together(sql):
            yield (
                f"{path}:{node.lineno}: SQL put together from strings; "
                "name the statement in a .sql file and pass parameters"
            )


def _is_put_together(text: ast.expr) -> bool:
    if isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute):
        return text.func.attr in {"format", "join", "replace"}
    return isinstance(text, ast.JoinedStr | ast.BinOp)


def _full_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give every dotted name with its line, written as if nothing had been imported under it."""
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.asname: name.name for name in node.names if name.asname}
        if isinstance(node, ast.ImportFrom) and not node.level:
            imported |= {n.asname or n.name: f"{node.module}.{n.name}" for n in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            head, dot, rest = ast.unparse(node).partition(".")
            yield node.lineno, imported.get(head, head) + dot + rest


def files() -> Iterator[Path]:
    """Give every file that a clone would hold; what tools leave behind is hidden or a cache."""
    for pattern in AT_THE_TOP:
        yield from (path for path in ROOT.glob(pattern) if path.is_file())
    for place in PLACES:
        for path in (ROOT / place).rglob("*"):
            parts = path.relative_to(ROOT / place).parts
            hidden = any(part.startswith((".", "__pycache__")) for part in parts)
            if path.is_file() and not hidden:
                yield path


def test_the_house_is_tidy() -> None:
    """Every file keeps the house rules."""
    breaches = [
        breach
        for path in sorted(set(files()))
        for breach in untidy(
            path.relative_to(ROOT), path.read_text("utf-8") if path.suffix in TEXT else ""
        )
    ]
    assert breaches == []


LONG_FUNCTION = '"""Owns."""\ndef f():\n' + "    1\n" * LINES_PER_FUNCTION


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("src/onestory/utils.py", '"""Owns."""', "name the thing that it owns"),
        ("src/onestory/common/price.py", '"""Owns."""', "name the thing that it owns"),
        ("uv.lock", "", "pin with `python3 do lock`"),
        ("lock/run.txt", "--index-url x", "names a host"),
        ("lock/run.txt", "rich @ https" + "://example.org/rich.whl", "names a host"),
        ("docs/start.md", "run /" + "home/ann/onestory", "write it from the project's folder"),
        ("tests/test_a.py", '"""Owns."""\nHERE = "/' + 'root/x"', "write it from the project's"),
        ("src/onestory/ledger/queries.sql", "select datetime('now')", "pass it in"),
        ("src/onestory/ledger/queries.sql", "values (CURRENT_TIMESTAMP)", "pass it in"),
        ("src/onestory/model/fact.py", "", "says in one sentence what it owns"),
        ("src/onestory/model/fact.py", '# Ours.\n"""Owns."""', "says in one sentence what it owns"),
        (
            "src/onestory/model/fact.py",
            '"""Owns."""' + "\n" * 401,
            "split it by what its parts own",
        ),
        ("do", LONG_FUNCTION, "give its steps names of their own"),
        ("do", LONG_FUNCTION.replace("def", "async def"), "give its steps names of their own"),
        ("src/onestory/model/fact.py", '"""Owns."""\nprint(1)', "let office/cli say it"),
    ],
)
def test_each_rule_can_be_broken(path: str, text: str, says: str) -> None:
    """A rule that nothing can break checks nothing, so each is broken here once."""
    breaches = list(untidy(PurePath(path), text))

    assert len(breaches) == 1
    assert says in breaches[0]


@pytest.mark.parametrize(
    "line",
    [
        "import datetime; datetime.datetime.now()",
        "from datetime import datetime; datetime.now(UTC)",
        "from datetime import datetime as moment; moment.utcnow()",
        "import datetime as dt; dt.date.today()",
        "import time; time.time()",
        "from time import time_ns as stamp; stamp()",
        "import time; field(default_factory=time.time)",
        "import time; time.monotonic()",
        "from time import perf_counter; perf_counter()",
    ],
)
def test_only_the_clock_asks_the_time(line: str) -> None:
    """However it is imported, asking the time is seen, everywhere but in clock.py."""
    text = f'"""Owns."""\n{line}'

    assert len(list(untidy(PurePath("src/onestory/ledger/ledger.py"), text))) == 1
    assert list(untidy(CLOCK, text)) == []


def test_benchmarks_measure_but_do_not_ask() -> None:
    """How long something took is a benchmark's business; what time it is is not."""
    measures = '"""Owns."""\nimport time\ntime.perf_counter()'
    asks = '"""Owns."""\nimport time\ntime.time()'

    assert list(untidy(PurePath("benchmarks/ingest.py"), measures)) == []
    assert len(list(untidy(PurePath("benchmarks/ingest.py"), asks))) == 1


@pytest.mark.parametrize(
    "call",
    [
        'db.execute(f"select {column}")',
        'db.execute("select %s" % column)',
        'db.execute("select " + column)',
        'db.execute("select {}".format(column))',
        'db.executemany(" ".join(words), rows)',
        "sql = f'drop table {name}'\ndb.executescript(sql)",
    ],
)
def test_sql_comes_by_name(call: str) -> None:
    """No statement is put together from strings, not even one line before it is executed."""
    breaches = list(untidy(PurePath("src/onestory/ledger/sqlite.py"), f'"""Owns."""\n{call}'))

    assert len(breaches) == 1
    assert "name the statement in a .sql file" in breaches[0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/onestory/ledger/sqlite.py", '"""Owns."""\ndb.execute(queries["read entries"], key)'),
        ("src/onestory/ledger/sqlite.py", '"""Owns."""\ndb.execute("pragma synchronous = full")'),
        ("src/onestory/ledger/queries.sql", "-- Entries known now\nselect :now"),
        ("src/onestory/office/cli.py", '"""Owns."""\nprint(1)'),
        ("src/onestory/office/office.py", '"""Owns."""\nself.clock.now()\nrun.time()'),
        ("examples/departures/run.py", '#!/usr/bin/env python3\n"""Owns."""\nprint(1)'),
        ("docs/start.md", "see https" + "://example.org/home/x, ../work/y and src/work/z"),
    ],
)
def test_tidy_writing_passes(path: str, text: str) -> None:
    """What looks like a breach and is none is left alone."""
    assert list(untidy(PurePath(path), text)) == []
