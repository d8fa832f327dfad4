#!/usr/bin/env python3
"""Prepare this project and do one job with it, needing Python 3.11 or newer and nothing else.

python3 do run [name] [args] an example: departures, unless telecom or another is named; --help
python3 do onestory [args]   the command line, on any company in examples/; --help says what it can
python3 do test [args]       the tests; args go to pytest, and --long adds the long ones;
                             --coverage measures them, and fails below what is promised
python3 do check [--fix]     format, lint, types, layout; --fix mends what can be mended
python3 do bench [names]     the benchmarks, all or the named
python3 do storm [args]      the simulator: --seeds N, --seed S, --sweep, --mutants
python3 do lock [--upgrade]  pin every package anew in lock/, as pyproject.toml allows

The first start makes .venv, which belongs to this script, and installs what lock/ pins, by
hash; later starts skip that. Every job starts in the project's own folder.
"""
# Older Pythons must be able to read this file in order to be told that they are too old.
# So it holds no syntax newer than 3.6, and newer forms of annotation stand in quotes.

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

ROOT = Path(__file__).resolve().parent
LOCKS = ROOT / "lock"
ENV = ROOT / ".venv"
PY = ENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENV / "installed"
PEERS = ENV / "peers"  # what a benchmark measures us against, out of the way of every other job
OLDEST = (3, 11)
# Percent of lines and branches, by room.
COVERAGE = {"model": 100, "agreement": 100, "remedy": 100, "": 90}
NEWER = ["python3.14", "python3.13", "python3.12", "python3.11"]  # where lock/ was tried


def stop(what: str, where: str, instead: str, code: int = 1) -> "NoReturn":
    """End with the three lines of every error: what happened, where, what to write instead."""
    print(f"do: {what}\n  {where}\n  {instead}", file=sys.stderr)
    sys.exit(code)


def works(*words: str) -> bool:
    """Try a command and tell whether it ended well."""
    silent = subprocess.DEVNULL
    try:
        return subprocess.run(words, check=False, stdout=silent, stderr=silent).returncode == 0
    except OSError:
        return False


# The environment: .venv, filled with what a lock file pins


def prepare(lock: str) -> None:
    """Make .venv hold what a lock file pins, unless it already does."""
    try:
        wanted = digests(lock, LOCKS)
        if covers(read_stamp(), wanted):
            return
        with alone():
            stamp = read_stamp()
            if not covers(stamp, wanted):  # else another `do` was quicker
                fill(lock, wanted, stamp)
    except OSError as error:
        stop(error.strerror or "a file refused", f"{error.filename}", "mend that, then start again")


def digests(lock: str, folder: Path) -> "dict[str, str]":
    """Give what a finished install vouches for; dev.txt holds all that run.txt holds."""
    names = ["run.txt", "dev.txt"] if lock == "dev.txt" else [lock]
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def covers(stamp: "dict[str, str] | None", wanted: "dict[str, str]") -> bool:
    """Tell whether an install vouches for every wanted lock file, as it reads now."""
    return stamp is not None and wanted.items() <= stamp.items()


