"""Apollo Client, driven by a test: what it shows, and what it complains of."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from node_programs import installed, printed_by

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SAMPLE = Path(__file__).parent.parent / "examples" / "apollo"
_PROGRAM = (Path(__file__).parent / "clients" / "apollo.mjs").read_text()
_LONGEST_LINE = 2**24


@dataclass(frozen=True, slots=True)
class Apollo:
    """A program in which clients of Apollo live, each with a cache of its own."""

    process: asyncio.subprocess.Process

    async def do(self, verb: str, **words: Any) -> Any:  # noqa: ANN401 - what the verb returns
        """Do something; it must not fail, nor Apollo complain of anything."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"verb": verb, **words}).encode() + b"\n")
        async with asyncio.timeout(20):
            line = await self.process.stdout.readline()
        assert line, "the program has ended"
        answer = json.loads(line)
        assert answer["complaints"] == [], (verb, words, answer)
        assert "failure" not in answer, (verb, words, answer["failure"])
        return answer["value"]


@asynccontextmanager
async def apollo() -> AsyncIterator[Apollo]:
    """Run the program, in the development build of Apollo, which complains of what is wrong."""
    folder = installed(SAMPLE)
    await printed_by(folder, "npm", "run", "build")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *("node", "--conditions=development", "--input-type=module", "--eval", _PROGRAM),
        cwd=folder, stdin=pipe, stdout=pipe, limit=_LONGEST_LINE,
    )  # fmt: skip
    try:
        yield Apollo(process)
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return data without the names of types, which Apollo asks for besides what it is told to ask for."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key != "__typename"}
    return value
