"""Engines, styles and aspect ratios as data: what a generation may ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd
from typing import Final

from db.words import Operation
from domain.engines import EngineSpec, Licence, ModelSource, prices
from domain.words import EngineFamily, PlanClass, Precision


@dataclass(frozen=True, slots=True)
class Style:
    """A look, and the recipe that turns a prompt into it."""

    key: str
    name_en: str
    name_ko: str
    recipe: str
    """English prompt template with one ``{prompt}``."""
    negative: str
    """Added to the negative prompt."""


@dataclass(frozen=True, slots=True)
class StyleImage:
    """Where an example picture of a style is read."""

    url: str
    width: int
    """Pixels."""
    height: int
    """Pixels."""


_APACHE: Final = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
_OPENRAIL: Final = Licence(
    "CreativeML Open RAIL-M", "https://huggingface.co/spaces/CompVis/stable-diffusion-license/raw/main/license.txt"
)
_OPENRAIL_XL: Final = Licence(
    "CreativeML Open RAIL++-M", "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md"
)
_STABILITY: Final = Licence("Stability AI Community License", "https://stability.ai/community-license-agreement")
_FLUX_DEV: Final = Licence(
    "FLUX.1 [dev] Non-Commercial License", "https://huggingface.co/black-forest-labs/FLUX.1-dev/blob/main/LICENSE.md"
)
_OWN_TERMS: Final = Licence("The model's own", "https://huggingface.co/docs/hub/repositories-licenses")
_OPENAI_TERMS: Final = Licence("OpenAI Services Agreement", "https://openai.com/policies/services-agreement/")

_FLUX_DEV_MODEL: Final = EngineSpec(
    key="flux-dev",
    name="FLUX.1 dev",
    family=EngineFamily.FLUX,
    licence=_FLUX_DEV,
    prices=prices(4),
    source=ModelSource(pipeline="FluxPipeline", hub_id="black-forest-labs/FLUX.1-dev", needs_cuda=True),
    plan=PlanClass.PAID,
    base_side=1024,
    smallest_side=512,
    largest_side=1536,
    side_multiple=16,
    default_steps=28,
    sensible_steps=15,
    max_steps=50,
    default_guidance=3.5,
    max_guidance=10.0,
    takes_negative_prompt=False,
    prompt_tokens=512,
)

ENGINES: dict[str, EngineSpec] = {
    spec.key: spec
    for spec in (
        EngineSpec(
            key="sandbox",
            name="Sandbox painter",
            family=EngineFamily.PROCEDURAL,
            licence=_APACHE,
            prices=prices(1),
            languages=("en", "ko"),
            base_side=1024,
            smallest_side=64,
            largest_side=2048,
            default_steps=12,
            max_steps=50,
            default_guidance=5.0,
            max_guidance=20.0,
        ),
        EngineSpec(
            key="small",
            name="Easel small",
            family=EngineFamily.EASEL,
            licence=_APACHE,
            prices=prices(1),
            source=ModelSource(pipeline="StableDiffusionPipeline", folder="models/easel-small"),
            languages=("en", "ko"),
            base_side=256,
            smallest_side=128,
            largest_side=384,
            default_steps=20,
            sensible_steps=8,
            max_steps=50,
            default_guidance=1.2,
            max_guidance=8.0,
            prompt_tokens=40,
        ),
        EngineSpec(
            key="diffusers",
            name="Diffusion pipeline",
            family=EngineFamily.CUSTOM,
            licence=_OWN_TERMS,
            prices=prices(1),
            source=ModelSource(),
            base_side=512,
            smallest_side=64,
            largest_side=1536,
            default_steps=25,
            max_steps=100,
            default_guidance=7.5,
            max_guidance=20.0,
            prompt_tokens=77,
        ),
        EngineSpec(
            key="sd15",
            name="Stable Diffusion 1.5",
            family=EngineFamily.SD15,
            licence=_OPENRAIL,
            prices=prices(1),
            source=ModelSource(
                pipeline="StableDiffusionPipeline", hub_id="stable-diffusion-v1-5/stable-diffusion-v1-5"
            ),
            base_side=512,
            smallest_side=256,
            largest_side=1024,
            default_steps=25,
            sensible_steps=15,
            max_steps=100,
            default_guidance=7.5,
            max_guidance=20.0,
            prompt_tokens=77,
        ),
        EngineSpec(
            key="sd21",
            name="Stable Diffusion 2.1",
            family=EngineFamily.SD21,
            licence=_OPENRAIL_XL,
            prices=prices(1),
            source=ModelSource(pipeline="StableDiffusionPipeline", hub_id="stabilityai/stable-diffusion-2-1"),
            base_side=768,
            smallest_side=384,
            largest_side=1280,
            default_steps=25,
            sensible_steps=15,
            max_steps=100,
            default_guidance=7.5,
            max_guidance=20.0,
            prompt_tokens=77,
        ),
        EngineSpec(
            key="sd-turbo",
            name="SD-Turbo",
            family=EngineFamily.SD21,
            licence=_STABILITY,
            prices=prices(1),
            source=ModelSource(pipeline="StableDiffusionPipeline", hub_id="stabilityai/sd-turbo"),
            base_side=512,
            smallest_side=256,
            largest_side=1024,
            default_steps=2,
            max_steps=4,
            takes_negative_prompt=False,
            prompt_tokens=77,
        ),
        EngineSpec(
            key="sdxl",
            name="Stable Diffusion XL",
            family=EngineFamily.SDXL,
            licence=_OPENRAIL_XL,
            prices=prices(2),
            source=ModelSource(pipeline="StableDiffusionXLPipeline", hub_id="stabilityai/stable-diffusion-xl-base-1.0"),
            base_side=1024,
            smallest_side=512,
            largest_side=1536,
            default_steps=30,
            sensible_steps=20,
            max_steps=100,
            default_guidance=6.0,
            max_guidance=20.0,
            prompt_tokens=77,
        ),
        EngineSpec(
            key="sdxl-turbo",
            name="SDXL-Turbo",
            family=EngineFamily.SDXL,
            licence=_STABILITY,
            prices=prices(1),
            source=ModelSource(pipeline="StableDiffusionXLPipeline", hub_id="stabilityai/sdxl-turbo"),
            base_side=512,
            smallest_side=256,
            largest_side=1024,
            default_steps=2,
            max_steps=4,
            takes_negative_prompt=False,
            prompt_tokens=77,
        ),
        EngineSpec(
            key="sd35-medium",
            name="Stable Diffusion 3.5 Medium",
            family=EngineFamily.SD3,
            licence=_STABILITY,
            prices=prices(3),
            source=ModelSource(pipeline="StableDiffusion3Pipeline", hub_id="stabilityai/stable-diffusion-3.5-medium"),
            plan=PlanClass.PAID,
            base_side=1024,
            smallest_side=512,
            largest_side=1536,
            side_multiple=16,
            default_steps=28,
            sensible_steps=20,
            max_steps=100,
            default_guidance=4.5,
            max_guidance=15.0,
            prompt_tokens=256,
        ),
        EngineSpec(
            key="flux-schnell",
            name="FLUX.1 schnell",
            family=EngineFamily.FLUX,
            licence=_APACHE,
            prices=prices(2),
            source=ModelSource(pipeline="FluxPipeline", hub_id="black-forest-labs/FLUX.1-schnell", needs_cuda=True),
            base_side=1024,
            smallest_side=512,
            largest_side=1536,
            side_multiple=16,
            default_steps=4,
            max_steps=8,
            max_guidance=10.0,
            follows_guidance=False,
            takes_negative_prompt=False,
            prompt_tokens=256,
        ),
        _FLUX_DEV_MODEL,
        replace(
            _FLUX_DEV_MODEL,
            key="flux-dev-nf4",
            name="FLUX.1 dev, 4 bits",
            prices=prices(3),
            source=ModelSource(
                pipeline="FluxPipeline",
                hub_id="black-forest-labs/FLUX.1-dev",
                precision=Precision.NF4,
                needs_cuda=True,
            ),
        ),
        EngineSpec(
            key="gpt-image",
            name="OpenAI GPT Image",
            family=EngineFamily.OPENAI,
            licence=_OPENAI_TERMS,
            prices=prices(8, Operation.OUTPAINT, Operation.UPSCALE, Operation.REMOVE_BACKGROUND),
            plan=PlanClass.PAID,
            languages=("en", "ko"),
            base_side=1024,
            smallest_side=512,
            largest_side=1536,
            default_steps=3,
            max_steps=4,
            max_guidance=20.0,
            follows_guidance=False,
            takes_negative_prompt=False,
            takes_seed=False,
        ),
    )
}

STYLES: dict[str, Style] = {
    style.key: style
    for style in (
        Style("realistic", "Realistic", "실사", "photo of {prompt}, natural light, detailed", "drawing, painting"),
        Style("anime", "Anime", "애니메이션", "anime illustration of {prompt}, clean lines, vivid", "photo"),
        Style("painterly", "Painterly", "회화", "oil painting of {prompt}, visible brush strokes", "photo"),
        Style("watercolor", "Watercolor", "수채화", "watercolor of {prompt}, soft washes, paper texture", "photo"),
        Style("pixel-art", "Pixel art", "픽셀 아트", "pixel art of {prompt}, limited palette", "blurry, photo"),
        Style("line-art", "Line art", "선화", "line art of {prompt}, ink on white paper", "colour, photo"),
    )
}

DEFAULT_STYLE: Final = "realistic"

RATIOS: dict[str, tuple[int, int]] = {
    "1:1": (1, 1),
    "3:4": (3, 4),
    "4:3": (4, 3),
    "9:16": (9, 16),
    "16:9": (16, 9),
}


def ratio_of(width: int, height: int, engine: EngineSpec) -> str:
    """Return the name of the ratio that has this size with ``engine``, else the reduced fraction: ``13:19``."""
    sizes = {size_of(ratio, engine.base_side, engine.side_multiple): ratio for ratio in RATIOS}
    divisor = gcd(width, height)
    return sizes.get((width, height)) or f"{width // divisor}:{height // divisor}"


def size_of(ratio: str, base_side: int, multiple: int = 8) -> tuple[int, int]:
    """Return width and height: the ratio at about ``base_side`` ** 2 pixels, both multiples of ``multiple``."""
    across, down = RATIOS[ratio]
    scale = base_side / (across * down) ** 0.5
    return multiple * round(across * scale / multiple), multiple * round(down * scale / multiple)


def styles_like(text: str) -> list[Style]:
    """Return the styles that have ``text`` in their key, a name or the recipe, in any case; all of them for none."""
    sought = text.strip().casefold()
    return [
        style
        for style in STYLES.values()
        if any(sought in said.casefold() for said in (style.key, style.name_en, style.name_ko, style.recipe))
    ]
