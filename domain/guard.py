"""The content guard: what follows from what it finds in a prompt or a picture, and the decisions that it leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlmodel import col

from db.tables import GuardDecision
from db.words import ContentLevel, GuardEffect, GuardSubject
from domain.errors import ContentBlocked
from domain.warnings import GenerationWarning
from domain.words import GenerationWarningCode, GuardReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.attempts import Stair
    from domain.ports import Finding, Judgement, PromptGuard

AT: Final = ("input", "prompt")
PICTURE_POLICY: Final = "easel-pictures"
PICTURE_POLICY_VERSION: Final = "1"
BLOCKS_PER_USER: Final[Sequence[Stair]] = ((20, timedelta(minutes=10)),)
"""How often the guard may block one user: who is blocked more often is looking for what it does not know."""
SAID: Final = frozenset({GuardReason.SEXUAL_MINORS, GuardReason.SEXUAL_EXPLICIT, GuardReason.HATE})
"""For what words are blocked that others read: the other reasons are about pictures, of which people may talk."""
QUOTED_BLOCKS_PER_USER: Final[Sequence[Stair]] = ((60, timedelta(minutes=10)),)
"""How often quotes may be blocked, which a form may ask for while a prompt is being written."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What follows from all that a guard said about one request."""

    text: str
    """The prompt."""
    policy: str
    version: str
    findings: tuple[Finding, ...]
    """Each reason once, the gravest first."""

    @property
    def level(self) -> ContentLevel:
        """For whom its pictures are suitable."""
        return highest(finding.level for finding in self.findings)

    @property
    def warnings(self) -> list[GenerationWarning]:
        """What the one who asks should know, where nothing is blocked."""
        return [
            GenerationWarning(GenerationWarningCode.CONTENT_WARNED, AT, {"words": each.words}, f"guard.{each.reason}")
            for each in self.findings
            if each.effect is GuardEffect.WARN
        ]

    def require_passed(self, path: Sequence[str] = AT) -> None:
        """Refuse what is blocked.

        Raises:
            ContentBlocked: for the gravest reason; whoever catches it writes the decision (``record``).
        """
        for finding in self.findings:
            if finding.effect is GuardEffect.BLOCK:
                raise ContentBlocked(finding, path)


async def rule_said(guard: PromptGuard, text: str) -> Ruling:
    """Return what follows from words that others are to read; what is no matter where people talk is left out."""
    ruling = await rule(guard, text)
    return replace(ruling, findings=tuple(each for each in ruling.findings if each.reason in SAID))


async def rule(guard: PromptGuard, text: str, *others: str) -> Ruling:
    """Return what follows from a prompt, and from the other texts that stand for it, such as its translation."""
    judgements: list[Judgement] = [await guard.judge(each) for each in dict.fromkeys((text, *others)) if each]
    found: dict[GuardReason, Finding] = {}
    for judgement in judgements:
        for finding in judgement.findings:
            found.setdefault(finding.reason, finding)
    findings = sorted(found.values(), key=lambda finding: _EFFECTS.index(finding.effect))
    first = judgements[0] if judgements else await guard.judge("")
    return Ruling(text, first.policy, first.version, tuple(findings))


def highest(levels: Iterable[ContentLevel]) -> ContentLevel:
    """Return the level that fewest may see; GENERAL of none."""
    return max(levels, key=lambda level: level.rank, default=ContentLevel.GENERAL)


def record(tx: AsyncSession, user_id: UUID, ruling: Ruling, job_id: UUID | None = None) -> None:
    """Write the decisions that a ruling is: one for each reason that warns, or for each that blocks where one does."""
    effects = {finding.effect for finding in ruling.findings}
    told = GuardEffect.BLOCK if GuardEffect.BLOCK in effects else GuardEffect.WARN
    tx.add_all(
        GuardDecision(
            user_id=user_id,
            subject=GuardSubject.PROMPT,
            effect=finding.effect,
            reason=finding.reason,
            content_level=finding.level,
            policy=ruling.policy,
            policy_version=ruling.version,
            text=ruling.text,
            words=finding.words,
            job_id=job_id,
        )
        for finding in ruling.findings
        if finding.effect is told
    )


def record_picture(
    tx: AsyncSession,
    user_id: UUID,
    reason: GuardReason,
    job_id: UUID | None = None,
    slot_id: UUID | None = None,
    asset_id: UUID | None = None,
) -> None:
    """Write the decision that a picture is not shown: one that was painted for a job, or came from ``asset_id``."""
    decision = GuardDecision(
        user_id=user_id,
        subject=GuardSubject.PICTURE,
        effect=GuardEffect.BLOCK,
        reason=reason,
        content_level=ContentLevel.MATURE,
        policy=PICTURE_POLICY,
        policy_version=PICTURE_POLICY_VERSION,
        job_id=job_id,
        slot_id=slot_id,
        asset_id=asset_id,
    )
    tx.add(decision)


async def block_of(tx: AsyncSession, asset_id: UUID) -> GuardReason | None:
    """Return why an uploaded picture was blocked; None where it was not."""
    query = select(col(GuardDecision.reason)).where(col(GuardDecision.asset_id) == asset_id).limit(1)
    found = (await tx.execute(query)).scalar_one_or_none()
    return GuardReason(found) if found else None


_EFFECTS: Final = (GuardEffect.BLOCK, GuardEffect.WARN, GuardEffect.ALLOW)
