"""What can be done with pictures, in the graph: inputs and results, one pair for each operation."""

from typing import Annotated

import strawberry

from domain import masks, operations
from domain.masks import Area, Mask
from domain.operations import Margins
from schema.errors import OwnerBusy
from schema.generation import GenerationJob, NotSubmitted
from schema.warnings import GenerationWarning

KEY = (
    "Chosen by the client for one intended job, at most 255 characters. The same key and input again return the first "
    "job and cost nothing; kept for 24 hours."
)
SOURCE = "Id of one of the viewer's images, which must be READY."
COUNT = "How many images, 1 to 8; 4 by default."
SEED = "0 to 2147483647. The same seed and input give the same pictures; random by default."
ENGINE = "Id of an engine; the first of `engines` that can do this by default."
STYLE_OF_SOURCE = "Id of a style; the source's by default."
PROMPT_OF_SOURCE = "What the picture shows; what the source was painted from by default."


@strawberry.input(description="A rectangle, in shares of the picture.")
class MaskAreaInput:
    """A rectangle in shares of the picture."""

    x: float = strawberry.field(description="Its left edge, 0 to 1.")
    y: float = strawberry.field(description="Its upper edge, 0 to 1.")
    width: float = strawberry.field(description="0 to 1; what lies beyond the picture is cut off.")
    height: float = strawberry.field(description="0 to 1; what lies beyond the picture is cut off.")


@strawberry.input(
    one_of=True, description="Where to paint anew: either a PNG or rectangles. It has to cover something."
)
class MaskInput:
    """Where to paint anew."""

    png: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A PNG in base64, as data URL or plain: at most 128 KB and 2048 × 2048 pixels, of any size but of "
        "the picture's ratio. White is painted anew; where something is transparent, what is opaque. Send it as a "
        "variable.",
    )
    areas: list[MaskAreaInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Rectangles, at most 20; all of them together are painted anew."
    )

    def checked(self) -> Mask:
        """Return the mask.

        Raises:
            InvalidInput: it covers nothing, or is none.
        """
        if isinstance(self.png, str):
            return masks.of_png(self.png)
        areas = self.areas or ()
        return masks.of_areas([Area(area.x, area.y, area.width, area.height) for area in areas])


@strawberry.input(description="Pixels to add on each side: multiples of 8, and not none at all.")
class MarginsInput:
    """Pixels to add on each side."""

    left: int = strawberry.field(default=0, description="Pixels.")
    top: int = strawberry.field(default=0, description="Pixels.")
    right: int = strawberry.field(default=0, description="Pixels.")
    bottom: int = strawberry.field(default=0, description="Pixels.")

    def checked(self) -> Margins:
        """Return the margins."""
        return Margins(self.left, self.top, self.right, self.bottom)


@strawberry.input(description="Which part of an image to paint anew, and what it shall show.")
class InpaintInput:
    """Which part of an image to paint anew."""

    asset_id: strawberry.ID = strawberry.field(description=SOURCE)
    mask: MaskInput = strawberry.field(description="Where to paint anew.")
    prompt: str = strawberry.field(description="What it shall show there, in any language.")
    idempotency_key: str = strawberry.field(description=KEY)
    negative_prompt: str = strawberry.field(default="", description="What to avoid.")
    strength: float | None = strawberry.field(
        default=None, description="How far it may leave what was there, 0.05 to 1; 1 by default."
    )
    engine: str | None = strawberry.field(default=None, description=ENGINE)
    style: str | None = strawberry.field(default=None, description=STYLE_OF_SOURCE)
    count: int | None = strawberry.field(default=None, description=COUNT)
    seed: int | None = strawberry.field(default=None, description=SEED)


@strawberry.input(description="Which image to go on with beyond its edges.")
class OutpaintInput:
    """Which image to go on with."""

    asset_id: strawberry.ID = strawberry.field(description=SOURCE)
    margins: MarginsInput = strawberry.field(description="How much to add.")
    idempotency_key: str = strawberry.field(description=KEY)
    prompt: str = strawberry.field(default="", description=PROMPT_OF_SOURCE)
    negative_prompt: str = strawberry.field(default="", description="What to avoid.")
    engine: str | None = strawberry.field(default=None, description=ENGINE)
    style: str | None = strawberry.field(default=None, description=STYLE_OF_SOURCE)
    count: int | None = strawberry.field(default=None, description=COUNT)
    seed: int | None = strawberry.field(default=None, description=SEED)


@strawberry.input(description="Which image to make larger.")
class UpscaleInput:
    """Which image to make larger."""

    asset_id: strawberry.ID = strawberry.field(description=SOURCE)
    factor: int = strawberry.field(
        default=operations.FACTORS[0],
        description=f"2 or 4; no side of the result may be longer than {operations.LARGEST_SIDE} pixels.",
    )
    idempotency_key: str = strawberry.field(description=KEY)
    engine: str | None = strawberry.field(default=None, description=ENGINE)


