"""The README's promises about settings and commands stay true."""

from __future__ import annotations

import re
from pathlib import Path

from app.cli import main
from app.settings import Settings

README = (Path(__file__).parent.parent.parent / "README.md").read_text()


def test_the_settings_table_lists_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \| (?:`(.*)`)? ?\| (.*) \|$", README, re.MULTILINE)
    assert [(name.lower(), text) for name, _, text in rows] == [
        (name, each.description) for name, each in Settings.model_fields.items()
    ]
    defaults = {name.lower(): default for name, default, _ in rows}
    for name, each in Settings.model_fields.items():
        value = each.default
        written = str(value).lower() if isinstance(value, bool) else str(value).replace("'", '"')
        assert defaults[name] == ("" if value in ("", None) else written), name


def test_the_readme_names_every_command() -> None:
    commands = {command.callback.__name__ for command in main.registered_commands if command.callback}
    assert commands == {"api", "worker", "relay", "sweeper", "migrate", "seed", "schema", "explain", "documents", "run"}
    assert all(f"`{command}`" in README or f"easel {command}" in README for command in commands - {"run"})
