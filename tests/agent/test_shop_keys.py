"""An agent that has nothing but a shop's own keys reads the shop."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.dev.replay import RecordedSite, load
from app.dev.wordpress_keys import KEY, SECRET
from config.agent import SiteAccess
from tests.agent.conftest import Stage
from tests.agent.test_command import agent
from tests.app.agent_desk import opened
from tests.connectors.site import RECORDED_SITE


@pytest.fixture
def shop() -> Iterator[RecordedSite]:
    made = RecordedSite(load(RECORDED_SITE)).start()
    yield made
    made.stop()


def test_it_reads_the_shop_and_nothing_else(stage: Stage, shop: RecordedSite) -> None:
    desk = opened(stage.desk.app, stage.desk.runtime, stage.desk.owner, shop.url)
    access = SiteAccess(shop.url, "", "", False, keys=(KEY, SECRET))
    stage = dataclasses.replace(stage, desk=desk, access=access)
    said = list[str]()
    stage.work(lambda one: said.append(one.once()))
    assert said == [""]
    connection = desk.connection()
    assert (connection["source"], connection["state"]) == ("woocommerce", "ready")
    (run,) = (desk.owner.get(f"/connections/{connection['id']}/runs").json or {})["items"]
    assert (run["state"], run["detail"]) == ("succeeded", "")
    assert run["created"] > 10
    assert len(desk.contacts()) == run["created"]


def test_as_options_the_environment_and_a_file(shop: RecordedSite, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    given = ["--consumer-key", KEY, "--consumer-secret-file", str(secret)]
    done = agent("doctor", "--site", shop.url, *given)
    assert (done.returncode, "WooCommerce: ready" in done.stdout) == (0, True), done.stdout
    assert "No login was given" not in done.stdout
    done = agent("doctor", "--site", shop.url, CONSUMER_KEY=KEY, CONSUMER_SECRET_FILE=str(secret))
    assert done.returncode == 0, done.stdout
    file = tmp_path / "agent.toml"
    file.write_text(f'site = "{shop.url}"\nconsumer_key = "{KEY}"\nconsumer_secret = "cs_wrong"\n')
    done = agent("doctor", "--config", str(file))
    assert (done.returncode, "WooCommerce: ready" in done.stdout) == (1, False), done.stdout
    assert "cs_wrong" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--consumer-key", KEY], "a shop's keys are both"),
        (["--consumer-secret", SECRET], "a shop's keys are both"),
        (["--consumer-key", SECRET, "--consumer-secret", KEY], "wrong way round"),
    ],
)
def test_half_a_pair_is_refused(given: list[str], words: str) -> None:
    done = agent("doctor", "--site", "http://127.0.0.1:9", *given)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert SECRET not in done.stderr
