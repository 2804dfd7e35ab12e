"""Logs: one form for structlog and the standard library, the ids of what is being done, and no secrets."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from app.logs import JsonJournal, configure_logs

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_both_kinds_of_logger_write_the_same_form() -> None:
    stream = io.StringIO()
    configure_logs("INFO", json=True, stream=stream)

    with bound_contextvars(request_id="r-1", job_id="j-1"):
        structlog.stdlib.get_logger("easel.test").info("painted", images=2)
        logging.getLogger("uvicorn.error").warning("%s is slow", "disk", extra={"ms": 12, "color_message": "%s"})

    ours, theirs = lines(stream)
    assert ours.pop("timestamp").endswith("Z")
    assert theirs.pop("timestamp").endswith("Z")
    ids = {"request_id": "r-1", "job_id": "j-1"}
    assert ours == {"event": "painted", "images": 2, "level": "info", "logger": "easel.test", **ids}
    assert theirs == {"event": "disk is slow", "ms": 12, "level": "warning", "logger": "uvicorn.error", **ids}


def test_fields_named_like_secrets_are_masked_at_any_depth() -> None:
    stream = io.StringIO()
    configure_logs("INFO", json=True, stream=stream)

    structlog.stdlib.get_logger("easel.test").info(
        "submitted",
        prompt="a fox",
        Authorization="Bearer x",
        job={"id": "j-1", "negative_prompt": "blur", "images": [{"apiKey": "k"}]},
    )
    logging.getLogger("other").error("failed", extra={"refresh_token": "t", "password": "p"})

    ours, theirs = lines(stream)
    assert (ours["prompt"], ours["Authorization"]) == ("***", "***")
    assert ours["job"] == {"id": "j-1", "negative_prompt": "***", "images": [{"apiKey": "***"}]}
    assert (theirs["refresh_token"], theirs["password"]) == ("***", "***")


def test_debug_tells_all() -> None:
    stream = io.StringIO()
    configure_logs("debug", json=True, stream=stream)

    structlog.stdlib.get_logger("easel.test").debug("submitted", prompt="a fox")

    assert lines(stream)[0]["prompt"] == "a fox"


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    configure_logs("WARNING", json=True, stream=stream)

    structlog.stdlib.get_logger("easel.test").info("quiet")
    logging.getLogger("other").info("quiet")

    assert stream.getvalue() == ""


def test_uvicorn_does_not_log_query_strings() -> None:
    stream = io.StringIO()
    configure_logs("DEBUG", json=True, stream=stream)

    logging.getLogger("uvicorn.access").info('"GET /graphql?query=…"')

    assert stream.getvalue() == ""


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_is_written_without_local_values(*, as_json: bool) -> None:
    stream = io.StringIO()
    configure_logs("INFO", json=as_json, stream=stream)

    def break_down(token: str) -> None:
        raise RuntimeError(f"broke at {len(token)}")

    try:
        break_down("sesame")
    except RuntimeError:
        structlog.stdlib.get_logger("easel.test").exception("failed")
        logging.getLogger("other").exception("failed")

    text = stream.getvalue()
    assert text.count("RuntimeError: broke at 6") == 2
    assert text.count("in break_down") == 2
    assert "'sesame'" not in text


def test_people_read_names_and_values() -> None:
    stream = io.StringIO()
    configure_logs("INFO", json=False, stream=stream)

    structlog.stdlib.get_logger("easel.test").info("painted", images=2, name="여우\n[fake] line")

    line = stream.getvalue()
    assert line.count("\n") == 1
    assert "painted" in line
    assert "images=2" in line
    assert "\x1b" not in line


def test_what_no_encoding_can_hold_is_still_logged() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    configure_logs("INFO", json=True, stream=stream)

    structlog.stdlib.get_logger("easel.test").info("odd", name="\ud800", error=ValueError("x"))

    stream.seek(0)
    assert json.loads(stream.read())["name"] == "\ud800"


def test_configuring_again_does_not_write_twice() -> None:
    stream = io.StringIO()
    configure_logs("INFO", json=True, stream=io.StringIO())
    configure_logs("INFO", json=True, stream=stream)

    logging.getLogger("other").info("once")

    assert len(lines(stream)) == 1


def test_an_unknown_level_is_an_error() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure_logs("loud", json=True)


async def test_the_access_log_has_the_form_of_every_other_log_and_loses_nothing() -> None:
    stream = io.StringIO()
    configure_logs("INFO", json=True, stream=stream)
    journal = JsonJournal("INFO", stream)

    # lines are written some at a time, and all of them at the end
    facts: dict[str, object] = {"status": 200, "path": "/한글", "user": None}
    journal.write("request", dict(facts), is_quiet=False)
    journal.write("request", dict(facts), is_quiet=True)
    assert stream.getvalue() == ""
    journal.close()
    journal.write("request", dict(facts), is_quiet=False)
    structlog.stdlib.get_logger("easel.access").info("request", **facts)

    *ours, theirs = lines(stream)
    assert all(line.pop("timestamp").endswith("Z") for line in [*ours, theirs])
    assert ours == [theirs, theirs]


async def test_the_access_log_is_written_without_waiting_for_more() -> None:
    written = asyncio.get_running_loop().create_future()

    class Stream(io.StringIO):
        def flush(self) -> None:
            if self.getvalue():
                written.set_result(self.getvalue())

    JsonJournal("DEBUG", Stream()).write("request", {}, is_quiet=True)

    assert json.loads(await asyncio.wait_for(written, 5))["level"] == "debug"
