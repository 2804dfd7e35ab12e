"""What somebody sees of their notifications: which ones, in which order, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Subquery, Text, and_, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.tables import (
    Artwork,
    Block,
    Comment,
    GenerationJob,
    NotificationActor,
    NotificationBox,
    NotificationGroup,
    NotificationItem,
    NotificationPlace,
    SavedSearch,
    User,
)
from db.words import NotificationKind
from domain import artworks, comments, sight
from domain.messages import message
from domain.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

    from domain.clauses import Row, Value
    from domain.messages import Language

TOLD_ACTORS: Final = 3
COUNTED: Final = 100
"""Where counting unread groups stops: this number means "100 or more"."""
OF_ARTWORKS: Final = frozenset({NotificationKind.LIKE, NotificationKind.COMMENT, NotificationKind.MENTION})
OF_COMMENTS: Final = frozenset({NotificationKind.COMMENT, NotificationKind.REPLY, NotificationKind.MENTION})
"""Whose things are comments."""
OF_NOBODY: Final = frozenset(
    {
        *(NotificationKind.JOB, NotificationKind.CREDITS_LOW, NotificationKind.CREDITS_BACK),
        *(NotificationKind.MODERATION, NotificationKind.REPORT),
    }
)
"""What nobody did."""
OF_THE_VIEWER: Final = (OF_NOBODY | {NotificationKind.FOLLOW}) - {NotificationKind.JOB}
"""What is about the viewer, and nothing else."""


def listed() -> Subquery:
    """Return groups at their places, with what is said of them; ``until`` is NULL at the place where one stands now."""
    group, place = NotificationGroup, NotificationPlace
    actor, user, artwork, job = aliased(NotificationActor), aliased(User), aliased(Artwork), aliased(GenerationJob)
    parent, comment, search = aliased(Artwork), aliased(Comment), aliased(SavedSearch)
    blocked = select(col(Block.other_id)).where(
        col(Block.user_id) == col(group.recipient_id), col(Block.other_id) == col(actor.actor_id)
    )
    newest = (
        select(col(user.display_name))
        .join(actor, col(actor.actor_id) == col(user.id))
        .where(col(actor.group_id) == col(group.id), ~blocked.correlate(group, actor).exists())
        .order_by(col(actor.latest_at).desc(), col(actor.actor_id))
        .limit(1)
    )
    title = select(col(artwork.title)).where(col(artwork.id) == col(group.subject_id))
    parent_title = (
        select(col(parent.title))
        .join(comment, col(comment.artwork_id) == col(parent.id))
        .where(col(comment.id) == col(group.subject_id))
    )
    name = select(col(search.name)).where(col(search.id) == col(group.subject_id))
    status = select(col(job.status)).where(col(job.id) == col(group.latest_item_id))
    return (
        select(
            *(
                col(place.group_id).label("id"),
                col(place.place),
                col(place.until),
                col(group.recipient_id),
                col(group.kind),
            ),
            *(col(group.subject_id), col(group.latest_item_id), col(group.amount)),
            *(col(group.grown), col(group.created_at), col(group.latest_at), col(group.read_at)),
            (col(group.actor_count) - _hidden(NotificationActor)).label("actor_count"),
            (col(group.item_count) - _hidden(NotificationItem)).label("item_count"),
            newest.scalar_subquery().label("actor_name"),
            func.coalesce(*(each.scalar_subquery() for each in (title, parent_title, name))).label("title"),
            status.scalar_subquery().label("job_status"),
        )
        .join(
            place,
            and_(col(place.group_id) == col(group.id), col(place.recipient_id) == col(group.recipient_id)),
        )
        .subquery()
    )


def _hidden(table: Any) -> ColumnElement[int]:  # noqa: ANN401 - a mapped class
    """Return how many actors or items of a group are of people whom one of both has blocked since."""
    group = NotificationGroup
    counted = (
        select(func.count())
        .select_from(Block)
        .join(table, table.actor_id == col(Block.other_id))
        .where(col(Block.user_id) == col(group.recipient_id), table.group_id == col(group.id))
    )
    return counted.scalar_subquery()


def settings() -> Subquery:
    """Return of which kinds each user wants to be notified, as (user_id, kind, in_app)."""
    kinds = select(func.unnest(array([str(each) for each in NotificationKind]), type_=Text()).label("kind")).subquery()
    off = select(col(NotificationBox.off)).where(col(NotificationBox.user_id) == col(User.id)).scalar_subquery()
    return (
        select(
            col(User.id).label("user_id"),
            kinds.c.kind,
            func.array_position(off, kinds.c.kind).is_(None).label("in_app"),
        )
        .join(kinds, true())
        .subquery()
    )


def visible_to(group: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which groups somebody may see: their own, at the place where each stands now."""
    return and_(group.until.is_(None), shown_to(group, viewer_id))


