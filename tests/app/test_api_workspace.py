"""The workspace over the API: read, change, warn."""

import pytest

from tests.app.conftest import Client, on_sqlite


def test_the_owner_reads_her_workspace(owner: Client) -> None:
    answer = owner.get("/workspace")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["id"] == str(owner.workspace_id)
    assert answer.json["failover_enabled"] is False
    assert answer.json["warnings"] == []


def test_failover_without_a_second_relay_warns(owner: Client) -> None:
    answer = owner.patch("/workspace", {"failover_enabled": True})
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["failover_enabled"] is True
    assert "second relay" in answer.json["warnings"][0]


def test_what_is_not_given_stays(owner: Client) -> None:
    owner.patch("/workspace", {"name": "Ferry", "timezone": "Europe/Berlin"})
    answer = owner.patch("/workspace", {"failover_enabled": False})
    assert answer.json is not None
    assert (answer.json["name"], answer.json["timezone"]) == ("Ferry", "Europe/Berlin")


@on_sqlite
@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 100_000}, "name"),
        ({"name": "a\r\nBcc: b@example.com"}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"failover_enabled": "yes"}, "failover_enabled"),
        ({"failover_enabled": 1}, "failover_enabled"),
        ({"nmae": "x"}, "nmae"),
    ],
)
def test_bad_input_is_named(owner: Client, body: dict[str, object], where: str) -> None:
    answer = owner.patch("/workspace", body)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert [error["where"] for error in answer.json["errors"]] == [where]
    unchanged = owner.get("/workspace").json
    assert unchanged is not None
    assert unchanged["name"] == "owner's"
