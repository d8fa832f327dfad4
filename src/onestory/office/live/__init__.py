"""Live: what changes is sent to whoever watches it, as it changes.

One tail follows the number line, one hub renders each topic once, and a stream is one open reader.
"""

from .documents import story_document
from .hub import STREAMS, STREAMS_OF_ONE, TOPICS, Hub, StillAllowed
from .live import Live
from .stream import Stream
from .topic import Rendered, Renderer, Topic

__all__ = [
    "STREAMS",
    "STREAMS_OF_ONE",
    "TOPICS",
    "Hub",
    "Live",
    "Rendered",
    "Renderer",
    "StillAllowed",
    "Stream",
    "Topic",
    "story_document",
]
