"""Sharing: a short link to an artwork."""

from typing import Annotated

import strawberry

from db.words import ShareChannel
from domain import attempts, sharing
from domain.messages import Language
from domain.places import Places
from domain.plain import one_line
from domain.sharing_words import words
from domain.shown import ShownArtwork
from planner import ref
from schema.artworks import Artwork
from schema.context import Info
from schema.node import required_key
from schema.scalars import URL
from schema.sharing import (
    CreateShareLinkInput,
    CreateShareLinkResult,
    CreateShareLinkSuccess,
    KakaoButton,
    KakaoContent,
    KakaoFeedTemplate,
    KakaoLink,
    KakaoSocial,
)


def _kakao(artwork: ShownArtwork, places: Places, url: str, language: Language) -> KakaoFeedTemplate:
    width, height = artwork.picture.size
    link = KakaoLink(mobile_web_url=URL(url), web_url=URL(url))
    return KakaoFeedTemplate(
        object_type="feed",
        content=KakaoContent(
            title=one_line(artwork.title, 100),
            description=sharing.summary(artwork, language, 100),
            image_url=URL(places.image(artwork.id)),
            image_width=width,
            image_height=height,
            link=link,
        ),
        social=KakaoSocial(like_count=artwork.like_count, comment_count=artwork.comment_count),
        buttons=[KakaoButton(title=words("share.look", language), link=link)],
    )


@strawberry.type
class SharingMutations:
    """Mutations about sharing."""

    @strawberry.mutation(
        description="Make a short link to an artwork, with all that the place needs where it is shared. The same "
        "artwork and channel give the same link; 60 in 5 minutes."
    )
    async def create_share_link(
        self,
        info: Info,
        input: Annotated[CreateShareLinkInput, strawberry.argument(description="What to share.")],  # noqa: A002
    ) -> CreateShareLinkResult:
        """Share an artwork."""
        viewer_id, services, language = info.context.required_viewer_id, info.context.services, info.context.language
        artwork_id = required_key("artwork", input.artwork_id, "artworkId")
        await attempts.count(services.limiter, "share", str(viewer_id), sharing.PER_USER)
        async with services.db.write() as tx:
            shared = await sharing.link(tx, viewer_id, artwork_id, input.channel)
        url, text = services.places.short(shared.code), sharing.sentence(shared.artwork, language)
        intent = sharing.intent(input.channel, url, text)
        is_kakao = input.channel is ShareChannel.KAKAO
        return CreateShareLinkSuccess(
            url=URL(url),
            text=text,
            intent_url=URL(intent) if intent else None,
            kakao_template=_kakao(shared.artwork, services.places, url, language) if is_kakao else None,
            artwork=ref(Artwork, id=artwork_id),
        )