def read_stamp() -> "dict[str, str] | None":
    """Give what the last install vouches for, or None if it broke off or its Python is gone.

    A system upgrade can exchange the Python under .venv, so that one is asked for its version.
    """
    ask = [str(PY), "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        stamp = dict(line.split() for line in STAMP.read_text().splitlines())
        python = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return stamp if stamp.get("python") == python else None


def fill(lock: str, wanted: "dict[str, str]", stamp: "dict[str, str] | None") -> None:
    """Install a lock file, the stamp going first and coming last, so that it never lies."""
    print(f"do: installing lock/{lock} into .venv; later starts skip this", file=sys.stderr)
    if stamp is None:
        make_env()
        stamp = {"python": "{}.{}".format(*sys.version_info[:2])}
    else:
        STAMP.unlink()
    install(LOCKS / lock)
    made = {"python": stamp["python"], **wanted}
    STAMP.write_text("".join(f"{name} {value}\n" for name, value in made.items()))


def prepare_peers() -> None:
    """Install what a benchmark measures us against; without it, the benchmark measures us alone."""
    lock = LOCKS / "bench.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = PEERS / digest
    with alone():
        if stamp.exists():
            return
        print("do: installing lock/bench.txt into .venv/peers", file=sys.stderr)
        if PEERS.exists():
            shutil.rmtree(str(PEERS))
        if add(lock, "--target", str(PEERS)) is None:
            stamp.touch()
        else:
            print("do: that did not work, so this measures us alone", file=sys.stderr)


@contextmanager
def alone() -> "Iterator[None]":
    """Let one `do` at a time install; however that one ends, the system frees the lock."""
    with (ROOT / ".venv.lock").open("w") as held:
        try:
            import fcntl
        except ImportError:  # Windows: start the second one later
            pass
        else:
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def make_env() -> None:
    """Make .venv anew and without pip, which also works where Debian left out ensurepip."""
    import venv

    if ENV.is_symlink() or ENV.is_file():
        ENV.unlink()
    elif ENV.exists():
        shutil.rmtree(str(ENV))
    venv.create(ENV, with_pip=False, symlinks=os.name != "nt")


def install(lock: Path) -> None:
    """Install a lock file."""
    tried = add(lock)
    if tried is None:
        return
    found = f"tried {', '.join(tried)}" if tried else "found no uv, and no pip that knows --python"
    reach = "mend what they say above, perhaps the way to the package index; then start again"
    get = "install uv, or pip 22.3 or newer (Debian: apt-get install python3-venv)"
    stop(f"the packages were not installed; {found}", f"{lock}", reach if tried else get)


def add(lock: Path, *where: str) -> "list[str] | None":
    """Install a lock file by the first installer that can; if none could, those that were tried."""
    env = {**os.environ, "PYTHONPATH": "", "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    tried = []
    for installer in installers():
        words = [*installer, "--quiet", "--require-hashes", "-r", str(lock), *where]
        if subprocess.run(words, check=False, env=env, stdout=sys.stderr).returncode == 0:
            return None
        tried.append(Path(installer[0]).name)
    return tried


def installers() -> "Iterator[list[str]]":
    """Give the ways to install into .venv: uv if there is one, then the first pip that can.

    `--python` lets a pip install elsewhere, so that a Debian one has nothing to refuse.
    """
    if shutil.which("uv"):
        yield ["uv", "pip", "install", "--python", str(PY)]
    modules = [[python, "-m", "pip"] for python in (sys.executable, "python3", *NEWER)]
    for pip in (modules[0], ["pip3"], ["pip"], *modules[1:]):
        if works(*pip, "--python", str(PY), "--version"):
            yield [*pip, "--python", str(PY), "install"]
            return
    if works(str(PY), "-I", "-m", "ensurepip"):
        inner = [str(PY), "-m", "pip"]
        works(*inner, "uninstall", "-y", "setuptools")  # 3.11 brings one that lock/ does not pin
        yield [*inner, "install"]


# The jobs


def call(*words: str, more: "tuple[str, ...]" = ()) -> int:
    """Run .venv's Python on our sources and give its exit code."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples"), *more])
    env = {**os.environ, "PYTHONPATH": paths}
    code, interrupted = None, False
    with subprocess.Popen([str(PY), *words], cwd=str(ROOT), env=env) as job:
        signal.signal(signal.SIGTERM, lambda *_: job.terminate())
        while code is None:
            try:
                code = job.wait()
            except KeyboardInterrupt:  # the job heard it too, and ends in its own words
                interrupted = True
    if interrupted and code:
        raise KeyboardInterrupt
    return code if code >= 0 else 128 - code


def run(args: "list[str]") -> int:
    """Run an example: departures, unless another is named first."""
    known = sorted(path.parent.name for path in (ROOT / "examples").glob("*/run.py"))
    name, rest = (args[0], args[1:]) if args and args[0][:1] != "-" else ("departures", args)
    if name not in known:
        stop(f"no example is called {name}", "examples/", "write " + " or ".join(known), 2)
    prepare("run.txt")
    return call(f"examples/{name}/run.py", *rest)


def onestory(args: "list[str]") -> int:
    """Run the command line, where the companies of examples/ can be imported."""
    prepare("run.txt")
    return call("-m", "onestory", *args)


def test(args: "list[str]") -> int:
    """Run the tests; with --coverage, measure them too, which takes twice as long."""
    prepare("dev.txt")
    if "--coverage" not in args:
        return call("-m", "pytest", *args)
    args = [word for word in args if word != "--coverage"]
    return call("-m", "pytest", "--cov", "--cov-report=", *args) or covered()


def covered() -> int:
    """Show what the tests left out, and fail where it is more than a room promises."""
    failed = []
    for room, least in COVERAGE.items():
        name, files = room or "onestory", f"src/onestory/{room}/*" if room else "src/onestory/*"
        print(f"do: {name} promises {least} %, by line and branch", flush=True)
        words = [f"--include={files}", f"--fail-under={least}", "--precision=2"]
        failed += [name] if call("-m", "coverage", "report", *words) else []
    print(f"do: coverage failed: {', '.join(failed)}" if failed else "do: coverage OK")
    return 1 if failed else 0


def check(args: "list[str]") -> int:
    """Run every checker, also after one has failed, so that one start shows all there is to do."""
    if args not in ([], ["--fix"]):
        stop(f"check knows no {' '.join(args)}", "python3 do check", "write --fix or nothing", 2)
    prepare("dev.txt")
    if args:
        call("-m", "ruff", "format", "--quiet")
        call("-m", "ruff", "check", "--quiet", "--fix-only")
    lint_imports = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    checkers = {
        "format": ["-m", "ruff", "format", "--check"],
        "lint": ["-m", "ruff", "check"],
        "types": ["-m", "mypy"],
        "strict types": ["-m", "basedpyright", "--pythonpath", str(PY)],
        "layout": ["-c", lint_imports, "--no-logo"],
    }
    failed = []
    for name, words in checkers.items():
        began = time.monotonic()
        code = call(*words)
        took = time.monotonic() - began
        print(f"do: {name} {'failed' if code else 'OK'}, {took:.1f} s\n", flush=True)
        failed += [name] if code else []
    print(f"do: check failed: {', '.join(failed)}" if failed else "do: check OK")
    return 1 if failed else 0


def bench(args: "list[str]") -> int:
    """Run benchmarks one after the other, since two at once would measure each other."""
    known = sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))
    for name in args:
        if name not in known:
            stop(f"no benchmark is called {name}", "benchmarks/", "write " + " or ".join(known), 2)
    prepare("dev.txt")
    codes = [0]
    for name in args or known:
        if name == "repairs":
            prepare_peers()
        more = (str(PEERS),) if name == "repairs" else ()
        codes.append(call(f"benchmarks/{name}.py", more=more))
    return max(codes)


def storm(args: "list[str]") -> int:
    """Run the simulator."""
    prepare("run.txt")
    return call("-m", "onestory.testing.storm", *args)


def lock(args: "list[str]") -> int:
    """Pin every package anew; each lock file is held to the one before, so that they agree."""
    prepare("dev.txt")
    uv = ["-m", "uv", "pip", "compile", "--quiet", "--generate-hashes", *args]
    uv += ["--universal", "--python-version", "{}.{}".format(*OLDEST)]
    uv += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    ours = [*uv, "pyproject.toml", "--extra", "examples"]
    dev = ["--extra", "dev", "-c", "lock/run.txt", "-o", "lock/dev.txt"]
    peers = ["--group", "bench", "-c", "lock/dev.txt", "-o", "lock/bench.txt"]
    return call(*ours, "-o", "lock/run.txt") or call(*ours, *dev) or call(*uv, *peers)


JOBS = {job.__name__: job for job in (run, onestory, test, check, bench, storm, lock)}


def main(words: "list[str]") -> int:
    """Do one job and give its exit code."""
    if sys.version_info[:2] < OLDEST:
        for newer in NEWER:
            if works(newer, "--version"):
                return subprocess.call([newer, str(ROOT / "do"), *words])
        old = "Python 3.11 or newer is needed, and this one is " + sys.version.split()[0]
        stop(old, sys.executable, "install one, then write python3.11 do " + " ".join(words))
    if words and words[0] in JOBS:
        return JOBS[words[0]](words[1:])
    asked = words[:1] in (["help"], ["--help"], ["-h"])
    if words and not asked:
        print(f"do: no job is called {words[0]}\n", file=sys.stderr)
    print(__doc__, end="", file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
