"""The matrix of rights: every route and every pushed event, asked by every role, about its own and others'.

The cases come from the file that the office itself goes by; the answers, from an application that runs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from fastapi import Depends, FastAPI
from starlette.requests import Request
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from onestory import message
from onestory.errors import NoRight, NoRow
from onestory.office.auth import Caller, Right, Rights
from onestory.office.auth.own import may_be_pushed
from onestory.office.auth.rights import EVENT, NOBODY_COLUMN, allowed, routes_of
from onestory.office.http.owned import refuse_others_telling
from onestory.office.http.watched import may_see, still_allowed
from onestory.office.live import Topic
from onestory.office.repaired import Confirmed
from onestory.testing import NINE

from ..ledger.acme import Contract, contracts
from .auth.house import KIM, KIMS, Browser, House
from .planned import event, known_contracts, router

pytestmark = pytest.mark.sqlite  # who may ask is the same on any ledger

RIGHTS = Rights.load()
PASSWORDS = "seven green lanterns at dusk"
CUSTOMERS = ("Customer", "K-1")
OWN, OTHER = "own", "other"

SAMPLES: dict[str, dict[str, str]] = {
    "{entity}": {OWN: "Contract", OTHER: "Contract"},
    "/people/{entity}": {OWN: "/people/Customer", OTHER: "/people/Customer"},
    "{key}": {OWN: "C-1", OTHER: "C-2"},
    "Customer/{key}": {OWN: "Customer/K-1", OTHER: "Customer/K-2"},
    "{number}": {OWN: "1", OTHER: "1"},
    "{reference}": {OWN: "R-1", OTHER: "R-2"},
    "{session}": {OWN: "00", OTHER: "00"},
    "{provider}": {OWN: "corp", OTHER: "corp"},
    "{system}": {OWN: "billing", OTHER: "contracts"},
    "{hook}": {OWN: "1", OTHER: "1"},
    "{name}": {OWN: "no.css", OTHER: "no.css"},
}
"""What stands for the parts of a path, longest first."""

TELLINGS = "GET /tellings/{reference}"


def cloud(source: str) -> dict[str, Any]:
    """An event that a system sends."""
    return {"specversion": "1.0", **event(source, 1)}


BODIES: dict[str, dict[str, Any]] = {
    "POST /events": {OWN: [cloud("billing")], OTHER: [cloud("contracts")]},
}
"""What is sent; nothing, if left out."""

QUERIES = {
    "GET /stories/{entity}/{key}": "?channel=portal",
    "GET /live": "?topic=nonsense",
}
"""What is asked for besides: what somebody needs who sees only their own; and no stream without an end."""

REFUSALS = {"POST /events": "not-allowed", "GET /asides": "", "GET /live": "", TELLINGS: ""}
"""What is said of others', where it is not that one has no right to ask: each message is answered by itself;
others' are left out of a list; a stream is about topics, each of which has its row; and a message that
nobody sent is nobody's (below)."""


class Case(NamedTuple):
    """Somebody asks something."""

    row: str
    role: str
    whose: str

    @property
    def right(self) -> Right:
        """What the matrix says."""
        return RIGHTS.rows[self.row][self.role]

    def __str__(self) -> str:
        return f"{self.row} {self.role} {self.whose}"


@cache
def whole() -> FastAPI:
    """An application as an office serves it."""
    house = House(whole=True)
    house.close()
    return house.app


def cases(*, pushed: bool) -> list[Case]:
    """Every case of the matrix, of rows that have their route."""
    there = {row for row, _ in routes_of(whole())}
    return [
        Case(row, role, whose)
        for row, rights in RIGHTS.rows.items()
        if (row.startswith(EVENT) if pushed else row in there)
        for role in rights
        for whose in (OWN, OTHER)
    ]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """An office with two customers, and somebody of every role."""
    house = House(whole=True)
    known_contracts(house.timeline)
    for source in ("billing", "contracts"):
        house.office.hear(message(source, "nobody.reads", {}, id=f"{source}-aside"))
    yield house
    house.close()


