"""What relays are there for, over the API: types of mail, users, the backup."""

from typing import Any
from uuid import UUID

import pytest

from app.runtime import Runtime
from app.sending.models import Dispatch
from tests.app.campaign_desk import contact, draft
from tests.app.conftest import Client
from tests.app.test_relays import changed, made, seen


def refused(answer: Any, status: int = 422) -> str:
    """The first field that an answer complains about."""
    assert answer.status_code == status, answer.json
    return str(answer.json["errors"][0]["where"])


def types(owner: Client) -> dict[str, str]:
    found = owner.get("/relays").json
    assert found is not None
    return {one["name"]: one["mail_type"] for one in found["items"]}


def test_the_first_serves_all_and_each_other_none(owner: Client) -> None:
    made(owner)
    made(owner, name="Two")
    assert types(owner) == {"Main": "all", "Two": "none"}


def test_another_all_takes_it_over(owner: Client) -> None:
    first = made(owner)
    second = made(owner, name="Two", mail_type="all")
    assert second["is_default"] is True
    assert types(owner) == {"Main": "none", "Two": "all"}
    assert changed(owner, first, mail_type="all")["is_default"] is True
    assert types(owner) == {"Main": "all", "Two": "none"}


def test_the_last_all_cannot_become_something_else(owner: Client) -> None:
    first = made(owner)
    for name in ("newsletter", "segment_triggered", "event_triggered", "api_triggered"):
        made(owner, name=name, mail_type=name)
    for wanted in ("none", "transactional"):
        answer = owner.patch(f"/relays/{first['id']}", {"mail_type": wanted})
        assert refused(answer) == "mail_type"
    assert types(owner)["Main"] == "all"


def test_the_first_relay_cannot_begin_as_something_else(owner: Client) -> None:
    values = {"name": "x", "host": "h.example.com", "port": 587, "encryption": "tls"}
    body = {**values, "from_email": "a@b.example", "mail_type": "newsletter"}
    assert refused(owner.post("/relays", body)) == "mail_type"
    assert types(owner) == {}


def test_one_relay_per_type(owner: Client, outsider: Client) -> None:
    made(owner)
    made(owner, name="Two", mail_type="newsletter")
    third = made(owner, name="Three")
    answer = owner.patch(f"/relays/{third['id']}", {"mail_type": "newsletter"})
    assert refused(answer, 409) == "mail_type"
    assert types(owner)["Three"] == "none"
    made(outsider)
    made(outsider, name="Two", mail_type="newsletter")


@pytest.mark.parametrize(
    "change",
    [
        {"mail_type": "newsletter", "is_default": True},
        {"mail_type": "all", "is_default": False},
    ],
)
def test_two_words_for_one_thing_may_not_contradict(owner: Client, change: Any) -> None:
    made(owner)
    second = made(owner, name="Two")
    assert refused(owner.patch(f"/relays/{second['id']}", change)) == "is_default"


def test_an_excluded_relay_serves_no_type(owner: Client) -> None:
    made(owner, exclude_from_failover=True)
    second = made(owner, name="Two", exclude_from_failover=True)
    answer = owner.patch(f"/relays/{second['id']}", {"mail_type": "newsletter"})
    assert refused(answer) == "mail_type"
    include = {"mail_type": "newsletter", "exclude_from_failover": False}
    changed(owner, second, **include)
    answer = owner.patch(f"/relays/{second['id']}", {"exclude_from_failover": True})
    assert refused(answer) == "exclude_from_failover"


