"""Licences of artworks: what each is, and what a remix of an artwork may be licensed as.

Source of the table: Creative Commons, "If I derive or adapt material offered under a Creative Commons license, which CC
license(s) can I use?", https://creativecommons.org/faq/. Whoever keeps all rights in what they added may do so wherever
the licence does not ask for the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from db.words import ArtworkLicense
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESERVED = ArtworkLicense.ALL_RIGHTS_RESERVED
_BY, _BY_SA, _BY_ND = ArtworkLicense.CC_BY_4_0, ArtworkLicense.CC_BY_SA_4_0, ArtworkLicense.CC_BY_ND_4_0
_BY_NC, _BY_NC_SA = ArtworkLicense.CC_BY_NC_4_0, ArtworkLicense.CC_BY_NC_SA_4_0
_BY_NC_ND = ArtworkLicense.CC_BY_NC_ND_4_0

URLS: Final[Mapping[ArtworkLicense, str]] = {
    ArtworkLicense.CC0_1_0: "https://creativecommons.org/publicdomain/zero/1.0/",
    _BY: "https://creativecommons.org/licenses/by/4.0/",
    _BY_SA: "https://creativecommons.org/licenses/by-sa/4.0/",
    _BY_ND: "https://creativecommons.org/licenses/by-nd/4.0/",
    _BY_NC: "https://creativecommons.org/licenses/by-nc/4.0/",
    _BY_NC_SA: "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    _BY_NC_ND: "https://creativecommons.org/licenses/by-nc-nd/4.0/",
}
"""Where each says what it allows; who reserves all rights allows nothing."""
REMIXES: Final[Mapping[ArtworkLicense, frozenset[ArtworkLicense]]] = {
    ArtworkLicense.CC0_1_0: frozenset(ArtworkLicense),
    _BY: frozenset(ArtworkLicense) - {ArtworkLicense.CC0_1_0},
    _BY_SA: frozenset({_BY_SA}),
    _BY_NC: frozenset({_RESERVED, _BY_NC, _BY_NC_SA, _BY_NC_ND}),
    _BY_NC_SA: frozenset({_BY_NC_SA}),
}
"""What a remix of an artwork under each licence may be licensed as; under no other one may there be any."""


def check_remix(granted: ArtworkLicense, license: ArtworkLicense) -> None:  # noqa: A002 - the input's own name
    """See whether a remix of an artwork that was ``granted`` under a licence may be published under this one.

    Raises:
        InvalidInput: there may be no remix, or not under this licence.
    """
    allowed = REMIXES.get(granted)
    if allowed is None:
        raise InvalidInput("remix.not_allowed", ("input", "remixOf"))
    if license not in allowed:
        choices = ", ".join(each for each in ArtworkLicense if each in allowed)
        raise InvalidInput("remix.license", ("input", "license"), choices=choices)