@pytest.fixture(scope="module")
def people(house: House) -> dict[str, Browser]:
    """Somebody of every role: by an account, or by a key where it is a program's role."""
    found = {NOBODY_COLUMN: house.browser()}
    found[NOBODY_COLUMN].headers.update(_of_pages(found[NOBODY_COLUMN]))
    for role in house.auth.accounts.roles:
        if role == "monitor":
            continue
        person = CUSTOMERS if role == "customer" else None
        house.auth.accounts.add(f"a-{role}", PASSWORDS, roles=[role], person=person, by="test")
    for role, key in (
        ("system", house.auth.keys.add(by="test", system="billing")),
        ("monitor", house.auth.keys.add(by="test", roles=["monitor"])),
    ):
        found[role] = house.browser()
        found[role].headers["authorization"] = f"Bearer {key}"
    return found


def somebody(house: House, people: dict[str, Browser], role: str) -> Browser:
    """Somebody of a role, signed in: an earlier case may have signed them out."""
    if role == NOBODY_COLUMN:
        return people[role]
    if role not in people or people[role].get("/me").status_code == 401:
        people[role] = house.browser()
        assert people[role].sign_in(f"a-{role}", PASSWORDS).status_code == 200
    return people[role]


def _of_pages(browser: Browser) -> dict[str, str]:
    return {"x-csrf-token": browser.token()}


@pytest.mark.parametrize("case", cases(pushed=False), ids=str)
def test_a_route_answers_each_role_as_the_matrix_says(
    case: Case, house: House, people: dict[str, Browser]
) -> None:
    """What is refused is refused for that reason; what is allowed is not refused for want of a right."""
    method, path = case.row.split(" ")
    for part in sorted(SAMPLES, key=len, reverse=True):
        path = path.replace(part, SAMPLES[part][case.whose])
    body = BODIES.get(case.row, {}).get(case.whose)
    path += QUERIES.get(case.row, "")
    asked = somebody(house, people, case.role)
    batch = (
        {"content-type": "application/cloudevents-batch+json"} if case.row == "POST /events" else {}
    )
    answer = asked.request(method, path, json=body, headers=batch)

    assert "{" not in path, "write a sample for this part of a path"
    assert answer.status_code < 500
    said = "" if case.row == "GET /openapi.json" and answer.is_success else answer.text
    refused = re.findall(r'"code":"(not-signed-in|no-right|not-allowed)"', said)
    if case.right is Right.NO:
        nobody = case.role == NOBODY_COLUMN
        assert answer.status_code == (401 if nobody else 403)
        assert refused == ["not-signed-in" if nobody else "no-right"]
    elif case.right is Right.ALL or case.whose == OWN:
        assert "no-right" not in refused
    else:
        code = REFUSALS.get(case.row, "no-right")
        assert refused == ([code] if code else [])


@pytest.mark.parametrize("case", cases(pushed=True), ids=str)
def test_an_event_is_pushed_to_each_role_as_the_matrix_says(case: Case, house: House) -> None:
    """Whoever listens gets what concerns them, and nothing else."""
    nobody = case.role == NOBODY_COLUMN
    person = CUSTOMERS if case.role == "customer" else None
    caller = Caller("nobody" if nobody else "account", roles=frozenset([case.role]), person=person)
    key = "C-1" if case.whose == OWN else "C-2"
    right = house.auth.rights.of(caller, case.row)
    pushed = may_be_pushed(house.office, caller, right, Contract, key)

    assert pushed is (case.right is Right.ALL or (case.right is Right.OWN and case.whose == OWN))


def test_a_system_sees_what_was_set_aside_of_its_own(
    house: House, people: dict[str, Browser]
) -> None:
    """And an engineer all of it."""
    mine = somebody(house, people, "system").get("/asides").json()
    all_of_them = somebody(house, people, "engineer").get("/asides").json()

    assert [row["source"] for row in mine["asides"]] == ["billing"]
    assert {row["source"] for row in all_of_them["asides"]} == {"billing", "contracts"}
    assert sum(mine["counts"].values()) == 1


