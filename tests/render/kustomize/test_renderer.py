from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.render.cache import Cache
from bot.render.materialise import materialise
from bot.render.rendered import Rendered, RenderedObject
from bot.render.rendered_json import dumped, loaded
from bot.render.renderer import Renderer
from bot.render.roots.model import Rendering, Root, RootKind
from bot.render.roots.trouble import trouble
from checks.model import Location, Place, RenderFailure
from tests.render.kustomize.building import Committed, needs_kustomize, root

_MIB = 1024 * 1024

WEB = {
    "web/kustomization.yaml": "resources: [web.yaml]\nreplicas: [{name: web, count: 3}]\n",
    "web/web.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n"
    ),
}


class Counting(Committed):
    """Counts how often its files were read."""

    reads = 0

    def read(self, paths):  # type: ignore[no-untyped-def]
        self.reads += 1
        return super().read(paths)


def replicas(rendered: Rendered) -> object:
    assert rendered.failures == ()
    (one,) = rendered.objects
    return one.body["spec"]["replicas"]  # type: ignore[call-overload,index]


@needs_kustomize
def test_each_content_is_rendered_once_and_then_known(tmp_path: Path) -> None:
    cache = Cache(tmp_path, _MIB)
    base, head = Counting({**WEB, "other.txt": "a"}), Counting({**WEB, "other.txt": "b"})
    web = root("web", WEB)
    first = Renderer(cache, Rendering()).render([(web, base), (web, head)])
    assert [replicas(one) for one in first] == [3, 3]
    assert base.reads + head.reads == 1
    again = Renderer(cache, Rendering()).render([(web, base)])
    assert again[0] == first[0]
    assert base.reads + head.reads == 1
    assert first[0].objects[0].origins["spec", "replicas"].line == 2


@needs_kustomize
def test_whatever_it_depends_on_makes_it_another(tmp_path: Path) -> None:
    cache = Cache(tmp_path, _MIB)
    before = Counting(WEB)
    web = root("web", WEB)
    Renderer(cache, Rendering()).render([(web, before)])
    edited = Counting({**WEB, "web/web.yaml": WEB["web/web.yaml"].replace("apps/v1", "apps/v2")})
    moved = Counting({path.replace("web/", "w/"): data for path, data in WEB.items()})
    laid = root("web", WEB, overlay={"namespace": "x"})
    for files, one in ((edited, web), (moved, root("w", moved.entries)), (before, laid)):
        count = files.reads
        (rendered,) = Renderer(cache, Rendering()).render([(one, files)])
        assert rendered.failures == ()
        assert files.reads == count + 1


@needs_kustomize
def test_a_bad_root_is_its_own_affair_and_known_too(tmp_path: Path) -> None:
    files = Counting({**WEB, "bad/kustomization.yaml": "resources: [gone.yaml]\n"})
    wanted = [(root("bad", ["bad/kustomization.yaml"]), files), (root("web", WEB), files)]
    cache = Cache(tmp_path, _MIB)
    for _ in range(2):
        bad, good = Renderer(cache, Rendering()).render(wanted)
        assert [f.code for f in bad.failures] == ["kustomize-missing"]
        assert replicas(good) == 3
    assert files.reads == 2


def test_what_needs_no_tool() -> None:
    files = Counting(WEB)
    why = trouble("kustomize-cycle", Location(path="a", line=2), "it is built on itself")
    note = trouble("flux-values-unknown", Location(path="b"), "a Secret")
    failed = replace(root("web", WEB), failure=why, notes=(note,))
    off = replace(Rendering(), enabled=frozenset({RootKind.HELM}))
    assert Renderer(None, Rendering()).render([(failed, files)]) == [Rendered(failures=(why, note))]
    (switched_off,) = Renderer(None, off).render([(root("web", WEB), files)])
    assert [(f.code, f.broken) for f in switched_off.failures] == [("render-off", False)]
    assert files.reads == 0
    assert Renderer(None, Rendering()).render([]) == []


