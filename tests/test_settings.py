"""The environment, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import PREFIX, Settings, SettingsError, forges, load

OPERATING = Path(__file__).parent.parent / "docs" / "operating.md"


def test_nothing_set_is_a_working_default() -> None:
    settings = load({"PATH": "/bin"})
    assert settings.port == 8080
    assert settings.database.startswith("sqlite:////")
    assert settings.database.endswith("/data/plumbline.sqlite")


def test_a_secret_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("PEM\n")
    settings = load({"PLUMBLINE_GITHUB_PRIVATE_KEY_FILE": str(tmp_path / "key")})
    assert settings.github_private_key.get_secret_value() == "PEM"
    assert "PEM" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PLUMBLINE_PORT": "eighty"}, "PLUMBLINE_PORT"),
        ({"PLUMBLINE_PROT": "80"}, "PLUMBLINE_PROT is no setting"),
        ({"PLUMBLINE_GITHUB_WEBHOOK_SECRET_FILE": "/nowhere"}, "cannot read /nowhere"),
    ],
)
def test_a_wrong_variable_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(environ)


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as error:
        load({"PLUMBLINE_GITHUB_APP_ID": "hunter2"})
    assert "hunter2" not in str(error.value)


def test_what_the_app_needs_is_named_all_at_once() -> None:
    with pytest.raises(SettingsError, match=r"GITHUB_APP_ID.*PRIVATE_KEY.*WEBHOOK_SECRET"):
        forges(load({}))


def test_one_forge_is_enough_and_half_a_one_is_not() -> None:
    gitlab = {
        "PLUMBLINE_GITLAB_URL": "https://gitlab.example",
        "PLUMBLINE_GITLAB_TOKEN": "glpat-x",
    }
    with pytest.raises(SettingsError, match="PLUMBLINE_GITLAB_WEBHOOK_TOKEN must be set"):
        forges(load(gitlab))
    assert forges(load(gitlab | {"PLUMBLINE_GITLAB_WEBHOOK_SIGNING_KEY": "whsec_x"})) == {"gitlab"}


def test_every_setting_is_in_the_manual() -> None:
    manual = OPERATING.read_text()
    missing = [n for n in Settings.model_fields if f"`{PREFIX}{n.upper()}`" not in manual]
    assert missing == []
