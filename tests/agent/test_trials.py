"""A dry run that is asked for at the server is brought by the agent, and nobody comes in."""

from tests.agent.conftest import Stage


def test_a_dry_run_through_an_agent(stage: Stage) -> None:
    stage.desk.visit(
        findings=[{"source": "wordpress_users", "state": "ready", "detail": "450 rows"}]
    )
    connection = stage.desk.connection()["id"]
    stage.desk.owner.patch(f"/connections/{connection}", {"schedule": None})
    for run in (stage.desk.owner.get(f"/connections/{connection}/runs").json or {})["items"]:
        stage.desk.owner.post(f"/runs/{run['id']}/cancel")
    asked = stage.desk.owner.post(f"/connections/{connection}/runs", {"dry": True})
    assert asked.status_code == 202, asked.text
    stage.work(lambda one: one.once())
    run = stage.desk.owner.get(f"/runs/{(asked.json or {})['id']}").json or {}
    assert (run["state"], run["seen"], run["created"], run["dry"]) == ("succeeded", 450, 446, True)
    assert stage.desk.contacts() == []
    row = stage.desk.owner.post(f"/connections/{connection}/preview", {}).json or {}
    assert row["outcome"] == "create"
