"""The command line: a company's office from a terminal, for people and for programs."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Annotated

import typer

import onestory

from ..ledger import Finding
from ..model import Channel, known_remedy, plan as plan_of, remedy_names, terms_of
from .cli_files import checked_file, checked_system, checked_type, on_disk, stream
from .cli_names import address_of, company_of, entity_of, existing, is_there, key_of, moment_of
from .cli_names import zone_of
from .cli_options import LEDGER, After, AsJson, CompanyName, Db, Door, Limit, Zone, opened, shown