@strawberry.input(description="Which image to give another style.")
class RestyleInput:
    """Which image to give another style."""

    asset_id: strawberry.ID = strawberry.field(description=SOURCE)
    style: str = strawberry.field(description="Id of a style.")
    idempotency_key: str = strawberry.field(description=KEY)
    prompt: str = strawberry.field(default="", description=PROMPT_OF_SOURCE)
    negative_prompt: str = strawberry.field(default="", description="What to avoid.")
    strength: float | None = strawberry.field(
        default=None, description="How far it may leave the source, 0.05 to 1; 0.5 by default."
    )
    engine: str | None = strawberry.field(default=None, description=ENGINE)
    count: int | None = strawberry.field(default=None, description=COUNT)
    seed: int | None = strawberry.field(default=None, description=SEED)


@strawberry.input(description="Which image to make transparent behind its subject.")
class RemoveBackgroundInput:
    """Which image to cut out."""

    asset_id: strawberry.ID = strawberry.field(description=SOURCE)
    idempotency_key: str = strawberry.field(description=KEY)
    engine: str | None = strawberry.field(default=None, description=ENGINE)


@strawberry.input(description="What shall be another than it was; all else stays.")
class GenerationOverrides:
    """What shall be another than it was."""

    prompt: str | None = strawberry.field(default=None, description="What to paint.")
    negative_prompt: str | None = strawberry.field(default=None, description="What to avoid.")
    engine: str | None = strawberry.field(default=None, description="Id of an engine.")
    style: str | None = strawberry.field(default=None, description="Id of a style.")
    count: int | None = strawberry.field(default=None, description="How many images, 1 to 8; 1 by default.")
    seed: int | None = strawberry.field(default=None, description="Another seed gives another picture.")
    steps: int | None = strawberry.field(default=None, description="Denoising steps.")
    guidance: float | None = strawberry.field(default=None, description="Guidance scale.")
    strength: float | None = strawberry.field(
        default=None, description="How far it may leave the source; of no effect where there is no strength."
    )


@strawberry.input(description="Which image to paint again.")
class RerunGenerationInput:
    """Which image to paint again."""

    from_asset_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's images that a job painted.")
    idempotency_key: str = strawberry.field(description=KEY)
    overrides: GenerationOverrides | None = strawberry.field(
        default=None, description="What shall be another than it was; nothing by default."
    )


@strawberry.type(description="The job stands in the line, and its credits are held.")
class Submitted:
    """The job stands in the line."""

    job: GenerationJob = strawberry.field(description="The job.")
    warnings: list[GenerationWarning] = strawberry.field(
        description="Why the pictures may turn out otherwise than expected; empty where nothing speaks for that."
    )


@strawberry.type(description="The job that paints a part anew stands in the line, and its credits are held.")
class InpaintSuccess(Submitted):
    """The job stands in the line."""


@strawberry.type(description="The job that paints beyond the edges stands in the line, and its credits are held.")
class OutpaintSuccess(Submitted):
    """The job stands in the line."""


@strawberry.type(description="The job that makes the image larger stands in the line, and its credits are held.")
class UpscaleSuccess(Submitted):
    """The job stands in the line."""


@strawberry.type(description="The job that paints in another style stands in the line, and its credits are held.")
class RestyleSuccess(Submitted):
    """The job stands in the line."""


@strawberry.type(description="The job that cuts out the subject stands in the line, and its credits are held.")
class RemoveBackgroundSuccess(Submitted):
    """The job stands in the line."""


@strawberry.type(description="The job that paints the image again stands in the line, and its credits are held.")
class RerunGenerationSuccess(Submitted):
    """The job stands in the line."""


InpaintResult = Annotated[
    InpaintSuccess | NotSubmitted,
    strawberry.union("InpaintResult", description="Result of `inpaint`."),
]
OutpaintResult = Annotated[
    OutpaintSuccess | NotSubmitted,
    strawberry.union("OutpaintResult", description="Result of `outpaint`."),
]
UpscaleResult = Annotated[
    UpscaleSuccess | NotSubmitted,
    strawberry.union("UpscaleResult", description="Result of `upscale`."),
]
RestyleResult = Annotated[
    RestyleSuccess | NotSubmitted,
    strawberry.union("RestyleResult", description="Result of `restyle`."),
]
RemoveBackgroundResult = Annotated[
    RemoveBackgroundSuccess | NotSubmitted,
    strawberry.union("RemoveBackgroundResult", description="Result of `removeBackground`."),
]
RerunGenerationResult = Annotated[
    RerunGenerationSuccess | NotSubmitted | OwnerBusy,
    strawberry.union("RerunGenerationResult", description="Result of `rerunGeneration`."),
]
