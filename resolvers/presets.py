"""Presets: listed, saved, deleted, and made an owner's default."""

from typing import Annotated, Any, Final

import strawberry
from sqlalchemy import Text, and_

from db.words import ContentLevel
from domain import collecting, guard, presets, presets_settings
from domain.warnings import GenerationWarning as Warned
from domain.warnings import warnings_for
from domain.words import PresetScope
from planner import Ask, Row, connection, ref
from resolvers.galleries import required_owner, shown
from resolvers.guarding import require_passed
from schema.accounts import Viewer
from schema.context import Context, Info
from schema.node import required_key
from schema.presets import (
    DeletePromptPresetInput,
    DeletePromptPresetResult,
    DeletePromptPresetSuccess,
    PromptPreset,
    PromptPresetConnection,
    PromptPresetFilter,
    SavePromptPresetInput,
    SavePromptPresetResult,
    SavePromptPresetSuccess,
    SetDefaultPresetInput,
    SetDefaultPresetResult,
    SetDefaultPresetSuccess,
)
from schema.warnings import GenerationWarning

_PLAIN: Final = ("prompt", "negative_prompt", "style", "ratio", "count", "engine", "steps", "guidance")


def _listed(
    ask: Ask,
    preset: Row,
    *,
    filter: Annotated[  # noqa: A002
        PromptPresetFilter | None, strawberry.argument(description="Which presets; the viewer's own by default.")
    ] = None,
) -> Any:  # noqa: ANN401 - a condition
    scope = (filter.scope if filter else None) or PresetScope.MINE
    conditions = [presets.is_listed(preset, ask.viewer, scope)]
    if filter and filter.text is not None:
        text: Any = filter.text
        conditions.append(presets.is_told_by(preset, text.read(collecting.pattern_of, Text())))
    return and_(*conditions)


def _given(input: SavePromptPresetInput) -> dict[str, Any]:  # noqa: A002 - the argument's name
    """Return what is said of a preset, by the names of the rules."""
    names = ("name", "visibility", *_PLAIN)
    given = {name: value for name in names if (value := getattr(input, name)) is not None}
    if input.size:
        given["size"] = input.size.width, input.size.height
    if input.seed is not strawberry.UNSET:
        given["seed"] = input.seed
    return given


async def _judged(info: Info, checked: presets_settings.Checked) -> tuple[ContentLevel, list[Warned]]:
    """Return for whom the words of a preset are suitable that others may read, and what the guard warns of.

    Raises:
        ContentBlocked: the guard blocks the name or the prompt; the decision is written.
    """
    rulings = [
        await require_passed(info, checked.name, "name"),
        await require_passed(info, checked.spec.prompt, "prompt"),
    ]
    return guard.highest(ruling.level for ruling in rulings), [each for ruling in rulings for each in ruling.warnings]


@strawberry.type
class PresetQueries:
    """Root fields about presets."""

    prompt_presets: PromptPresetConnection = connection(
        "Presets, the newest first: the viewer's own, or public ones.",
        _listed,
        order=("-id",),
        check=Context.require_good_token,
    )


@strawberry.type
class PresetMutations:
    """Mutations about presets."""

    @strawberry.mutation(
        description="Save words and settings of a generation under a name, or change one of the viewer's presets. They "
        "must be good for the engine. 200 at most."
    )
    async def save_prompt_preset(
        self,
        info: Info,
        input: Annotated[SavePromptPresetInput, strawberry.argument(description="What to save.")],  # noqa: A002
    ) -> SavePromptPresetResult:
        """Save a preset."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        key, given = required_key("preset", input.id, "id") if input.id is not None else None, _given(input)
        draft = await services.db.look_up(lambda tx: presets_settings.drafted(tx, viewer_id, key, given))
        checked = presets_settings.check(draft, services.engines)
        level, warned = await _judged(info, checked) if draft.is_shared else (ContentLevel.GENERAL, [])
        async with services.db.write() as tx:
            saved = await presets_settings.save(tx, viewer_id, key, checked, level)
        found = (*warnings_for(checked.spec), *warned)
        return SavePromptPresetSuccess(
            preset=ref(PromptPreset, id=saved),
            warnings=[GenerationWarning.of(each, info.context.language) for each in found],
        )

    @strawberry.mutation(description="Delete one of the viewer's presets. Nobody can load it any more.")
    async def delete_prompt_preset(
        self,
        info: Info,
        input: Annotated[DeletePromptPresetInput, strawberry.argument(description="Which preset.")],  # noqa: A002
    ) -> DeletePromptPresetResult:
        """Delete a preset."""
        viewer_id = info.context.required_viewer_id
        key = required_key("preset", input.preset_id, "presetId")
        async with info.context.services.db.write() as tx:
            await presets.delete(tx, viewer_id, key)
        return DeletePromptPresetSuccess(deleted_id=input.preset_id, viewer=ref(Viewer, id=viewer_id))

    @strawberry.mutation(
        description="Let `promptDraft` for one of the viewer's owners of galleries be made with a preset, or without."
    )
    async def set_default_preset(
        self,
        info: Info,
        input: Annotated[SetDefaultPresetInput, strawberry.argument(description="Which preset.")],  # noqa: A002
    ) -> SetDefaultPresetResult:
        """Choose a default."""
        viewer_id, owner = info.context.required_viewer_id, required_owner(input.owner_id)
        key = required_key("preset", input.preset_id, "presetId") if input.preset_id is not None else None
        async with info.context.services.db.write() as tx:
            await presets.set_default(tx, viewer_id, owner, key)
        return SetDefaultPresetSuccess(owner=shown(owner))
