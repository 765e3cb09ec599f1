"""From a webhook to a verdict."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid

import pytest

from tests.demo.story import change, fix, sample
from tests.e2e.conftest import World
from tests.forge import faults
from tests.forge.webhooks import Mishap

APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: main
          image: {image}
          resources:
            requests: {{cpu: 500m, memory: 1Gi}}
"""


def app(name: str = "web", replicas: int = 3, image: str = "registry.example.com/web:1.0") -> str:
    return APP.format(name=name, replicas=replicas, image=image)


def test_a_costly_change_is_failed_and_explained_and_its_fix_passes(world: World) -> None:
    repo = world.repo(sample())
    repo.commit("feature", change())
    pull = repo.open_pull("feature")
    runs = world.verdict(repo, pull)
    assert {name: run.conclusion for name, run in runs.items()} == {
        "plumbline": "failure",
        "plumbline/alignment": "failure",
        "plumbline/cost": "failure",
        "plumbline/policy": "failure",
    }
    marks = runs["plumbline/policy"].annotations
    assert ("prod/sentiment-analyzer/deployment.yaml", 29) in {
        (mark["path"], mark["start_line"]) for mark in marks
    }
    body = world.commented(repo, pull)
    assert "What blocks" in body
    assert "+$2,141.82" in body
    repo.push("feature", fix())
    assert world.verdict(repo, pull)["plumbline"].conclusion == "success"
    assert "plumbline: pass" in world.commented(repo, pull)


