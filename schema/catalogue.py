"""What a generation may ask for, in the graph: engines with their limits, styles, ratios."""

import strawberry

from domain import catalogue, generation


@strawberry.type(description="An aspect ratio that an engine paints, and the size it then has.")
class EngineRatio:
    """An aspect ratio of an engine."""

    ratio: str = strawberry.field(description="Such as `3:4`; what `submitGeneration` takes.")
    width: int = strawberry.field(description="Pixels.")
    height: int = strawberry.field(description="Pixels.")


@strawberry.type(description="The limits within which an engine works.")
class EngineConstraints:
    """The limits of an engine."""

    ratios: list[EngineRatio] = strawberry.field(description="Aspect ratios and their sizes.")
    max_count: int = strawberry.field(description="Images in one job, at most.")
    max_prompt_length: int = strawberry.field(description="Characters of a prompt, at most.")
    default_steps: int = strawberry.field(description="Denoising steps, unless others are asked for.")
    max_steps: int = strawberry.field(description="Denoising steps, at most.")
    default_guidance: float = strawberry.field(description="Guidance scale, unless another is asked for.")
    max_guidance: float = strawberry.field(description="Guidance scale, at most.")


@strawberry.type(description="An engine that paints.")
class Engine:
    """An engine that paints."""

    id: strawberry.ID = strawberry.field(description="Key of the engine; what `submitGeneration` takes.")
    name: str = strawberry.field(description="Name to show.")
    price_per_image: int = strawberry.field(description="Credits for one image.")
    constraints: EngineConstraints = strawberry.field(description="Limits.")

    @classmethod
    def of(cls, spec: catalogue.EngineSpec) -> "Engine":
        """Return the object of an entry of the catalogue."""
        sizes = {ratio: catalogue.size_of(ratio, spec.base_side) for ratio in catalogue.RATIOS}
        return cls(
            id=strawberry.ID(spec.key),
            name=spec.name,
            price_per_image=spec.price,
            constraints=EngineConstraints(
                ratios=[
                    EngineRatio(ratio=ratio, width=width, height=height) for ratio, (width, height) in sizes.items()
                ],
                max_count=generation.MAXIMUM_COUNT,
                max_prompt_length=spec.max_prompt_length,
                default_steps=spec.default_steps,
                max_steps=spec.max_steps,
                default_guidance=spec.default_guidance,
                max_guidance=spec.max_guidance,
            ),
        )


@strawberry.type(description="A look that a picture can have.")
class Style:
    """A look."""

    id: strawberry.ID = strawberry.field(description="Key of the style; what `submitGeneration` takes.")
    name: str = strawberry.field(description="Name to show, in the language of the request.")
