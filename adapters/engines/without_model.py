"""Operations that need no model: every engine does them the same way, through here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageOps

from adapters.engines.cutout import cut_out
from adapters.engines.latent_preview import PREVIEW_SIDE
from adapters.engines.sources import Unusable, source_of
from db.words import Operation
from domain.ports import NotPainted, Painted, PaintStep

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import ImageTask, PaintRequest

WITHOUT_MODEL = frozenset({Operation.UPSCALE, Operation.REMOVE_BACKGROUND})


def made_without_model(operation: Operation, task: ImageTask, size: tuple[int, int]) -> Painted:
    """Do ``operation``, one of ``WITHOUT_MODEL``, at ``size``; a source of another shape is cut around its middle.

    Raises:
        Unusable: the source is missing or broken, or shows no subject to cut out.
    """
    enlarged = ImageOps.fit(source_of(task), size, Image.Resampling.LANCZOS)
    if operation is Operation.UPSCALE:
        return Painted(enlarged, "lanczos")
    cut, method = cut_out(enlarged)
    source = task.material.source
    if source is not None and source.has_transparency_data:  # what was cut out before stays so
        before = ImageOps.fit(source.convert("RGBA").getchannel("A"), size, Image.Resampling.LANCZOS)
        cut.putalpha(ImageChops.darker(cut.getchannel("A"), before))
    return Painted(cut, method)


def paint_without_model(request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
    """Do the request's operation, one of ``WITHOUT_MODEL``, for each of its tasks; a step is an image."""
    outcomes: list[Painted | NotPainted] = []
    count = len(request.images)
    for place, task in enumerate(request.images):
        previews: list[Image.Image | None] = [None] * count
        try:
            outcome = made_without_model(request.operation, task, (request.width, request.height))
        except Unusable as error:
            outcomes.append(NotPainted(error.code, str(error)))
        else:
            outcomes.append(outcome)
            previews[place] = thumbnail(outcome.image)
        on_step(PaintStep(place + 1, count, tuple(previews)))
    return outcomes


def thumbnail(image: Image.Image) -> Image.Image:
    """Return the picture as a preview: RGB, its longest side at most 96 pixels, white where it is transparent."""
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    if small.mode != "RGBA":
        return small.convert("RGB")
    opaque = Image.new("RGB", small.size, "white")
    opaque.paste(small, mask=small.getchannel("A"))
    return opaque