def test_a_customer_is_told_by_a_channel_and_only_their_own(
    house: House, people: dict[str, Browser]
) -> None:
    """What every party says is not for them, and neither is what somebody else disputes."""
    kim = somebody(house, people, "customer")
    inside = kim.get("/stories/Contract/C-1")
    others = kim.get("/stories/Contract/C-1?channel=portal&person=Customer/K-2")
    nobodys = kim.get("/stories/Contract/C-9?channel=portal")
    desks = kim.get("/stories/Contract/C-1?channel=agent desk")

    assert (desks.status_code, desks.json()["where"]) == (403, "channel")
    assert inside.json()["where"] == "channel"
    assert (others.status_code, nobodys.status_code) == (403, 403)
    assert kim.get("/stories/Contract/C-1?channel=portal&person=Customer/K-1").status_code == 200


@pytest.mark.parametrize(
    ("topic", "sees"),
    [
        (Topic("subject", "Contract/C-1", "portal"), True),
        (Topic("subject", "Contract/C-1"), False),
        (Topic("subject", "Contract/C-1", "agent desk"), False),
        (Topic("subject", "Contract/C-2", "portal"), False),
        (Topic("person", "Customer/K-1"), True),
        (Topic("person", "Customer/K-2"), False),
        (Topic("counters"), False),
    ],
    ids=str,
)
def test_a_customer_watches_their_own_and_nothing_else(
    topic: Topic, *, sees: bool, house: House
) -> None:
    """By a channel, as it is told to them; an agent watches all of these."""
    kim = Caller("account", "a-customer", frozenset({"customer"}), person=CUSTOMERS)
    lea = Caller("account", "a-agent", frozenset({"agent"}))
    asked = [Request({"type": "http", "state": {"caller": who}}) for who in (kim, lea)]

    assert [may_see(house.auth, one, topic) for one in asked] == [sees, True]


def test_a_customer_watches_what_is_theirs_and_no_longer() -> None:
    """C-1 goes from K-1 to K-2 while K-1 watches it: the session goes on, and this topic does not."""
    house = House()
    known_contracts(house.timeline)
    secret, kim = asyncio.run(house.auth.sign_in(KIM, KIMS, address="192.0.2.7"))
    theirs = Topic("subject", "Contract/C-1", "portal")
    themselves = Topic("person", "Customer/K-1")
    before = still_allowed(house.auth, kim, [theirs, themselves])
    house.timeline.says(contracts, Contract.holder, "C-1", "K-2")
    after = still_allowed(house.auth, kim, [theirs, themselves])
    house.auth.sessions.end(kim, kim.session)
    ended = still_allowed(house.auth, kim, [theirs, themselves])
    house.close()

    assert secret
    assert (list(before), list(after), list(ended)) == ([theirs, themselves], [themselves], [])


def test_a_message_is_confirmed_to_whom_it_went() -> None:
    """To nobody else, though they know its reference; a supervisor may look at any."""
    told = Confirmed("7H2K-Q9XM", NINE, "mail", "K-1", "Contract", "C-1", {}, {}, True)  # noqa: FBT003
    kim = Caller("account", "kim", frozenset({"customer"}), person=CUSTOMERS)
    kai = Caller("account", "kai", frozenset({"customer"}), person=("Customer", "K-2"))
    asked = {
        who.name: Request({"type": "http", "state": {"caller": who, "right": Right.OWN}})
        for who in (kim, kai)
    }
    refuse_others_telling(asked["kim"], told)
    refuse_others_telling(Request({"type": "http", "state": {"right": Right.ALL}}), told)

    with pytest.raises(NoRight, match="did not go to you"):
        refuse_others_telling(asked["kai"], told)


def test_whoever_has_several_roles_has_the_best_of_them() -> None:
    """A floor lead who is an agent, too, sees what either may."""
    both = Caller("account", "lea", frozenset({"floor", "agent"}))
    unknown = Caller("account", "eve", frozenset({"no-such-role"}))

    assert RIGHTS.of(both, "GET /repairs") is Right.ALL
    assert RIGHTS.of(unknown, "GET /me") is Right.NO


