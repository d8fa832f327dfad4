"""One example of each document, of one renewal that billing missed; a test holds each to its shape."""

from __future__ import annotations

from typing import Any

_RENEWED, _OPENED, _DUE = "2027-01-05T09:00:00Z", "2027-01-05T09:05:00Z", "2027-01-05T09:05:00Z"
_HASH = "9f2c51d8a7e03b6644f0a1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f506"

STORY: dict[str, Any] = {
    "entity": "Contract",
    "key": "C-1042",
    "channel": None,
    "at": "2027-01-05T09:10:00Z",
    "facts": {
        "renewed_until": {
            "value": "2028-03-31",
            "standing": "late",
            "decided_by": "contracts",
            "since": _RENEWED,
            "as_of": _RENEWED,
            "sentence": "Our systems do not agree on this yet. We are putting it right; "
            "the next word is at 09:35 UTC.",
            "next_word": "2027-01-05T09:35:00Z",
            "followers": [
                {
                    "party": "billing",
                    "person": None,
                    "says": "2027-03-31",
                    "standing": "late",
                    "as_of": "2026-03-01T08:00:00Z",
                    "since": _RENEWED,
                    "due": _DUE,
                }
            ],
        }
    },
}
TIMELINE: dict[str, Any] = {
    "subject": "Contract C-1042",
    "events": [
        {
            "number": 9,
            "known": _OPENED,
            "kind": "opened",
            "subject": "Contract C-1042",
            "party": "billing",
            "sentence": "renewed_until: contracts decided 2028-03-31, billing says 2027-03-31; "
            "due 2027-01-05 09:05 UTC",
            "hash": _HASH,
        }
    ],
    "before": 9,
    "next": "/timelines/Contract/C-1042?before=9",
}
INCIDENT: dict[str, Any] = {
    "incident": 3,
    "authority": "contracts",
    "follower": "billing",
    "silent": True,
    "silent_since": "2027-01-05T08:00:00Z",
    "open": 412,
    "since": _RENEWED,
    "opened": _OPENED,
    "first": 9,
}
CONTRADICTION: dict[str, Any] = {
    "number": 9,
    "subject": "Contract C-1042",
    "entity": "Contract",
    "key": "C-1042",
    "fact": "renewed_until",
    "follower": "billing",
    "person": None,
    "decided": "2028-03-31",
    "said": "2027-03-31",
    "standing": "late",
    "since": _RENEWED,
    "due": _DUE,
    "opened": _OPENED,
    "silent_since": None,
    "settled": None,
    "how": None,
}
REPAIR: dict[str, Any] = {
    "number": 4,
    "remedy": "billing/Contract.renewed_until",
    "about": "Write a term into billing that it missed.",
    "entity": "Contract",
    "key": ["C-1042"],
    "contradiction": 9,
    "armed": True,
    "state": "live",
    "next": "2027-01-05T09:06:00Z",
    "reason": "",
    "team": "billing desk",
    "begun": _OPENED,
    "ended": None,
    "steps": [
        {
            "name": "SetTerm",
            "system": "billing",
            "asked": {"contract": "C-1042", "until": "2028-03-31"},
            "answered": None,
            "state": "done",
            "tries": 1,
            "at": "2027-01-05T09:05:01Z",
            "reason": "",
        }
    ],
}
_WOULD = "wait until 2027-01-05 09:35:00 UTC: billing is to say what is decided"
_SAID = {"entry": 7, "known": _RENEWED, "hash": _HASH}

