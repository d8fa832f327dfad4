"""The story: what is told, to whom, with which standing; what was so; and why it is not settled."""

from .explain import Explanation, Source, explain
from .past import disputed_as_of, dossier_as_of
from .step import asked_text, form_text, letter_of, step_text
from .story import NEXT_WORD_EVERY, SubjectStory, story_of
from .timeline import Event, events, events_of_person, subject_text, value_text, while_linked

__all__ = [
    "NEXT_WORD_EVERY",
    "Event",
    "Explanation",
    "Source",
    "SubjectStory",
    "asked_text",
    "disputed_as_of",
    "dossier_as_of",
    "events",
    "events_of_person",
    "explain",
    "form_text",
    "letter_of",
    "step_text",
    "story_of",
    "subject_text",
    "value_text",
    "while_linked",
]
