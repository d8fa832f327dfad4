"""A process of its own that drives the parsers of the doors to where no test thought of.

    python -m tests.faults.fuzz_doors SECONDS [TARGET]

ends with 0 if for so many seconds nothing but what is declared was raised, and all that was taken is true.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import atheris  # type: ignore[import-untyped]
from standardwebhooks import Webhook

with atheris.instrument_imports(include=["onestory.intake", "onestory.office.http.body"]):
    from onestory import Company, Message, System, Unreadable
    from onestory.clock import micros
    from onestory.errors import MessageError, NotSigned, TooLarge
    from onestory.intake import Arrived, Signed, Webhooks, secret_of, signature, verified
    from onestory.intake.message import MAX_ID, batch, binary, structured
    from onestory.office.http.body import MAX_COUNT, MAX_DEPTH, check_shape

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - that of the published example
KEY = secret_of(SECRET) or b""
NOW = datetime(2027, 1, 5, 9, tzinfo=UTC)
AT = int(NOW.timestamp())
SHOP = Webhooks(System("shop", of=Company("Acme")), "SECRET", "$.type", "$.n", "here")

EVENT = b'{"specversion":"1.0","id":"R-1","source":"/c","type":"t","sequence":"7","data":{"a":[1]}}'
BASE64 = (
    b'{"specversion":"1.0","id":"R-1","source":"s%20p","type":"t","data_base64":"eyJhIjoxfQ=="}'
)
TIMED = (
    b'{"specversion":"1.0","id":"R-1","source":"s","type":"t","time":"2027-01-05T10:00:00+01:00"}'
)


def true_of(arrived: Arrived) -> None:
    """What was taken has an id and a source; what was not has a reason, and keeps its bytes."""
    if isinstance(arrived, Unreadable):
        assert arrived.reason.what
        assert arrived.id
        return
    assert 0 < len(arrived.id) <= MAX_ID
    assert 0 < len(arrived.system) <= MAX_ID
    assert arrived.sequence is None or isinstance(arrived.sequence, int)
    again = structured(arrived.raw)
    assert isinstance(again, Message), again
    assert (again.id, again.system, again.type) == (arrived.id, arrived.system, arrived.type)


def a_structured_event(data: bytes) -> None:
    """Any bytes are an event, or are set aside."""
    true_of(structured(data))


def a_batch(data: bytes) -> None:
    """Any bytes are a list of those, or are refused whole."""
    try:
        arrived = list(batch(data))
    except MessageError:
        return
    for one in arrived:
        true_of(one)


def a_binary_event(data: bytes) -> None:
    """Any headers and any body, parted by an empty line."""
    head, _, body = data.partition(b"\n\n")
    lines = [line.partition(":") for line in head.decode("latin-1").split("\n")]
    true_of(binary({name: value.strip() for name, _, value in lines}, body))


def the_shape_of_a_body(data: bytes) -> None:
    """JSON is refused if, and only if, it is nested too deeply."""
    try:
        check_shape(data)
        refused = False
    except TooLarge:
        refused = True
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_values)
    except (ValueError, RecursionError):
        return
    assert len(data) < MAX_COUNT  # so that it cannot be a list of too many
    assert refused == (depth(found) > MAX_DEPTH), (refused, depth(found))


def the_headers_of_a_webhook(data: bytes) -> None:
    """Only what the package of Standard Webhooks takes, too, is taken; nothing but NotSigned is raised."""
    parts = data.decode("latin-1").split("\n", 3)
    name, at, said, body = (*parts, "", "", "", "")[:4]
    raw = body.encode("latin-1")
    sign = said.replace("{}", signature(KEY, "m", AT, raw))
    headers = {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": sign}
    try:
        verified(headers, raw, [KEY], micros(NOW))
    except NotSigned:
        return
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return  # the package signs text only
    assert Webhook(SECRET).sign(name, NOW.fromtimestamp(int(at), UTC), text) in sign.split()


def a_webhook(data: bytes) -> None:
    """Any signed body is messages, or is set aside."""
    for one in SHOP.read(Signed("m", AT), data):
        true_of(one)


def _values(pairs: list[tuple[str, object]]) -> list[object]:
    """An object as the list of its values, of which a name that stands twice has two."""
    return [value for _, value in pairs]


def depth(found: object) -> int:
    """How many lists and objects stand within each other, counted without recursion."""
    deepest, left = 0, [(found, 0)]
    while left:
        one, above = left.pop()
        if isinstance(one, list):
            deepest = max(deepest, above + 1)
            left += [(each, above + 1) for each in one]
    return deepest


SIGNED = f"m\n{AT}\n{{}} v1,x\n".encode()
TARGETS: dict[str, tuple[Callable[[bytes], None], list[bytes]]] = {
    "structured": (a_structured_event, [EVENT, BASE64, TIMED, b"[" * 2000, b"\xff"]),
    "batch": (a_batch, [b"[" + EVENT + b"," + BASE64 + b"]", b"[]", b"[1,null]"]),
    "binary": (
        a_binary_event,
        [b'ce-specversion: 1.0\nce-id: R-1\nce-source: /s%20p\nce-type: t\n\n{"a": 1}'],
    ),
    "shape": (
        the_shape_of_a_body,
        [b'[{"a":"]}"},{"b":"\\"["}]', b"[" * 64 + b"]" * 64, b"[" * 65 + b"]" * 65, b'"' * 9],
    ),
    "headers": (the_headers_of_a_webhook, [SIGNED, SIGNED + b'{"a":1}', b"m\n1e9\nv1,\n"]),
    "webhook": (a_webhook, [EVENT, b'{"type":"t","n":"3"}', b"[" + EVENT + b"]", b"{}"]),
}


def main() -> None:
    """Drive one of them, or all in turn."""
    names = sys.argv[2:] or list(TARGETS)

    def one(data: bytes) -> None:
        if data:
            TARGETS[names[data[0] % len(names)]][0](data[1:])

    with tempfile.TemporaryDirectory() as corpus:
        for place, name in enumerate(names):
            for number, seed in enumerate(TARGETS[name][1]):
                Path(corpus, f"{name}-{number}").write_bytes(bytes([place]) + seed)
        options = [f"-max_total_time={sys.argv[1]}", "-max_len=4096", "-timeout=10", "-seed=1"]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={corpus}/", corpus], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