def shown_to(group: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which groups lists show to somebody: their own of what they can still see.

    None of people all of whom one of both has blocked since, or of artworks or comments that they may not see any more,
    or of saved searches that are deleted.
    """
    artwork = select(col(Artwork.id)).where(
        col(Artwork.id) == group.subject_id, artworks.visible_to(Artwork, viewer_id)
    )
    comment = select(col(Comment.id)).where(
        col(Comment.id) == group.subject_id,
        col(Comment.author_id) == viewer_id,  # who has deleted it wants to hear no answers
        comments.visible_to(Comment, viewer_id),
    )
    search = select(col(SavedSearch.id)).where(
        col(SavedSearch.id) == group.subject_id, col(SavedSearch.user_id) == viewer_id
    )
    found = (
        select(col(Artwork.id))
        .join(NotificationItem, col(NotificationItem.item_id) == col(Artwork.id))
        .where(col(NotificationItem.group_id) == group.id, artworks.visible_to(Artwork, viewer_id))
    )
    subject = or_(
        group.kind == NotificationKind.FOLLOW,
        and_(group.kind == NotificationKind.SAVED_SEARCH, search.exists(), found.exists()),
        and_(group.kind.in_(OF_ARTWORKS), artwork.exists()),
        and_(group.kind == NotificationKind.REPLY, comment.exists()),
    )
    return and_(group.recipient_id == viewer_id, or_(group.kind.in_(OF_NOBODY), and_(group.actor_count > 0, subject)))


def present_edition(viewer_id: Value) -> ColumnElement[int]:
    """Return the present edition of somebody's list, 0 where they were never notified of anything."""
    edition = select(col(NotificationBox.edition)).where(col(NotificationBox.user_id) == viewer_id)
    return func.coalesce(edition.scalar_subquery(), 0)


def stood_at(group: Row, edition: Value) -> ColumnElement[bool]:
    """Return the clause that says at which place each group stood in an edition of the list."""
    return and_(group.place <= edition, or_(group.until.is_(None), group.until > edition))


def unread_count(user: Row) -> ColumnElement[int]:
    """Return how many groups of a user's are unread, ``COUNTED`` at most."""
    group = listed()
    unread = (
        select(literal(1))
        .select_from(group)
        .where(group.c.read_at.is_(None), visible_to(group.c, user.id))
        .limit(COUNTED)
    )
    return select(func.count()).select_from(unread.subquery()).scalar_subquery()


def is_actor_of(group: Row, link: Row, user: Row) -> ColumnElement[bool]:
    """Return the clause that says of whose doings a group tells, over the link between them."""
    return and_(link.group_id == group.id, user.id == link.actor_id, sight.in_sight(link.actor_id, group.recipient_id))


def told(language: Language, kind: NotificationKind, values: Mapping[str, Any]) -> str:
    """Return what a group says, for people.

    Args:
        language: the reader's.
        kind: of the group.
        values: ``name`` of the newest actor, ``actors`` and ``items`` (numbers), ``title`` of the artwork, or name
            of the saved search, ``job_status`` of the newest job, ``amount`` of credits; what the kind does not tell of
            may be None.
    """
    if kind is NotificationKind.JOB:
        key = f"JOB.{values['job_status']}" if values["items"] == 1 else "JOB.many"
    elif kind is NotificationKind.SAVED_SEARCH:
        key = f"{kind}.{'one' if values['items'] == 1 else 'many'}"
    elif kind is NotificationKind.CREDITS_BACK:
        key = f"{kind}.{'one' if values['amount'] == 1 else 'many'}"
    else:
        key = str(kind)
    others = (values["actors"] or 1) - 1
    number = {0: "one", 1: "two"}.get(others, "many")
    lines = {name: one_line(values[name] or "") for name in ("name", "title")}  # a title may turn what is said about it
    people = message(f"notification.people.{number}", language, name=lines["name"], others=others)
    return message(f"notification.{key}", language, people=people, **{**values, **lines})
