"""Operations that need no model: every engine does them the same way, through here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageOps

from adapters.engines.cutout import cut_out
from adapters.engines.latent_preview import PREVIEW_SIDE
from adapters.engines.progress import Progress
from adapters.engines.sources import Unusable, source_of
from db.words import Operation
from domain.ports import NotPainted, Painted

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import ImageTask, Material, PaintRequest, PaintStep

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
    return Painted(kept_cut(cut, task.material), method)


def kept_cut(cut: Image.Image, material: Material) -> Image.Image:
    """Return ``cut`` (RGBA) with all that was transparent in its source before transparent still."""
    source = material.source
    if source is not None and source.has_transparency_data:
        before = ImageOps.fit(source.convert("RGBA").getchannel("A"), cut.size, Image.Resampling.LANCZOS)
        cut.putalpha(ImageChops.darker(cut.getchannel("A"), before))
    return cut


def paint_without_model(request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
    """Do the request's operation, one of ``WITHOUT_MODEL``, for each of its tasks; a step is an image."""

    def make(task: ImageTask, progress: Progress) -> Painted:
        made = made_without_model(request.operation, task, (request.width, request.height))
        progress.report(1, 1, [thumbnail(made.image)])
        return made

    return painted_one_by_one(request, on_step, 1, make)


def painted_one_by_one(
    request: PaintRequest,
    on_step: Callable[[PaintStep], None],
    steps: int,
    make: Callable[[ImageTask, Progress], Painted],
) -> list[Painted | NotPainted]:
    """Return what ``make`` gives for each task of the request, in about ``steps`` steps that it tells itself.

    What it finds ``Unusable`` ends that task alone.
    """
    progress = Progress(on_step, len(request.images))
    outcomes: list[Painted | NotPainted] = []
    for place, task in enumerate(request.images):
        progress.begin([place], (len(request.images) - place - 1) * steps)
        try:
            outcomes.append(make(task, progress))
        except Unusable as error:
            outcomes.append(NotPainted(error.code, str(error)))
        progress.end()
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
