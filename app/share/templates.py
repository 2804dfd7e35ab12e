"""HTML from the templates in ``web/share``: every value is escaped, and nothing is loaded from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from domain.plain import legible
from domain.sharing_words import words

if TYPE_CHECKING:
    from domain.messages import Language

FOLDER: Final = Path(__file__).parent.parent.parent / "web" / "share"
_STYLE: Final = (FOLDER / "share.css").read_text()
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()


class Templates:
    """The templates, and the policy under which browsers show what is made of them."""

    def __init__(self, picture_origin: str, home: str) -> None:
        """Read no template yet; pictures are shown from ``picture_origin``, as ``https://media.example``.

        All pages lead to the one at ``home``.
        """
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_written,
        )
        self._environment.globals["style"] = Markup(_STYLE)  # noqa: S704 - a file of ours
        self._environment.globals["home"] = home
        self._policy = (
            f"default-src 'none'; img-src 'self' {picture_origin}; style-src 'sha256-{_STYLE_HASH}'; "
            "base-uri 'none'; form-action 'none'"
        )

    def write(self, template: str, language: Language, /, **values: Any) -> bytes:  # noqa: ANN401 - whatever it shows
        """Return a page of a template in UTF-8."""
        say = partial(words, language=language)
        page = self._environment.get_template(f"{template}.html")
        return page.render(language=language, say=say, **values).encode()

    def policy(self, *, is_framed: bool = False) -> dict[str, str]:
        """Return the policy as a header; only pages that are made for it may be framed.

        These name no ancestors: ``*`` would be all websites, but no application that shows a page of its own.
        """
        return {"Content-Security-Policy": self._policy + ("" if is_framed else "; frame-ancestors 'none'")}


def _written(value: Any) -> Any:  # noqa: ANN401 - whatever a template shows
    """Return a value as a template writes it: HTML forbids the control characters that XML does."""
    return legible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
