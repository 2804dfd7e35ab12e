"""Publishing in the graph: inputs and results of showing, changing, taking back and deleting artworks."""

from typing import Annotated

import strawberry

from db.words import ArtworkLicense, PromptVisibility, Visibility
from schema.accounts import User
from schema.artworks import Artwork
from schema.errors import ContentBlocked, IdempotencyConflict, InvalidInput, NotFound, Restricted, TooManyAttempts


@strawberry.input(description="What to publish.")
class PublishArtworkInput:
    """What to publish."""

    asset_ids: list[strawberry.ID] = strawberry.field(description="1 to 20 of the viewer's own READY images, in order.")
    title: str = strawberry.field(description="1 to 100 characters; `#words` in it become tags.")
    description: str = strawberry.field(default="", description="At most 2000 characters; `#words` in it become tags.")
    tags: list[str] = strawberry.field(
        default_factory=list,
        description="At most 20 words, with or without `#`. Those in title and description follow while there is room.",
    )
    visibility: Visibility = strawberry.field(default=Visibility.PUBLIC, description="Who may see it.")
    prompt_visibility: PromptVisibility = strawberry.field(
        default=PromptVisibility.PUBLIC, description="Whether others may read the prompt."
    )
    license: ArtworkLicense = strawberry.field(
        default=ArtworkLicense.ALL_RIGHTS_RESERVED, description="What others may do with it."
    )
    remix_of: strawberry.ID | None = strawberry.field(
        default=None,
        description="Id of the artwork that it was made out of: one of the viewer's own, or one that the viewer may "
        "see and whose licence allows remixes. By default the one of their own that its images were made from, if any.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="1 to 255 characters, chosen for this publication: sent again within a day, it is published once.",
    )


@strawberry.type(description="The artwork as others see it now.")
class PublishArtworkSuccess:
    """The artwork is published."""

    artwork: Artwork = strawberry.field(description="The artwork.")


PublishArtworkResult = Annotated[
    PublishArtworkSuccess
    | InvalidInput
    | NotFound
    | IdempotencyConflict
    | ContentBlocked
    | TooManyAttempts
    | Restricted,
    strawberry.union("PublishArtworkResult", description="Result of `publishArtwork`."),
]


@strawberry.input(description="What to change of an artwork; what is left out, or null, stays.")
class UpdateArtworkInput:
    """What to change of an artwork."""

    artwork_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's artworks.")
    title: str | None = strawberry.field(default=None, description="1 to 100 characters; `#words` in it become tags.")
    description: str | None = strawberry.field(
        default=None, description="At most 2000 characters; `#words` in it become tags."
    )
    tags: list[str] | None = strawberry.field(
        default=None,
        description="At most 20 words, with or without `#`, in place of those that it was given; empty for none. Those "
        "in title and description follow while there is room.",
    )
    visibility: Visibility | None = strawberry.field(default=None, description="Who may see it.")
    prompt_visibility: PromptVisibility | None = strawberry.field(
        default=None, description="Whether others may read the prompt."
    )
    license: ArtworkLicense | None = strawberry.field(default=None, description="What others may do with it.")
    asset_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="1 to 20 of the viewer's own READY images, in order, in place of its present ones. Prompt and "
        "style become those of the first.",
    )


@strawberry.type(description="The artwork is changed.")
class UpdateArtworkSuccess:
    """The artwork is changed."""

    artwork: Artwork = strawberry.field(description="The artwork as it is now.")


UpdateArtworkResult = Annotated[
    UpdateArtworkSuccess | InvalidInput | NotFound | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("UpdateArtworkResult", description="Result of `updateArtwork`."),
]


@strawberry.input(description="Which artwork to show no more.")
class UnpublishArtworkInput:
    """Which artwork to show no more."""

    artwork_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's artworks.")


@strawberry.type(description="Nobody but its author sees the artwork any more.")
class UnpublishArtworkSuccess:
    """The artwork is shown no more."""

    artwork: Artwork = strawberry.field(description="The artwork, PRIVATE now.")


UnpublishArtworkResult = Annotated[
    UnpublishArtworkSuccess | NotFound,
    strawberry.union("UnpublishArtworkResult", description="Result of `unpublishArtwork`."),
]


@strawberry.input(description="Which artwork to delete.")
class DeleteArtworkInput:
    """Which artwork to delete."""

    artwork_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's artworks.")


@strawberry.type(
    description="Nobody sees the artwork any more. Its comments and likes go with it; its images stay its author's, "
    "and remixes of it stay."
)
class DeleteArtworkSuccess:
    """The artwork is deleted."""

    deleted_id: strawberry.ID = strawberry.field(description="The id that it had.")
    author: User = strawberry.field(description="Whose it was.")


DeleteArtworkResult = Annotated[
    DeleteArtworkSuccess | NotFound,
    strawberry.union("DeleteArtworkResult", description="Result of `deleteArtwork`."),
]
