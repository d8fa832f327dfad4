"""The story: what is told, to whom, with which standing; what was so; and why it is not settled."""

from .explain import Explanation, Source, explain
from .past import disputed_as_of, dossier_as_of
from .story import NEXT_WORD_EVERY, SubjectStory, followed, story_of
from .timeline import Event, around, events, subject_text, value_text

__all__ = [
    "NEXT_WORD_EVERY",
    "Event",
    "Explanation",
    "Source",
    "SubjectStory",
    "around",
    "disputed_as_of",
    "dossier_as_of",
    "events",
    "explain",
    "followed",
    "story_of",
    "subject_text",
    "value_text",
]
