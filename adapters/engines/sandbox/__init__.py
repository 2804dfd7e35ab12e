"""An engine without machine learning, for demos, tests and partners: a pleasant picture from prompt, style and seed.

The same request gives the same bytes, and every picture that is all its own carries a small "SANDBOX" mark. Words in
the prompt, English or Korean, choose the place (sea, mountains, forest, city, flowers, space, pure flow), the hour,
the weather, who is there and the colours; what they leave open, the prompt's hash and the seed decide. docs/sandbox.md
shows it.

Magic words bring about every other outcome. N counts images from the job's first; without it all are meant:

=============  ======================================================
``#fail:N``    the first N images fail halfway (ENGINE_ERROR)
``#oom:N``     the first N images fail halfway (OUT_OF_MEMORY)
``#block:N``   the first N images are blocked (CONTENT_BLOCKED)
``#slow``      each step waits 0.4 s
``#crash``     ``paint`` raises RuntimeError halfway
=============  ======================================================
"""

from adapters.engines.sandbox.engine import SLOW_STEP_SECONDS, SandboxEngine

__all__ = ["SLOW_STEP_SECONDS", "SandboxEngine"]
