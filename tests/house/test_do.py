"""The script `do`, as far as it can be tried without a network."""

import importlib.util
import re
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["run.txt", "dev.txt"]
PEERS = "bench.txt"
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)")
OLD_PYTHONS = ["python3.6", "python3.7", "python3.8", "python3.9", "python3.10"]


def do(*words: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Start `do` where nothing else can be found, so that it installs nothing."""
    command = [python, str(ROOT / "do"), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, env={"PATH": ""})


@pytest.fixture
def script(tmp_path: Path) -> Any:
    """The script as a module whose .venv and lock files lie in a folder of their own."""
    loader = SourceFileLoader("do", str(ROOT / "do"))
    spec = importlib.util.spec_from_loader("do", loader)
    assert spec
    module: Any = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    module.STAMP = tmp_path / "installed"
    module.PY = Path(sys.executable)
    (tmp_path / "run.txt").write_text("rich==15.0.0")
    (tmp_path / "dev.txt").write_text("rich==15.0.0\npytest==9.2.0")
    return module


def stamp(script: Any, made: dict[str, str]) -> None:
    """Leave the stamp that an install leaves."""
    script.STAMP.write_text("".join(f"{name} {value}\n" for name, value in made.items()))


THIS_PYTHON = "{}.{}".format(*sys.version_info)


def test_no_job_gives_the_help() -> None:
    """Whoever writes `python3 do` learns what there is to write; that is no success."""
    done = do()

    assert done.returncode == 2
    assert "python3 do test" in done.stderr


def test_help_names_every_job(script: Any) -> None:
    """Who asks for help gets it, with each job that is built, and it is a success."""
    done = do("--help")

    assert done.returncode == 0
    assert set(script.JOBS) == set(re.findall(r"^python3 do (\w+)", done.stdout, re.MULTILINE))


def test_an_unknown_job_is_named() -> None:
    """A mistyped job is said back, with the help below it."""
    done = do("tset")

    assert done.returncode == 2
    assert done.stderr.startswith("do: no job is called tset\n")
    assert "python3 do test" in done.stderr


@pytest.mark.parametrize(
    "words", [["check", "--mend"], ["bench", "no_such_benchmark"], ["run", "no_such_example"]]
)
def test_unknown_words_after_a_job_stop_it(words: list[str]) -> None:
    """What a job does not know ends it in three lines, before anything is installed."""
    done = do(*words)

    assert done.returncode == 2
    assert words[1] in done.stderr
    assert len(done.stderr.splitlines()) == 3


def python_named(name: str) -> str:
    """Find a Python that starts by this name, or skip the test."""
    pyenv = Path.home().glob(f".pyenv/versions/*/bin/{name}")
    for python in [shutil.which(name), *map(str, pyenv)]:
        if (
            python
            and not subprocess.run([python, "-V"], check=False, capture_output=True).returncode
        ):
            return python
    pytest.skip(f"this machine has no {name}")


@pytest.mark.parametrize("name", OLD_PYTHONS)
def test_an_old_python_is_told_so(name: str) -> None:
    """A Python too old to run us can still read the script, and says what to do."""
    done = do("test", python=python_named(name))

    assert done.returncode == 1
    assert done.stderr.startswith("do: Python 3.11 or newer is needed, and this one is 3.")
    assert "python3.11 do test" in done.stderr


def test_the_script_holds_no_newer_syntax() -> None:
    """Where no old Python is at hand, this finds what would trip one."""
    text = (ROOT / "do").read_text()

    assert not re.search(r"^\s*(match|case) .*:$|:=|\{\w+=\}|^from __future__", text, re.MULTILINE)
    assert not re.search(r"(->|\w:) (list|dict|tuple|\w+ \|)\b", text)


def test_a_finished_install_is_known(script: Any, tmp_path: Path) -> None:
    """The second start finds the stamp of the first and installs nothing."""
    wanted = script.digests("run.txt", tmp_path)
    assert not script.covers(script.read_stamp(), wanted)

    stamp(script, {"python": THIS_PYTHON, **wanted})

    assert script.covers(script.read_stamp(), wanted)


def test_dev_serves_run_but_not_the_other_way(script: Any, tmp_path: Path) -> None:
    """All of run.txt is in dev.txt, so `run` after `test` has nothing to install."""
    run, dev = (script.digests(lock, tmp_path) for lock in LOCKS)

    assert script.covers(dev, run)
    assert not script.covers(run, dev)


def test_a_changed_lock_is_installed_again(script: Any, tmp_path: Path) -> None:
    """A stamp vouches for a lock file as it was, not as it is after a pull."""
    before = script.digests("dev.txt", tmp_path)
    (tmp_path / "run.txt").write_text("rich==15.0.1")

    assert not script.covers(before, script.digests("run.txt", tmp_path))
    assert not script.covers(before, script.digests("dev.txt", tmp_path))


@pytest.mark.parametrize("text", ["", "python 3.4\n", "run.txt\n", "{", "a b c\n"])
def test_a_stamp_that_cannot_be_trusted_is_none(script: Any, text: str) -> None:
    """A stamp that is torn, or of another Python, makes .venv be made anew."""
    script.STAMP.write_text(text)

    assert script.read_stamp() is None


def test_a_missing_python_makes_the_stamp_void(script: Any, tmp_path: Path) -> None:
    """Where the Python under .venv was removed, what was installed for it is of no use."""
    stamp(script, {"python": THIS_PYTHON, **script.digests("run.txt", tmp_path)})
    script.PY = tmp_path / "bin/python"

    assert script.read_stamp() is None


def test_an_install_that_breaks_off_leaves_no_stamp(script: Any, tmp_path: Path) -> None:
    """The stamp goes before the first package and comes after the last."""
    wanted = script.digests("run.txt", tmp_path)
    made = {"python": THIS_PYTHON, **wanted}
    stamp(script, made)
    script.LOCKS = tmp_path
    script.installers = lambda: iter([[sys.executable, "-c", "raise SystemExit(1)"]])

    with pytest.raises(SystemExit):
        script.fill("run.txt", wanted, made)

    assert not script.STAMP.exists()


def test_an_installer_that_fails_gives_way_to_the_next(script: Any, tmp_path: Path) -> None:
    """A uv that cannot reach its index is no reason not to ask pip."""
    wanted = script.digests("run.txt", tmp_path)
    made = {"python": THIS_PYTHON}
    stamp(script, made)
    script.LOCKS = tmp_path
    script.installers = lambda: iter(
        [[sys.executable, "-c", "raise SystemExit(1)"], [sys.executable, "-c", ""]]
    )

    script.fill("run.txt", wanted, made)

    assert script.covers(script.read_stamp(), wanted)


def test_without_an_installer_the_error_says_what_to_get(
    script: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No uv and no pip that can: three lines, the last of which is a way out."""
    script.installers = lambda: iter([])

    with pytest.raises(SystemExit):
        script.install(tmp_path / "run.txt")

    what, where, instead = capsys.readouterr().err.splitlines()
    assert "found no uv" in what
    assert "run.txt" in where
    assert "install uv, or pip 22.3 or newer" in instead


@pytest.fixture
def measured(script: Any) -> list[list[str]]:
    """What `do test` starts, where agreement falls short of what it promises."""
    started: list[list[str]] = []

    def call(*words: str) -> int:
        started.append([*words])
        return 2 if "--include=src/onestory/agreement/*" in words else 0

    def prepare(lock: str) -> None:
        """All is installed."""

    script.prepare, script.call = prepare, call
    return started


def test_tests_are_measured_when_asked_for(script: Any, measured: list[list[str]]) -> None:
    """Else they run twice as fast; other words go to pytest either way."""
    script.test(["tests/model", "--long"])
    assert measured == [["-m", "pytest", "tests/model", "--long"]]
    script.test(["--long", "--coverage"])

    assert measured[1] == ["-m", "pytest", "--cov", "--cov-report=", "--long"]


def test_coverage_below_what_a_room_promises_fails(
    script: Any, measured: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each room is held to its own promise, all are shown, and the one that falls short is named."""
    assert script.test(["--coverage"]) == 1

    held = {words[3]: words[4] for words in measured[1:]}
    assert held == {
        "--include=src/onestory/model/*": "--fail-under=100",
        "--include=src/onestory/agreement/*": "--fail-under=100",
        "--include=src/onestory/remedy/*": "--fail-under=100",
        "--include=src/onestory/*": "--fail-under=90",
    }
    assert capsys.readouterr().out.endswith("do: coverage failed: agreement\n")


@pytest.mark.parametrize(
    ("job", "code"),
    [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 15)", 128 + 15)],
)
def test_the_exit_code_of_a_job_is_passed_on(job: str, code: int) -> None:
    """Who calls `do` from another program learns how the job ended."""
    call = f"""
import runpy, sys
call = runpy.run_path("do")["call"]
call.__globals__["PY"] = sys.executable
sys.exit(call("-c", {job!r}))"""
    assert subprocess.run([sys.executable, "-c", call], check=False, cwd=ROOT).returncode == code


def pins(lock: str) -> dict[str, list[str]]:
    """Give each requirement of a lock file with the hashes below it."""
    pinned: dict[str, list[str]] = {}
    for line in (ROOT / "lock" / lock).read_text().splitlines():
        if line.startswith("    --hash=sha256:"):
            pinned[list(pinned)[-1]].append(line.strip())
        else:
            assert PIN.match(line), f"lock/{lock}: {line} pins no version; write `python3 do lock`"
            pinned[line.rstrip("\\ ")] = []
    return pinned


@pytest.mark.parametrize("lock", [*LOCKS, PEERS])
def test_every_requirement_is_pinned_by_hash(lock: str) -> None:
    """What is installed is what was locked, byte by byte, from whatever index it comes."""
    assert [pin for pin, hashes in pins(lock).items() if not hashes] == []


@pytest.mark.parametrize("lock", [*LOCKS, PEERS])
def test_no_lock_names_a_host(lock: str) -> None:
    """Which index serves the packages is the reader's choice."""
    text = (ROOT / "lock" / lock).read_text()

    assert not re.search(r"://|index-url|find-links|trusted-host", text)


def test_dev_pins_what_run_pins() -> None:
    """One .venv serves every job, so the two lock files agree on each version and hash."""
    run, dev = (pins(lock) for lock in LOCKS)

    assert run.items() <= dev.items()


def test_peers_pin_what_we_pin() -> None:
    """A benchmark runs with both, so what both hold is of one version and hash in both."""
    dev, peers = pins("dev.txt"), pins(PEERS)
    names = {pin.partition("==")[0] for pin in dev}
    shared = {pin: hashes for pin, hashes in peers.items() if pin.partition("==")[0] in names}

    assert shared
    assert shared.items() <= dev.items()


def test_peers_that_cannot_be_installed_leave_the_rest_as_it_is(
    script: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a way to the index, other jobs go on as before, and the benchmark says what it leaves out."""
    script.ROOT = script.LOCKS = tmp_path
    script.PEERS = tmp_path / "peers"
    (tmp_path / PEERS).write_text("dbos==3.4.0")
    stamp(script, {"python": THIS_PYTHON})
    script.installers = lambda: iter([[sys.executable, "-c", "raise SystemExit(1)"]])

    script.prepare_peers()

    assert script.read_stamp() == {"python": THIS_PYTHON}
    assert "measures us alone" in capfd.readouterr().err


def test_peers_are_installed_once(script: Any, tmp_path: Path) -> None:
    """The second start finds what the first installed, until the lock file changes."""
    script.ROOT = script.LOCKS = tmp_path
    script.PEERS = tmp_path / "peers"
    (tmp_path / PEERS).write_text("dbos==3.4.0")
    made = f"import os; os.makedirs({str(script.PEERS)!r}); open({str(tmp_path / 'made')!r}, 'a').write('.')"
    script.installers = lambda: iter([[sys.executable, "-c", made]])

    script.prepare_peers()
    script.prepare_peers()
    assert (tmp_path / "made").read_text() == "."

    (tmp_path / PEERS).write_text("dbos==3.4.1")
    script.prepare_peers()
    assert (tmp_path / "made").read_text() == ".."