def test_users_lean_on_one_relay_each(owner: Client, member: Client, outsider: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    both = sorted([str(owner.user_id), str(member.user_id)])
    assert changed(owner, first, default_for_users=both)["default_for_users"] == both
    changed(owner, second, default_for_users=[str(member.user_id)])
    assert seen(owner, first)["default_for_users"] == [str(owner.user_id)]
    answer = owner.patch(f"/relays/{second['id']}", {"default_for_users": [str(outsider.user_id)]})
    assert refused(answer) == "default_for_users"
    assert seen(owner, second)["default_for_users"] == [str(member.user_id)]
    assert owner.delete(f"/relays/{first['id']}?reassign_to={second['id']}").status_code == 204
    assert seen(owner, second)["default_for_users"] == both
    assert changed(owner, second, default_for_users=[])["default_for_users"] == []


def test_a_campaign_says_what_it_is_and_who_sends_it(
    owner: Client, member: Client, runtime: Runtime
) -> None:
    made(owner)
    made(owner, name="Hers", default_for_users=[str(member.user_id)], from_email="m@hers.example")
    contact(owner, "p@example.com")
    plain = draft(member)
    assert plain["mail_type"] == "newsletter"
    told = draft(member, mail_type="event_triggered")
    copied = member.post(f"/campaigns/{told['id']}/duplicate", {}).json
    assert copied is not None
    assert copied["mail_type"] == "event_triggered"
    assert owner.post(f"/campaigns/{told['id']}/launch", {}).status_code in (200, 202)
    with runtime.database.reading() as session:
        (dispatch,) = session.query(Dispatch).all()
        assert (dispatch.mail_type, dispatch.user_id) == ("event_triggered", member.user_id)
        assert dispatch.domain == "hers.example"


def test_streams_are_said_and_kept(owner: Client) -> None:
    assert made(owner)["stream"] == "marketing"
    second = made(owner, name="Two", stream="transactional")
    assert changed(owner, second, stream="outreach")["stream"] == "outreach"
    assert refused(owner.patch(f"/relays/{second['id']}", {"stream": "bulk"})) == "stream"
    told = draft(owner, stream="outreach")
    assert (draft(owner)["stream"], told["stream"]) == ("marketing", "outreach")
    copied = owner.post(f"/campaigns/{told['id']}/duplicate", {}).json or {}
    assert copied["stream"] == "outreach"
    answer = _workspace(owner, failover_into_transactional=True)
    assert answer.json["failover_into_transactional"] is True
    assert answer.json["failover_when_blocked"] is False
    assert _workspace(owner, failover_when_blocked=True).json["failover_when_blocked"] is True


def test_an_unknown_mail_type_is_refused(owner: Client) -> None:
    made(owner)
    assert refused(owner.post("/campaigns", {"name": "x", "mail_type": "all"})) == "mail_type"


def _workspace(owner: Client, **values: Any) -> Any:
    return owner.patch("/workspace", values)


def test_one_backup_that_is_not_the_default(owner: Client, outsider: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    third = made(owner, name="Three", exclude_from_failover=True)
    foreign = made(outsider)
    for unfit in (first, third, foreign):
        assert refused(_workspace(owner, backup_relay_id=unfit["id"])) == "backup_relay_id"
    answer = _workspace(owner, backup_relay_id=second["id"])
    assert answer.json["backup_relay_id"] == second["id"]
    for change, where in (
        ({"is_default": True}, "mail_type"),
        ({"mail_type": "all"}, "mail_type"),
        ({"exclude_from_failover": True}, "exclude_from_failover"),
    ):
        assert refused(owner.patch(f"/relays/{second['id']}", change)) == where
    assert _workspace(owner, backup_relay_id=None).json["backup_relay_id"] is None
    assert changed(owner, second, is_default=True)["is_default"] is True


def test_a_backup_that_is_deleted_is_no_backup(owner: Client) -> None:
    made(owner)
    second = made(owner, name="Two")
    _workspace(owner, backup_relay_id=second["id"])
    assert owner.delete(f"/relays/{second['id']}").status_code == 204
    assert (owner.get("/workspace").json or {})["backup_relay_id"] is None


def test_failover_that_finds_nobody_is_warned_about(owner: Client) -> None:
    made(owner)
    second = made(owner, name="Two", from_email="two@example.com")
    same = _workspace(owner, failover_enabled=True, failover_from_policy="same_from_only")
    assert "same From" in same.json["warnings"][0]
    assert _workspace(owner, failover_from_policy="rewrite").json["warnings"] == []
    assert _workspace(owner, backup_relay_id=second["id"]).json["warnings"] == []
    changed(owner, second, enabled=False)
    assert "backup" in (owner.get("/workspace").json or {})["warnings"][0]
    assert refused(_workspace(owner, failover_from_policy="keep")) == "failover_from_policy"


def test_the_heir_of_the_default_is_not_the_backup(owner: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    _workspace(owner, backup_relay_id=second["id"])
    answer = owner.delete(f"/relays/{first['id']}?reassign_to={second['id']}")
    assert refused(answer) == "mail_type"
    assert UUID(seen(owner, first)["id"])
