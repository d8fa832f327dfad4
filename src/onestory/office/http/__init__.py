"""The office's door for programs: HTTP, with CloudEvents in, JSON out and errors in three parts."""

from .app import make_app
from .serving import Serving

__all__ = ["Serving", "make_app"]
