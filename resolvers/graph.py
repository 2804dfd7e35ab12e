"""The graph: the root types, put together from the features, and the schema with its rules for errors."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import strawberry
import structlog
from graphql import GraphQLError
from sqlalchemy import Boolean, Uuid
from sqlalchemy.types import TypeEngine
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.tools import merge_types
from strawberry.types.execution import StreamExecutionResult

from db.session import LOST
from domain import accounts, cursors
from domain.errors import FAILED, NOT_NOW, Missing, RequestError
from planner import Planner, Reader, Vanished, Weight
from resolvers.accounts import AccountMutations, AccountQueries
from resolvers.allowances import AllowanceQueries
from resolvers.archives import ArchiveMutations, ArchiveSubscriptions
from resolvers.artwork_watch import ArtworkSubscriptions
from resolvers.artworks import ArtworkQueries
from resolvers.blocks import BlockMutations
from resolvers.collections import CollectionMutations
from resolvers.comments import CommentMutations
from resolvers.credits import CreditMutations
from resolvers.feeds import FeedQueries, FeedSubscriptions
from resolvers.folders import FolderMutations, FolderQueries
from resolvers.follows import FollowMutations
from resolvers.galleries import GalleryMutations, GallerySubscriptions
from resolvers.generation import GenerationMutations, GenerationQueries, GenerationSubscriptions
from resolvers.limits import LimitQueries
from resolvers.line import LineMutations, LineQueries
from resolvers.moderation import ModerationMutations, ModerationQueries, ModerationSubscriptions
from resolvers.nodes import NodeQueries
from resolvers.notifications import NotificationMutations, NotificationQueries
from resolvers.operations import OperationMutations
from resolvers.owners import OwnerMutations, OwnerQueries
from resolvers.personal import PersonalSubscriptions
from resolvers.presets import PresetMutations, PresetQueries
from resolvers.prompts import PromptMutations
from resolvers.publishing import PublishingMutations
from resolvers.queues import QueueSubscriptions
from resolvers.quotes import QuoteQueries
from resolvers.reactions import ReactionMutations
from resolvers.reports import ReportMutations
from resolvers.retries import RetryMutations
from resolvers.saved_searches import SavedSearchMutations, SavedSearchQueries, SavedSearchSubscriptions
from resolvers.search import SearchQueries
from resolvers.seen import SeenMutations
from resolvers.sharing import SharingMutations
from resolvers.tags import TagQueries
from resolvers.uploads import UploadMutations
from resolvers.workers import WorkerMutations
from schema.context import Context
from schema.credits import CreditAccount, LedgerEntry
from schema.documents import DocumentReader
from schema.errors import EXCEPTION_HANDLERS, UserError
from schema.generation import GenerationSlot, Job
from schema.generation_events import JobEvent
from schema.guard import GuardDecision
from schema.moderated import Moderated
from schema.scalars import SCALARS
from schema.stream_events import StreamEvent

QUERIES = (
    *(NodeQueries, AccountQueries, OwnerQueries, GenerationQueries, AllowanceQueries, LineQueries, QuoteQueries),
    *(ArtworkQueries, FeedQueries, FolderQueries, PresetQueries, LimitQueries),
    *(TagQueries, NotificationQueries, ModerationQueries, SearchQueries, SavedSearchQueries),
)
MUTATIONS = (
    *(AccountMutations, OwnerMutations, GalleryMutations, GenerationMutations, OperationMutations, LineMutations),
    *(RetryMutations, PromptMutations, PresetMutations, PublishingMutations, UploadMutations, FolderMutations),
    *(WorkerMutations, CreditMutations, ArchiveMutations, CommentMutations, CollectionMutations, SeenMutations),
    *(FollowMutations, ReactionMutations, BlockMutations, NotificationMutations, ReportMutations, ModerationMutations),
    *(SavedSearchMutations, SharingMutations),
)
SUBSCRIPTIONS = (
    *(GenerationSubscriptions, GallerySubscriptions, FeedSubscriptions),
    *(QueueSubscriptions, PersonalSubscriptions),
    *(ArchiveSubscriptions, ArtworkSubscriptions, ModerationSubscriptions, SavedSearchSubscriptions),
)
logger = structlog.get_logger()


class ErrorPolicy(SchemaExtension):
    """Gives each error of an answer its ``extensions.code``, and hides what only we should read."""

    def on_operation(self) -> Iterator[None]:
        """Treat the errors of a query or mutation."""
        yield
        _treat(self.execution_context.result)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Treat the errors of one message of a stream."""
        _treat(result)
        yield