def test_every_row_has_its_route() -> None:
    """A row that no route has promises what is not there."""
    assert RIGHTS.without_route(whole()) == []


def test_an_application_with_a_route_that_has_no_row_does_not_start() -> None:
    """The error names what is missing, and where to write it."""
    app = FastAPI(openapi_url=None, dependencies=[Depends(allowed)])
    for path in ("/secrets/{key}", "/stories/{entity}/{key}", "/more"):
        app.add_api_route(path, lambda: None, methods=["GET", "DELETE"])

    with pytest.raises(NoRow) as refused:
        RIGHTS.guard(app)

    assert refused.value.what.endswith(
        "for DELETE /more, DELETE /secrets/{key}, DELETE /stories/{entity}/{key}, GET /more, "
        "GET /secrets/{key}."
    )
    assert refused.value.where == "office/auth/matrix.toml"
    assert "GET /path/{key}" in refused.value.fix


def test_an_application_with_a_route_that_asks_nobody_does_not_start() -> None:
    """A row is no use to a route that does not ask for it."""
    app = FastAPI(openapi_url=None)
    app.add_api_route("/metrics", lambda: None, methods=["GET"])

    with pytest.raises(NoRow, match="GET /metrics does not ask who may"):
        RIGHTS.guard(app)


def test_files_are_for_everybody_or_not_mounted(tmp_path: Any) -> None:
    """What is mounted asks nobody, so its row must let everybody in."""
    app = FastAPI(openapi_url=None, routes=[Mount("/static", StaticFiles(directory=tmp_path))])
    with pytest.raises(NoRow, match=re.escape("GET /static/{path}")):
        RIGHTS.guard(app)

    everybody = dict.fromkeys([NOBODY_COLUMN, *RIGHTS.roles], Right.ALL)
    Rights(RIGHTS.roles, {"GET /static/{path}": everybody}).guard(app)


def test_a_route_under_a_prefix_is_asked_by_its_whole_path() -> None:
    """A router may be included under a prefix; its rows name the path as it is asked."""
    app = FastAPI(openapi_url=None)
    app.include_router(router, prefix="/v1")
    with pytest.raises(NoRow, match=re.escape("GET /v1/contradictions")):
        RIGHTS.guard(app)

    nobodys = {row: RIGHTS.rows["GET /healthz"] for row, _ in routes_of(app)}
    engineers = {"GET /v1/contradictions": RIGHTS.rows["GET /hooks"]}
    rows = Rights(RIGHTS.roles, {**RIGHTS.rows, **nobodys, **engineers})
    house = House(app=app, rights=rows)
    asked = [house.browser().get(path) for path in ("/v1/metrics", "/v1/contradictions")]
    house.close()

    assert [answer.status_code for answer in asked] == [200, 401]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('roles.agent = "A."\nmatrix.columns = ["agent"]\nmatrix.rows = {}', "not its roles"),
        (
            'roles.agent = "A."\nmatrix.columns = ["nobody", "agent"]\nmatrix.rows."GET /" = ["no"]',
            "'GET /' does not say a right",
        ),
        (
            'roles.a = "A."\nmatrix.columns = ["nobody", "a"]\nmatrix.rows."GET /" = ["no", "some"]',
            "'GET /' does not say a right",
        ),
    ],
)
def test_a_matrix_that_leaves_something_open_is_refused(text: str, says: str) -> None:
    """Each row says one of three words for each column, and each role has a column."""
    with pytest.raises(NoRow, match=says):
        Rights.load(text)


def test_no_role_is_left_out_of_the_cases() -> None:
    """Nor a route that is there."""
    found = cases(pushed=False)

    assert {case.role for case in found} == {NOBODY_COLUMN, *RIGHTS.roles}
    assert {case.row for case in found} == {row for row, _ in routes_of(whole())}
