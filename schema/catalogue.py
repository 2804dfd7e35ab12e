"""What a generation may ask for, in the graph: engines with their limits, styles, ratios."""

import strawberry

from db.words import Operation
from domain import catalogue, generation, operations
from domain.engines import EngineSpec
from domain.messages import Language
from domain.words import EngineFamily, PlanClass
from schema.scalars import URL


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
    default_ratio: str = strawberry.field(description="The ratio, unless another or a size is asked for.")
    default_count: int = strawberry.field(description="Images in one job, unless another number is asked for.")
    max_count: int = strawberry.field(description="Images in one job, at most.")
    max_seed: int = strawberry.field(description="The largest seed; 0 is the smallest.")
    max_references: int = strawberry.field(description="Images to paint something similar to, at most; 0 for none.")
    min_strength: float = strawberry.field(
        description="How far a result may leave what it is made from, at least; 1 at most."
    )
    upscale_factors: list[int] = strawberry.field(
        description="How many times larger it makes an image; none where not."
    )
    max_prompt_length: int = strawberry.field(description="Characters of a prompt, at most.")
    base_side: int = strawberry.field(description="Side in pixels of the square that it was trained on.")
    smallest_side: int = strawberry.field(description="Pixels of width and height, at least.")
    largest_side: int = strawberry.field(description="Pixels of width and height, at most.")
    side_multiple: int = strawberry.field(description="Width and height are multiples of so many pixels.")
    default_steps: int = strawberry.field(description="Denoising steps, unless others are asked for.")
    sensible_steps: int = strawberry.field(description="Fewer denoising steps leave pictures unfinished.")
    max_steps: int = strawberry.field(description="Denoising steps, at most.")
    default_guidance: float = strawberry.field(description="Guidance scale, unless another is asked for.")
    max_guidance: float = strawberry.field(description="Guidance scale, at most.")
    follows_guidance: bool = strawberry.field(description="Whether guidance changes its pictures.")
    takes_negative_prompt: bool = strawberry.field(description="Whether it reads negative prompts.")
    takes_seed: bool = strawberry.field(description="Whether the same seed and input give the same picture.")
    prompt_tokens: int | None = strawberry.field(
        description="Tokens of a prompt that it reads, what follows being cut off; null where there is no such limit."
    )


@strawberry.type(
    description="What an engine takes for one image of an operation: held when a job is submitted, spent when the "
    "image is ready, given back where it does not come to be."
)
class PriceRule:
    """The price of an operation."""

    operation: Operation = strawberry.field(description="What is done.")
    credits_per_image: int = strawberry.field(description="Credits for one image.")


@strawberry.type(description="Under which terms the weights of an engine may be used.")
class EngineLicence:
    """The licence of an engine."""

    name: str = strawberry.field(description="SPDX identifier, or the name of a licence that has none.")
    url: str = strawberry.field(description="Where it is written down.")


@strawberry.type(description="An engine that paints.")
class Engine:
    """An engine that paints."""

    id: strawberry.ID = strawberry.field(description="Key of the engine; what `submitGeneration` takes.")
    name: str = strawberry.field(description="Name to show.")
    family: EngineFamily = strawberry.field(description="Which kind of model it is.")
    plan: PlanClass = strawberry.field(description="For whom it is.")
    languages: list[str] = strawberry.field(description="Languages of prompts that it follows: `en`, `ko`.")
    licence: EngineLicence = strawberry.field(description="Terms of its weights.")
    price_per_image: int = strawberry.field(description="Credits for one image from words.")
    price_rules: list[PriceRule] = strawberry.field(description="What it can do, and what one image of each costs.")
    constraints: EngineConstraints = strawberry.field(description="Limits.")

    @classmethod
    def of(cls, spec: EngineSpec) -> "Engine":
        """Return the object of an entry of the catalogue."""
        return cls(
            id=strawberry.ID(spec.key),
            name=spec.name,
            family=spec.family,
            plan=spec.plan,
            languages=list(spec.languages),
            licence=EngineLicence(name=spec.licence.name, url=spec.licence.url),
            price_per_image=spec.price,
            price_rules=[PriceRule(operation=each, credits_per_image=price) for each, price in spec.prices.items()],
            constraints=_constraints(spec),
        )


def _constraints(spec: EngineSpec) -> EngineConstraints:
    sizes = {ratio: catalogue.size_of(ratio, spec.base_side, spec.side_multiple) for ratio in catalogue.RATIOS}
    return EngineConstraints(
        ratios=[EngineRatio(ratio=ratio, width=width, height=height) for ratio, (width, height) in sizes.items()],
        default_ratio=generation.DEFAULT_RATIO,
        default_count=generation.DEFAULT_COUNT,
        max_count=generation.MAXIMUM_COUNT,
        max_seed=generation.SEED_RANGE - 1,
        max_references=operations.MAXIMUM_REFERENCES if Operation.REFERENCES in spec.operations else 0,
        min_strength=operations.MINIMUM_STRENGTH,
        upscale_factors=[*operations.FACTORS] if Operation.UPSCALE in spec.operations else [],
        max_prompt_length=spec.max_prompt_length,
        base_side=spec.base_side,
        smallest_side=spec.smallest_side,
        largest_side=spec.largest_side,
        side_multiple=spec.side_multiple,
        default_steps=spec.default_steps,
        sensible_steps=spec.sensible_steps,
        max_steps=spec.max_steps,
        default_guidance=spec.default_guidance,
        max_guidance=spec.max_guidance,
        follows_guidance=spec.follows_guidance,
        takes_negative_prompt=spec.takes_negative_prompt,
        takes_seed=spec.takes_seed,
        prompt_tokens=spec.prompt_tokens,
    )


@strawberry.type(description="An example picture of a style: painted by Easel's small model, the same motif in each.")
class StyleImage:
    """An example picture of a style."""

    url: URL = strawberry.field(
        description="Where to read it, WebP; it may be kept for ever, since another picture has another URL."
    )
    width: int = strawberry.field(description="Pixels.")
    height: int = strawberry.field(description="Pixels.")


@strawberry.type(description="A look that a picture can have.")
class Style:
    """A look."""

    id: strawberry.ID = strawberry.field(description="Key of the style; what `submitGeneration` takes.")
    name: str = strawberry.field(description="Name to show, in the language of the request.")
    recipe: str = strawberry.field(
        description="What the engine is told: a prompt in English, with yours as `{prompt}`."
    )
    recipe_negative: str = strawberry.field(description="What is added to the negative prompt.")
    example_image: StyleImage = strawberry.field(description="What it looks like.")

    @classmethod
    def of(cls, style: catalogue.Style, image: catalogue.StyleImage, language: Language) -> "Style":
        """Return the object of an entry of the catalogue."""
        return cls(
            id=strawberry.ID(style.key),
            name=style.name_ko if language == "ko" else style.name_en,
            recipe=style.recipe,
            recipe_negative=style.negative,
            example_image=StyleImage(url=URL(image.url), width=image.width, height=image.height),
        )


@strawberry.input(description="Which styles: those for which all that is said holds.")
class StyleFilter:
    """Which styles."""

    engine: str | None = strawberry.field(
        default=None, description="That this engine paints: all of them, unless it does not run here."
    )
    text: str | None = strawberry.field(
        default=None, description="With this text in their id, name (in any language) or recipe, in any case."
    )
