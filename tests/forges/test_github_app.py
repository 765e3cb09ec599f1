"""The app over all of its installations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.forges import ForgeError
from bot.forges.github_app import MOST_ATTEMPTS, GitHubApp, git_url_of
from bot.retry import Later
from tests.forge import faults
from tests.forge.auth import key_pair
from tests.forge.state import HookDelivery
from tests.forges.conftest import PROJECT, Rig

NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("api", "git"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.github.com/", "https://github.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://git.acme.example/api/v3", "https://git.acme.example"),
        ("https://acme.example:8443/git/api/v3/", "https://acme.example:8443/git"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_where_git_is_follows_from_where_the_api_is(api: str, git: str) -> None:
    assert git_url_of(api) == git


def test_the_installation_of_a_project_is_looked_up_where_it_is_not_told(rig: Rig) -> None:
    forge = rig.app().acting_for(PROJECT)
    assert forge.pull_request(PROJECT, rig.pull.number)


def test_one_installation_is_one_forge(rig: Rig) -> None:
    app = rig.app()
    assert app.acting_for(PROJECT) is app.acting_for("acme/other", installation(rig))


def test_a_project_without_the_app_is_an_error(rig: Rig) -> None:
    rig.fake.create_repo("stranger/repo", install=False)
    with pytest.raises(ForgeError, match="404 to GET /repos/stranger/repo/installation"):
        rig.app().acting_for("stranger/repo")
    with pytest.raises(ForgeError, match="neither a project nor an installation"):
        rig.app().acting_for("")


def test_projects_are_those_of_every_installation_and_page(rig: Rig) -> None:
    names = [PROJECT, *(f"acme/r{n}" for n in range(2))]
    for name in names[1:]:
        rig.fake.create_repo(name)
    other = rig.fake.create_repo("umbrella/infra").state.installation
    assert other is not None
    expected = [(name, installation(rig)) for name in names] + [("umbrella/infra", str(other.id))]
    assert sorted(rig.app().projects()) == sorted(expected)


def test_suspended_and_broken_installations_are_skipped_and_logged(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    suspended = rig.fake.create_repo("umbrella/infra").state.installation
    broken = rig.fake.create_repo("initech/infra").state.installation
    assert suspended is not None
    assert broken is not None
    suspended.suspended = True
    refused = faults.status(403, "This installation has been suspended")
    rig.fake.faults.add("POST", f"/app/installations/{broken.id}/access_tokens", refused)
    assert list(rig.app().projects()) == [(PROJECT, installation(rig))]
    logged = capsys.readouterr().out
    assert "installation_suspended" in logged
    assert "installation_skipped" in logged


def test_a_rate_limit_ends_the_listing_for_now(rig: Rig) -> None:
    rig.fake.faults.add("GET", "/installation/repositories", faults.secondary_limit(60))
    with pytest.raises(Later):
        list(rig.app().projects())


@pytest.mark.parametrize("key", ["", "nonsense", "cut off", "public"])
def test_a_key_that_cannot_sign_is_an_error_at_once(key: str) -> None:
    private, public = key_pair()
    text = {"cut off": private[:300], "public": public}.get(key, key)
    with pytest.raises(ForgeError, match="give the whole PEM file"):
        GitHubApp(app_id=1, private_key=text)


def test_a_wrong_key_is_an_error_that_says_so(rig: Rig) -> None:
    rig.fake.faults.add("GET", "/app/installations", faults.status(401, "not decoded"))
    with pytest.raises(ForgeError, match=r"401 .*not decoded\. Check the app's id and private key"):
        list(rig.app().projects())


def installation(rig: Rig) -> str:
    grant = rig.repo.state.installation
    assert grant is not None
    return str(grant.id)


def deliver(rig: Rig, guid: str, status_code: int, *, hours_ago: float = 1.0) -> int:
    """Record an attempt to deliver; its id. Later ones must be recorded later."""
    state = rig.fake.hub.state
    attempt = HookDelivery(
        id=state.new_id(),
        guid=guid,
        event="ping",
        action=None,
        payload={},
        installation_id=None,
        repository_id=None,
        delivered_at=NOW - timedelta(hours=hours_ago),
        status="OK" if status_code == 200 else "failed",
        status_code=status_code,
    )
    state.deliveries[attempt.id] = attempt
    return attempt.id


def asked_for(rig: Rig) -> list[str]:
    """The deliveries that were asked for again, once they were sent."""
    rig.fake.webhooks.settle()
    return sorted(each.guid for each in rig.fake.deliveries() if each.redelivery)


def test_what_failed_is_asked_for_again_once(rig: Rig) -> None:
    deliver(rig, "too-old", 500, hours_ago=30)
    deliver(rig, "failed", 500, hours_ago=3)
    deliver(rig, "worked", 200)
    deliver(rig, "worked-later", 502)
    deliver(rig, "worked-later", 202)
    deliver(rig, "failed-twice", 0)
    deliver(rig, "failed-twice", 502)
    for _ in range(MOST_ATTEMPTS):
        deliver(rig, "hopeless", 400)
    assert rig.app().redeliver_failed(NOW - timedelta(hours=24)) == 2
    assert asked_for(rig) == ["failed", "failed-twice"]


def test_failed_deliveries_are_found_on_every_page(rig: Rig) -> None:
    deliver(rig, "failed", 500, hours_ago=2)
    for n in range(230):
        deliver(rig, f"worked-{n}", 200)
    assert rig.app().redeliver_failed(NOW - timedelta(hours=24)) == 1
    assert asked_for(rig) == ["failed"]


def test_one_delivery_that_is_refused_does_not_stop_the_others(rig: Rig) -> None:
    refused = deliver(rig, "refused", 500, hours_ago=2)
    deliver(rig, "failed", 500)
    rig.fake.faults.add("POST", f"/deliveries/{refused}/attempts", faults.status(422, "no"))
    assert rig.app().redeliver_failed(NOW - timedelta(hours=24)) == 1
    assert asked_for(rig) == ["failed"]


def test_asking_again_is_repeated_where_the_answer_is_lost(rig: Rig) -> None:
    deliver(rig, "failed", 500)
    rig.fake.faults.add("POST", "/attempts", faults.reset())
    assert rig.app().redeliver_failed(NOW - timedelta(hours=24)) == 1
