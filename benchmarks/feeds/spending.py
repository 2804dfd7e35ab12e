"""What a process spends of the processor's time."""

from pathlib import Path


class Spent:
    """The processor time of a process, to the nanosecond: it is the same whatever else runs on the machine."""

    def __init__(self, process: int) -> None:
        """Look at the process of this id, on this machine."""
        self._place = Path(f"/proc/{process}/schedstat")

    def milliseconds(self) -> float:
        """Return how long it has run."""
        return int(self._place.read_text().split()[0]) / 1e6