def test_a_change_without_infrastructure_succeeds_in_silence(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    repo.commit("docs", {"README.md": "more\n"})
    pull = repo.open_pull("docs")
    runs = world.verdict(repo, pull)
    assert runs["plumbline"].conclusion == "success"
    assert runs["plumbline"].title == "0 infrastructure files changed"
    assert world.fake.comments(repo.full_name, pull.number) == []


def test_a_comment_that_lost_its_subject_is_resolved(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    repo.commit("feature", {"prod/web.yaml": app(image="web"), "README.md": "x"})
    pull = repo.open_pull("feature")
    world.commented(repo, pull)
    repo.push("feature", {"prod/web.yaml": app()})
    assert "resolved" in world.commented(repo, pull)


def test_pushes_in_a_row_end_with_the_newest_judged_and_nothing_pending(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    repo.commit("feature", {"prod/web.yaml": app(replicas=4)})
    pull = repo.open_pull("feature")
    for replicas in range(5, 15):
        repo.push("feature", {"prod/web.yaml": app(replicas=replicas)})
    world.verdict(repo, pull)
    assert "14 × (" in world.commented(repo, pull)

    def nothing_pending() -> bool:
        runs = [r for r in world.fake.hub.state.runs.values() if r.repo is repo.state]
        return all(run.status == "completed" for run in runs)

    world.until("every check run is completed", nothing_pending)


def test_a_fork_is_judged_and_its_suite_can_be_run_again(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    repo.commit("theirs", {"prod/web.yaml": app(image="web:latest")})
    pull = repo.open_pull("theirs", fork=f"mallory/{repo.state.name}", author="mallory")
    assert world.verdict(repo, pull)["plumbline"].conclusion == "neutral"
    repo.commit("main", {".plumbline.yml": "version: 1\nchecks: {image_tag: {severity: fail}}\n"})
    world.fake.rerequest_check_suite(repo.full_name, pull.head_sha)
    world.until(
        "the verdict by the new law",
        lambda: world.verdict(repo, pull)["plumbline"].conclusion == "failure",
    )


def test_a_check_run_can_be_run_again(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app(), ".plumbline.yml": "version: 1\n"})
    repo.commit("feature", {"prod/web.yaml": app(image="web:latest")})
    pull = repo.open_pull("feature")
    first = world.verdict(repo, pull)["plumbline"]
    assert first.conclusion == "neutral"
    repo.commit("main", {".plumbline.yml": "version: 1\nchecks: {image_tag: false}\n"})
    world.fake.rerequest_check_run(first.id)
    world.until(
        "the verdict by the new law",
        lambda: world.verdict(repo, pull)["plumbline"].conclusion == "success",
    )
    world.until(
        "the comment by the new law",
        lambda: "switched off in .plumbline.yml" in world.commented(repo, pull),
    )


def test_a_broken_law_is_an_error_and_can_be_mended(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app(), ".plumbline.yml": "version: 1\nchekcs: {}\n"})
    repo.commit("feature", {"prod/web.yaml": app(replicas=4)})
    pull = repo.open_pull("feature")
    run = world.verdict(repo, pull)["plumbline"]
    assert run.conclusion == "failure"
    assert ".plumbline.yml:2: chekcs: there is no such setting" in str(run.summary)
    repo.commit("mend", {".plumbline.yml": "version: 1\nchecks: {}\n"})
    mend = repo.open_pull("mend")
    assert world.verdict(repo, mend)["plumbline"].conclusion == "neutral"


def test_a_changed_base_is_judged_anew(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    strict = "version: 1\nchecks: {image_tag: {severity: fail}}\n"
    repo.commit("release", {".plumbline.yml": strict})
    repo.commit("feature", {"prod/web.yaml": app(image="web:latest")})
    pull = repo.open_pull("feature")
    assert world.verdict(repo, pull)["plumbline"].conclusion == "neutral"
    pull.change_base("release")
    world.until(
        "the verdict by the other branch's law",
        lambda: world.verdict(repo, pull)["plumbline"].conclusion == "failure",
    )


def test_a_closed_pull_request_is_left_alone(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    repo.commit("feature", {"prod/web.yaml": app(replicas=4)})
    pull = repo.open_pull("feature")
    world.commented(repo, pull)
    pull.close()
    world.fake.webhooks.flush()
    repo.push("feature", {"prod/web.yaml": app(replicas=5)})
    pull.reopen()
    assert world.verdict(repo, pull)["plumbline"].conclusion == "success"


def test_lost_answers_make_no_second_comment_or_check_run(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    path = f"/repos/{repo.full_name}"
    world.fake.faults.add("POST", f"{path}/check-runs$", faults.lost_answer(), times=2)
    world.fake.faults.add("POST", f"{path}/issues/.*/comments$", faults.lost_answer(502))
    world.fake.faults.add("GET", f"{path}/pulls/", faults.status(503))
    repo.commit("feature", {"prod/web.yaml": app(image="web:latest")})
    pull = repo.open_pull("feature")
    world.commented(repo, pull)
    world.verdict(repo, pull)
    names = [run.name for run in world.fake.check_runs(repo.full_name, pull.head_sha)]
    assert sorted(names) == [
        "plumbline",
        "plumbline/alignment",
        "plumbline/cost",
        "plumbline/policy",
    ]
    assert world.fake.faults.pending == 0


def test_a_repeated_delivery_is_known(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    repo.commit("feature", {"prod/web.yaml": app(replicas=4)})
    world.fake.webhooks.disturb(Mishap.TWICE)
    pull = repo.open_pull("feature")
    world.commented(repo, pull)
    world.fake.webhooks.flush()
    answers = [d.response_body for d in world.fake.deliveries()][-2:]
    assert sorted(answers) == ["accepted", "seen before"]


def test_strangers_cannot_take_the_comment_over(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    repo.commit("feature", {"prod/web.yaml": app(replicas=4)})
    world.fake.webhooks.disturb(Mishap.LOST)
    pull = repo.open_pull("feature")
    stolen = f"<!-- plumbline:report head={'0' * 40} seq=99999999999999999 -->\nall is well"
    world.fake.add_comment(repo.full_name, pull.number, stolen)
    repo.push("feature", {"prod/web.yaml": app(replicas=5)})
    world.until(
        "a comment of our own",
        lambda: len(world.fake.comments(repo.full_name, pull.number)) == 2,
    )
    bodies = [c.body for c in world.fake.comments(repo.full_name, pull.number)]
    assert bodies[0] == stolen
    assert f"head={pull.head_sha}" in bodies[1]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-Hub-Signature-256": "sha256=" + "0" * 64}, 401),
        ({"X-Hub-Signature": "sha1=" + "0" * 40}, 401),
    ],
)
def test_what_is_not_signed_is_refused(world: World, headers: dict[str, str], status: int) -> None:
    base = {"X-GitHub-Event": "ping", "X-GitHub-Delivery": str(uuid.uuid4())}
    request = urllib.request.Request(  # noqa: S310 - loopback
        world.fake.webhook_url,
        json.dumps({}).encode(),
        {"Content-Type": "application/json", **base, **headers},
    )
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310 - loopback
    with error.value as answer:
        assert answer.status == status


def test_the_details_show_why_to_who_has_the_link(world: World) -> None:
    repo = world.repo({"prod/web.yaml": app()})
    repo.commit("feature", {"prod/web.yaml": app(image="web<script>")})
    pull = repo.open_pull("feature")
    link = str(world.verdict(repo, pull)["plumbline"].details_url)
    assert f"({link})" in world.commented(repo, pull)
    with urllib.request.urlopen(link, timeout=10) as answer:  # noqa: S310 - loopback
        page = answer.read().decode()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "image-tag-missing" in page
    assert "web&lt;script&gt;" in page
    for broken in (link[:-1] + ("0" if link[-1] != "0" else "1"), link.split("?")[0]):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(broken, timeout=10)  # noqa: S310 - loopback
        with error.value as refusal:
            assert refusal.status == 403


def test_the_metrics_count_the_jobs(world: World) -> None:
    address = world.fake.webhook_url.replace("/webhooks/github", "/metrics")
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - loopback
        text = answer.read().decode()
    assert 'plumbline_jobs{status="SUCCESS"}' in text


def test_no_secret_is_logged(world: World) -> None:
    text = world.log.read_text()
    assert "webhook_accepted" in text
    assert "ghs_" not in text
    assert "PRIVATE KEY" not in text
    assert world.fake.app.webhook_secret not in text
