"""What a site counts and does not show an agent, the server tells it, and it tells people."""

from app.agent import record
from app.agent.working import Agent
from tests.agent.conftest import Stage


def status(stage: Stage) -> str:
    return "\n".join(record.described(record.load(stage.folder), stage.spool()))


def test_rows_that_are_counted_and_not_shown(stage: Stage) -> None:
    people = sorted(int(one["id"]) for one in stage.site.people)
    stage.site.hidden = {people[149], people[150], people[151]}
    stage.work(Agent.once)
    connection = stage.desk.connection()
    path = f"/connections/{connection['id']}/runs"
    (run,) = (stage.desk.owner.get(path).json or {})["items"]
    assert (run["state"], run["seen"], run["total"], run["hidden"]) == ("succeeded", 447, 450, 3)
    assert (connection["hidden"], connection["warning"]) == (3, run["detail"])
    assert "counts 3 rows that it did not show" in run["detail"]
    assert f"but      wordpress_users: {run['detail']}" in status(stage)
    stage.site.hidden = set()
    stage.work(Agent.once)
    assert (stage.desk.connection()["hidden"], stage.desk.connection()["warning"]) == (0, "")
    assert "but " not in status(stage)
