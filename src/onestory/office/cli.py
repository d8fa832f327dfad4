"""The command line: a company's office from a terminal, for people and for programs."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import typer

from . import cli_ask, cli_hear, cli_keep, cli_move, cli_people, cli_pull, cli_remedy, cli_run
from .cli_options import Door

app = typer.Typer(
    cls=Door,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="""An example, for a company that company.py in this folder calls acme:

  onestory plan company:acme
  onestory hear company:acme renewals.csv --from contracts
  onestory contradictions company:acme
  onestory explain company:acme 4711
  onestory story company:acme Contract C-1042 --zone Europe/Berlin

The ledger is onestory.db here, unless --db or ONESTORY_DB names another.""",
)
aside = typer.Typer(no_args_is_help=True, help="Messages that could not be heard: list, replay.")

account = typer.Typer(
    no_args_is_help=True, help="Who signs in: add, list, password, roles, disable."
)
key = typer.Typer(no_args_is_help=True, help="Keys of programs: add, list, revoke.")


@app.callback()
def onestory_() -> None:
    """Link a company's systems, and see where they tell two stories.

    Somebody decides a fact. Others follow, within a time.
    One that does not is contradicted, and everybody here can see it.
    """


def _register(panel: str, *commands: Callable[..., None]) -> None:
    for command in commands:
        app.command(rich_help_panel=panel)(command)


_register("Run", cli_run.run)
_register("Hear", cli_hear.hear)
app.add_typer(aside, name="aside", rich_help_panel="Hear")
_register("Hear", cli_pull.pull, cli_pull.pulls)
aside.command("list")(cli_hear.list_asides)
aside.command("replay")(cli_hear.replay_asides)
_register("Ask", cli_ask.story, cli_ask.contradictions, cli_ask.explain)
_register(
    "Remedy",
    cli_remedy.work,
    cli_remedy.repairs,
    cli_remedy.repair,
    cli_remedy.confirm,
    cli_remedy.books,
    cli_keep.arm,
)
app.add_typer(account, name="account", rich_help_panel="Let in")
account.command("add")(cli_people.add_account)
account.command("list")(cli_people.list_accounts)
account.command("password")(cli_people.change_password)
account.command("roles")(cli_people.change_roles)
account.command("disable")(cli_people.disable_account)
app.add_typer(key, name="key", rich_help_panel="Let in")
key.command("add")(cli_people.add_key)
key.command("list")(cli_people.list_keys)
key.command("revoke")(cli_people.revoke_key)
_register("Let in", cli_people.audit)
_register("Look after", cli_keep.plan, cli_keep.verify)
_register("Look after", cli_move.copy, cli_move.backup, cli_move.restore, cli_keep.version)


def main() -> None:
    """Run the command line; its exit code is 0, 1 for an error and 2 for a word not understood."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a sign that a terminal lacks ends nothing
    app(prog_name="onestory")
