"""How long what is over is kept, over the API."""

from app.rules.retention import Kept
from tests.app.conftest import Client

USUAL = Kept().words()


def test_the_installation_says_it_first(owner: Client, viewer: Client) -> None:
    assert owner.get("/workspace/retention").json == USUAL
    assert viewer.get("/workspace/retention").json == USUAL


def test_a_workspace_says_it_for_itself(owner: Client, outsider: Client) -> None:
    changed = owner.patch("/workspace/retention", {"content": 7, "messages": None})
    assert changed.json == {**USUAL, "content": 7, "messages": None}
    said = {**USUAL, "content": 7, "messages": None, "alerts": 1}
    assert owner.patch("/workspace/retention", {"alerts": 1}).json == said
    assert owner.get("/workspace/retention").json == said
    assert outsider.get("/workspace/retention").json == USUAL


def test_what_cannot_be(owner: Client, viewer: Client) -> None:
    for wrong in ({"content": 0}, {"content": 4000}, {"content": "7"}, {"other": 1}):
        assert owner.patch("/workspace/retention", wrong).status_code == 422
    assert viewer.patch("/workspace/retention", {"content": 7}).status_code == 403