EXAMPLES: dict[str, Any] = {
    "Story": STORY,
    "Timeline": TIMELINE,
    "Contradictions": {
        "open": 1,
        "by_fact": [
            {"entity": "Contract", "fact": "renewed_until", "follower": "billing", "open": 1}
        ],
        "incidents": [],
        "contradictions": [CONTRADICTION],
        "after": None,
    },
    "Incidents": {"incidents": [INCIDENT], "after": None},
    "Explanation": {
        "number": 9,
        "subject": "Contract C-1042",
        "fact": "Contract.renewed_until",
        "about": "The last day of the current term, inclusive.",
        "sentence": "contracts decided 2028-03-31 on 2027-01-05 at 09:00 UTC; billing says 2027-03-31.",
        "standing": "late",
        "authority": "contracts",
        "follower": "billing",
        "fault": "missed",
        "silent_since": None,
        "decided": {"party": "contracts", "value": "2028-03-31", "message": "renewal 1", **_SAID},
        "followed": {"party": "billing", "value": "2027-03-31", "message": "term 1", **_SAID},
        "since": _RENEWED,
        "due": _DUE,
        "opened": _OPENED,
        "settled": None,
        "how": "",
        "others": 0,
        "heard_by": [],
        "repairs": [REPAIR],
    },
    "Repairs": {"counts": {"live": 1}, "repairs": [REPAIR], "after": None},
    "Repair": REPAIR | {"would": _WOULD},
    "HandOver": {"because": "Billing is closed for the year's end; the desk writes it by hand."},
    "Settle": {
        "because": "Bills of this quarter are frozen; the term is written with the next one.",
        "until": "2027-04-01T00:00:00Z",
    },
    "Pulls": {
        "pulls": [
            {
                "name": "billing/bills",
                "system": "billing",
                "type": "bill",
                "source": "rows of bills by changed_at",
                "state": "down",
                "words": "down since 2027-01-05 09:00 UTC: it does not answer",
                "every": 30.0,
                "sweep_every": 86400.0,
                "tried": _OPENED,
                "answered": _RENEWED,
                "lag": 300.0,
                "took": 0.2,
                "next": "2027-01-05T09:05:30Z",
                "swept": "2027-01-05T03:00:00Z",
                "swept_rows": 4200,
                "fewer": 0,
                "sweeping": False,
                "failing": _RENEWED,
                "failures": 10,
                "error": {
                    "code": "not-pulled",
                    "what": "The database cannot be read: it does not answer.",
                    "where": "company.py:12",
                    "fix": "Start it, or mend the query; nothing is lost meanwhile.",
                },
                "changes": "",
                "rows": 5000,
                "heard": 700,
                "repeated": 4200,
                "known": 100,
                "aside": 0,
                "aside_since": 0,
            }
        ]
    },
    "Asides": {
        "counts": {"no-reader": 1},
        "asides": [
            {
                "number": 12,
                "source": "billing",
                "id": "b-77",
                "type": "bill.voided",
                "code": "no-reader",
                "what": "No reader takes bill.voided from billing.",
                "where": "billing b-77",
                "fix": 'Write one:  @reads(billing, "bill.voided")',
                "known": _RENEWED,
            }
        ],
        "after": None,
    },
    "Heard": {"messages": 1, "heard": 1, "repeated": 0, "known": 0, "set_aside": 0},
    "Ours": {
        "reference": "7H2K-Q9XM",
        "ours": True,
        "at": "2027-01-05T10:00:00Z",
        "channel": "mail",
        "person": "K-7",
        "entity": "Bill",
        "key": "B-2027-01-C-1042",
        "told": {"amount": "34.90 EUR"},
        "rests": {"amount": ["rating", 21]},
        "arrived": True,
    },
}
"""By the name of the document."""

PROBLEMS: dict[int, tuple[str, dict[str, str]]] = {
    400: (
        "something is asked that nobody answers here.",
        {
            "title": "This is answered as of now only: valid cannot be asked for.",
            "code": "not-a-question",
            "where": "parameter valid",
            "fix": "Leave it out. Stories are told as of valid= and known=, timelines as of known=.",
        },
    ),
    401: (
        "nobody is signed in.",
        {
            "title": "Nobody is signed in.",
            "code": "not-signed-in",
            "fix": "Sign in, or send the key in Authorization: Bearer.",
        },
    ),
    403: (
        "whoever asks has no right to this.",
        {
            "title": "No role of Ada may do this.",
            "code": "no-right",
            "fix": "Ask somebody who may, or whoever gives roles.",
        },
    ),
    404: (
        "nothing has this name, or nobody ever spoke of it.",
        {
            "title": "Nobody ever spoke of Contract 'C-1043'.",
            "code": "no-such-name",
            "fix": "Did you mean C-1042?",
        },
    ),
    409: (
        "this may not be done, now or at all.",
        {
            "title": "Repair 4 is done, not handed over.",
            "code": "not-allowed",
            "fix": "Only what was handed over is tried anew by a person.",
        },
    ),
    413: (
        "the body is over its limit.",
        {
            "title": "The body of an action has 16,384 bytes at most.",
            "code": "too-large",
            "where": "body",
            "fix": "Send less: a reason, and a moment where one is asked for.",
        },
    ),
    415: (
        "the body is of another type.",
        {"title": "An action is sent as application/json.", "code": "http-415"},
    ),
    422: (
        "a parameter or the body cannot be read.",
        {
            "title": "'2027' is not a moment.",
            "code": "misread",
            "where": "parameter valid",
            "fix": "Write it by RFC 3339, with its offset: 2027-01-05T09:00:00Z.",
        },
    ),
    503: (
        "the ledger cannot be read or written now.",
        {
            "title": "Another process is writing to the ledger.",
            "code": "ledger-busy",
            "fix": "Send it again in a second.",
        },
    ),
}
"""By status: when it is met, and an example."""
