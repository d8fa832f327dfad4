"""The README's lines for an office that runs are run as they stand there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import onestory

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
TYPED = "a long word that nobody guesses"


def section() -> list[str]:
    """The blocks of shell under *Run it*."""
    (about,) = re.findall(r"^## Run it$(.*?)^## ", README, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```sh\n(.*?)^```$", about, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the README's company.py, and the command ``onestory``."""
    (company,) = re.findall(
        r"^```python file=company.py\n(.*?)^```$", README, re.MULTILINE | re.DOTALL
    )
    (tmp_path / "company.py").write_text(company, "utf-8")
    command = tmp_path / "bin" / "onestory"
    command.parent.mkdir()
    source = Path(onestory.__file__).parents[1]
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH="{source}" exec "{sys.executable}" -m onestory "$@"\n', "utf-8"
    )
    command.chmod(0o755)
    return tmp_path


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What commands are run with."""
    path = os.pathsep.join([str(folder / "bin"), *os.get_exec_path()])
    return {**os.environ, "PATH": path, **more}


def said(folder: Path, line: str) -> str:
    """What a line of the README answers."""
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env=environment(folder),
        input=f"{TYPED}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(folder: Path, line: str) -> Iterator[int]:
    """The line that runs an office, on any free port; the port."""
    with subprocess.Popen(
        [*line.split(), "--port", "0"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline().rpartition(":")[2])
        finally:
            process.terminate()


def test_s80_the_lines_of_the_readme_work(folder: Path) -> None:
    """A first account, two keys, an office; what contracts says is told, and sent to who watches."""
    if shutil.which("curl") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no curl here")
    setting_up, asking = section()
    account, contracts, agent, run = setting_up.splitlines()
    said(folder, account)
    keys = [json.loads(said(folder, f"{line} --json"))["key"] for line in (contracts, agent)]
    given = environment(folder, CONTRACTS=keys[0], AGENT=keys[1])
    with running(folder, run) as port:
        *lines, live = re.findall(
            r"curl .*?(?=\ncurl |\Z)", asking.replace("8140", str(port)), re.DOTALL
        )
        answers = [
            subprocess.run(
                ["sh", "-c", line], env=given, capture_output=True, text=True, check=True
            ).stdout
            for line in lines
        ]
        with subprocess.Popen(
            ["sh", "-c", f"exec {live}"],
            env=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as watching:
            assert watching.stdout
            pushed = next(line for line in watching.stdout if line.startswith("data: "))
            watching.terminate()

    heard, story = map(json.loads, answers)
    assert heard["results"][0]["fate"] == "heard"
    assert story["facts"]["renewed_until"]["value"] == "2028-03-31"
    assert json.loads(pushed.removeprefix("data: "))["story"]["key"] == "C-1042"
