"""The colours of one drawing: those of the subject asked for, and everything else as its style allows."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.engines.sandbox.colour import Colour, hexed, lighter, mix, to_oklab

PAPER: Colour = (0.985, 0.98, 0.97)
INK: Colour = (0.12, 0.13, 0.2)


@dataclass(frozen=True, slots=True)
class Tones:
    """Gives subjects and places their colours; on bare paper only the subject has any."""

    main: Colour
    paper: bool = False
    """Whether all but the subject's own colour is left to ink and paper."""

    @property
    def dark(self) -> Colour:
        """The subject's colour in shade."""
        return self.main if self.paper else lighter(self.main, -0.12 if to_oklab(self.main)[0] > 0.3 else 0.1)

    @property
    def pale(self) -> Colour:
        """The subject's colour in the light."""
        return self.main if self.paper else lighter(mix(self.main, (1, 1, 1), 0.12), 0.05)

    def other(self, code: str) -> Colour:
        """Return a colour that does not follow the subject's; dark ones are ink on paper, all others the paper."""
        colour = hexed(code)
        if not self.paper:
            return colour
        return INK if to_oklab(colour)[0] < 0.28 else PAPER
