"""Sharing in the graph: a short link to an artwork, with what the place needs where it is shared."""

from typing import Annotated

import strawberry

from db.words import ShareChannel
from schema.artworks import Artwork
from schema.errors import InvalidInput, NotFound, TooManyAttempts
from schema.scalars import URL


@strawberry.input(description="What to share, and where.")
class CreateShareLinkInput:
    """What to share, and where."""

    artwork_id: strawberry.ID = strawberry.field(
        description="Id of an artwork that somebody who is not signed in may see."
    )
    channel: ShareChannel = strawberry.field(default=ShareChannel.LINK, description="Where.")


@strawberry.type(description="Where a part of a Kakao message leads.")
class KakaoLink:
    """Where a part of a Kakao message leads."""

    mobile_web_url: URL = strawberry.field(description="On a telephone.")
    web_url: URL = strawberry.field(description="On a computer.")


@strawberry.type(description="What a Kakao message shows.")
class KakaoContent:
    """What a Kakao message shows."""

    title: str = strawberry.field(description="Title.")
    description: str = strawberry.field(description="What is below it; 100 characters at most.")
    image_url: URL = strawberry.field(description="The picture, at an address that does not expire.")
    image_width: int = strawberry.field(description="Its width in pixels.")
    image_height: int = strawberry.field(description="Its height in pixels.")
    link: KakaoLink = strawberry.field(description="Where it leads.")


@strawberry.type(description="Counts that a Kakao message shows.")
class KakaoSocial:
    """Counts that a Kakao message shows."""

    like_count: int = strawberry.field(description="How many like the artwork.")
    comment_count: int = strawberry.field(description="How many comments it has.")


@strawberry.type(description="A button of a Kakao message.")
class KakaoButton:
    """A button of a Kakao message."""

    title: str = strawberry.field(description="What it says, in the language of the request.")
    link: KakaoLink = strawberry.field(description="Where it leads.")


@strawberry.type(
    description="Arguments of `Kakao.Share.sendDefault`, as they are: a message of the type `feed` "
    "(https://developers.kakao.com/docs/latest/en/message-template/default)."
)
class KakaoFeedTemplate:
    """Arguments of ``Kakao.Share.sendDefault``."""

    object_type: str = strawberry.field(description="Always `feed`.")
    content: KakaoContent = strawberry.field(description="What the message shows.")
    social: KakaoSocial = strawberry.field(description="Counts.")
    buttons: list[KakaoButton] = strawberry.field(description="Its buttons: one.")


@strawberry.type(description="The link. Whoever shares the same artwork at the same place again gets the same one.")
class CreateShareLinkSuccess:
    """The link."""

    url: URL = strawberry.field(
        description="A short link to the artwork's page, which works as long as the artwork is shown to everybody."
    )
    text: str = strawberry.field(description="Title and author in a sentence, in the language of the request.")
    intent_url: URL | None = strawberry.field(
        description="The page of the channel where link and text wait to be sent; null for `LINK` and `KAKAO`."
    )
    kakao_template: KakaoFeedTemplate | None = strawberry.field(
        description="The message for the Kakao SDK; null for all channels but `KAKAO`."
    )
    artwork: Artwork = strawberry.field(description="The artwork.")


CreateShareLinkResult = Annotated[
    CreateShareLinkSuccess | NotFound | InvalidInput | TooManyAttempts,
    strawberry.union("CreateShareLinkResult", description="Result of `createShareLink`."),
]
