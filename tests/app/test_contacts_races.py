"""Many at the same moment: one contact, one list, no error."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from werkzeug.test import TestResponse

from tests.app.conftest import Client
from tests.waiting import PATIENCE

_MANY = 6


def at_once(ask: Callable[[int], TestResponse]) -> Counter[int]:
    """How often each status came back."""
    start = Barrier(_MANY)

    def one(number: int) -> int:
        start.wait(PATIENCE)
        return ask(number).status_code

    with ThreadPoolExecutor(_MANY) as pool:
        return Counter(pool.map(one, range(_MANY)))


def test_only_one_creates(owner: Client) -> None:
    body = {"email": "ada@example.com"}
    assert at_once(lambda _: owner.post("/contacts", body)) == {201: 1, 409: _MANY - 1}


def test_upserts_meet(owner: Client) -> None:
    owner.post("/fields", {"key": "size", "label": "Size"})

    def ask(number: int) -> TestResponse:
        body = {
            "email": "ADA@example.com" if number % 2 else "ada@example.com",
            "fields": {"size": str(number)},
            "lists": ["News", "Letters"] if number % 2 else ["Letters", "News"],
            "tags": [f"t{number}"],
        }
        return owner.post("/contacts/upsert", body)

    assert at_once(ask) == {201: 1, 200: _MANY - 1}
    (contact,) = (owner.get("/contacts").json or {})["items"]
    assert len(contact["lists"]) == 2
    assert len(contact["tags"]) == _MANY


def test_only_one_list_gets_the_name(owner: Client) -> None:
    assert at_once(lambda _: owner.post("/lists", {"name": "News"})) == {201: 1, 409: _MANY - 1}
