"""The story: what is told, to whom, with which standing; what was so; and why it is not settled."""

from .explain import Explanation, Source, explain
from .past import disputed_as_of, dossier_as_of
from .story import NEXT_WORD_EVERY, SubjectStory, story_of
from .timeline import Event, events, subject_text, value_text, while_linked

__all__ = [
    "NEXT_WORD_EVERY",
    "Event",
    "Explanation",
    "Source",
    "SubjectStory",
    "disputed_as_of",
    "dossier_as_of",
    "events",
    "explain",
    "story_of",
    "subject_text",
    "value_text",
    "while_linked",
]