def _treat(result: Any) -> None:  # noqa: ANN401 - the result of a query, or one message of any kind of stream
    if getattr(result, "errors", None):
        result.errors = [treated(error) for error in result.errors]


def treated(error: GraphQLError) -> GraphQLError:
    """Return an error as clients are told it: with its code, and without what only we should read.

    It keeps what tells that PostgreSQL was lost, which an answer over HTTP has a status for.
    """
    cause = error.original_error
    if isinstance(cause, GraphQLError) or cause is None:
        code, message = "BAD_USER_INPUT", error.message
    elif isinstance(cause, CannotGetOperationTypeError):
        code, message = "BAD_USER_INPUT", cause.as_http_error_reason()
    elif isinstance(cause, InvalidOperationTypeError):
        code, message = "BAD_USER_INPUT", f"A {cause.operation_type.value} is not answered over this protocol."
    elif isinstance(cause, RequestError):
        code, message = cause.code, str(cause)
    elif isinstance(cause, Vanished):
        code, message = Missing.code, "What this tells of is gone, or out of your sight by now."
    else:
        logger.error("request failed", path=error.path, exc_info=cause)
        code, message = "INTERNAL", NOT_NOW if isinstance(cause, LOST) else FAILED
    extensions = {"code": code, **(error.extensions or {})}
    told = cause if isinstance(cause, LOST) else None
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, told, extensions)


class _Schema(strawberry.Schema):
    hides_names = False
    """Whether errors keep names to themselves that are similar to those that are not there."""

    def _get_custom_context_kwargs(
        self, operation_extensions: dict[str, Any] | None = None, *, sync: bool = False
    ) -> dict[str, Any]:
        kwargs = super()._get_custom_context_kwargs(operation_extensions, sync=sync)
        return {**kwargs, "hide_suggestions": self.hides_names}

    def process_errors(self, errors: list[GraphQLError], execution_context: object = None) -> None:
        """Log nothing here: the error policy does, once and without what people wrote."""


def _root(name: str, description: str, *parts: type) -> type:
    root = merge_types(name, parts)
    root.__strawberry_definition__.description = description  # type: ignore[attr-defined]  # merge_types set it
    return root


_KNOWN: Final[Mapping[str, TypeEngine[Any]]] = {"viewer": Uuid(), "session": Uuid(), "moderator": Boolean()}


def build_planner(schema: strawberry.Schema, rows: Reader, reader: DocumentReader) -> Planner:
    """Return the planner of the schema's reads; ``rows`` runs their statements, ``reader`` reads documents."""

    def weigh(text: str, name: str | None, variables: Mapping[str, Any]) -> Weight | None:
        try:
            cost = reader.measure(schema._schema, text, name, variables).cost  # noqa: SLF001 - no public name
        except GraphQLError:
            return None
        return Weight(cost, reader.told(cost))

    return Planner(
        schema,
        rows,
        known=_KNOWN,
        tell=_Asked,
        cursors=cursors,
        weigh=weigh,
        guard=lambda ask: accounts.confirms(ask.session, ask.viewer),
    )


class _Asked(Mapping[str, str | bool | None]):
    """What statements ask of a request, looked up as they ask: then the answer is a personal one."""

    __slots__ = ("_context",)

    def __init__(self, context: Context) -> None:
        self._context = context

    def __getitem__(self, name: str) -> str | bool | None:
        if name == "moderator":
            return self._context.is_moderator
        return self._context.viewer_key if name == "viewer" else self._context.session_key

    def __iter__(self) -> Iterator[str]:
        return iter(_KNOWN)

    def __len__(self) -> int:
        return len(_KNOWN)


def build_schema(reader: DocumentReader, *extensions: Callable[[], SchemaExtension]) -> strawberry.Schema:
    """Return the schema; documents are read, limited and remembered by ``reader``, ``extensions`` see final errors."""
    schema = _Schema(
        query=_root("Query", "What can be read.", *QUERIES),
        mutation=_root(
            "Mutation",
            "What can be changed. Each takes one `input`, and returns what it changed or why it was refused.",
            *MUTATIONS,
        ),
        subscription=_root("Subscription", "What can be followed as it happens.", *SUBSCRIPTIONS),
        types=[
            UserError,
            Job,
            StreamEvent,
            Moderated,
            JobEvent,
            CreditAccount,
            LedgerEntry,
            GenerationSlot,
            GuardDecision,
        ],
        extensions=[*extensions, reader.extension, ErrorPolicy],
        exception_handlers=EXCEPTION_HANDLERS,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    schema.hides_names = not reader.is_open
    return schema