@needs_kustomize
def test_notes_are_added_and_not_remembered(tmp_path: Path) -> None:
    note = trouble("flux-values-unknown", Location(path="b"), "a Secret")
    cache = Cache(tmp_path, _MIB)
    noted = replace(root("web", WEB), notes=(note,))
    (first,) = Renderer(cache, Rendering()).render([(noted, Committed(WEB))])
    (second,) = Renderer(cache, Rendering()).render([(root("web", WEB), Committed(WEB))])
    assert (first.failures, second.failures) == ((note,), ())


def test_without_a_tool_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (rendered,) = Renderer(None, Rendering()).render([(root("web", WEB), Committed(WEB))])
    (why,) = rendered.failures
    assert (why.code, why.broken) == ("render-tool", False)
    assert "no kustomize and no kubectl" in why.error


def test_a_tool_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "kubectl"
    old.write_text("#!/bin/sh\necho 'Client Version: version.Info{GitVersion:\"v1.20.2\"}'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    (rendered,) = Renderer(None, Rendering()).render([(root("web", WEB), Committed(WEB))])
    assert "kubectl v1.20.2 is too old: 1.27 is the oldest" in rendered.failures[0].error


@needs_kustomize
def test_links_are_refused_and_never_followed() -> None:
    files = Committed({**WEB, "web/web.yaml": "/etc/passwd"}, modes={"web/web.yaml": "120000"})
    (rendered,) = Renderer(None, Rendering()).render([(root("web", WEB), files)])
    assert rendered.objects == ()
    assert [f.code for f in rendered.failures] == ["symlink", "kustomize-missing"]


def test_only_regular_files_inside_of_the_folder_are_written(tmp_path: Path) -> None:
    files = Committed(
        {"a/b.txt": "x", "../out.txt": "x", "/abs.txt": "x", "c/./d": "x", "big": "x" * 100},
        modes={"link": "120000"},
    )
    folder = tmp_path / "in" / "side"
    folder.mkdir(parents=True)
    refused = materialise(files, [*files.entries, "absent"], folder, max_bytes=50)
    assert sorted((f.location.path, f.code) for f in refused) == [
        ("../out.txt", "path"),
        ("/abs.txt", "path"),
        ("big", "too-large"),
        ("c/./d", "path"),
    ]
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()] == [
        "in/side/a/b.txt"
    ]


def test_json_there_and_back() -> None:
    rendered = Rendered(
        objects=(
            RenderedObject(
                body={"kind": "Pod", "spec": {"a": [1, 2.5, None, True, "é\u2028"]}},
                source=Location(path="a.yaml", line=3),
                lines=(1, {"spec": (2, {"a": (3, [4, (5, {"x": 6}), 7])})}),
                origins={("spec", "a", 0): Location(path="b.yaml", line=9)},
                place=Place(provider="aws", region="eu-west-1"),
            ),
            RenderedObject(body={}, source=Location(path="c")),
        ),
        failures=(
            RenderFailure(
                location=Location(path="d", line=1), code="c", error="e", remedy="r", broken=False
            ),
        ),
    )
    assert loaded(dumped(rendered)) == rendered


@needs_kustomize
def test_a_cache_full_of_nonsense_does_no_harm(tmp_path: Path) -> None:
    cache = Cache(tmp_path, _MIB)
    Renderer(cache, Rendering()).render([(root("web", WEB), Committed(WEB))])
    (path,) = (p for p in tmp_path.rglob("*.bin"))
    key = path.parent.name + path.stem
    for nonsense in (b"[]", b"{", b'{"objects":[{}],"failures":[]}', b"[" * 100_000):
        cache.put(key, nonsense)
        (rendered,) = Renderer(cache, Rendering()).render([(root("web", WEB), Committed(WEB))])
        assert replicas(rendered) == 3


@needs_kustomize
def test_several_are_built_at_a_time() -> None:
    files = {
        path.replace("web/", f"w{number}/"): data
        for number in range(6)
        for path, data in WEB.items()
    }
    tree = Committed(files)
    wanted: list[tuple[Root, Committed]] = [
        (root(f"w{n}", [p for p in files if p.startswith(f"w{n}/")]), tree) for n in range(6)
    ]
    done = Renderer(None, Rendering(), workers=3).render(wanted)
    assert [replicas(one) for one in done] == [3] * 6
    assert [one.objects[0].source.path for one in done] == [f"w{n}/web.yaml" for n in range(6)]
