"""The routes of all pages beside the graph."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from app.share.artworks import ArtworkPages
from app.share.feeds import Feeds
from app.share.home import HomePage
from app.share.links import PictureLinks
from app.share.oembed import PARAMETERS, OEmbed
from app.share.page import Page
from app.share.people import PeoplePages
from app.share.sitemap import Sitemap
from app.share.templates import Templates

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from app.share.serving import Desk
    from domain.messages import Language
    from schema.context import Services


def share_routes(services: Services, desk: Desk) -> list[BaseRoute]:
    """Return the routes; what they show is what somebody sees who is not signed in."""
    db, places, links = services.db, services.places, PictureLinks(services.store)
    templates = Templates(links.origin, places.home)
    artworks = ArtworkPages(db, places, links, templates)
    home, people = HomePage(db, places, links, templates), PeoplePages(db, places, links, templates)
    feeds, sitemap = Feeds(db, places, people, templates), Sitemap(db, places)

    def missing(language: Language, *, is_framed: bool = False) -> Page:
        body = templates.write("missing", language)
        policy = templates.policy(is_framed=is_framed)
        return Page(body, status=HTTPStatus.NOT_FOUND, seconds=0, headers=policy)

    return [
        desk.route("/", home.page, missing),
        desk.route("/a/{id}", artworks.page, missing),
        desk.route("/a/{id}/embed", artworks.embed, partial(missing, is_framed=True)),
        desk.picture("/a/{id}/image", artworks.image),
        desk.picture("/a/{id}/image/{variant}", artworks.image),
        desk.route("/s/{code}", artworks.short, missing),
        desk.route("/u/{handle}", people.page, missing),
        desk.route("/oembed", OEmbed(artworks).answer, names=PARAMETERS),
        desk.route("/feeds/latest.{form}", feeds.latest),
        desk.route("/feeds/popular.{form}", feeds.popular, names=("window",)),
        desk.route("/feeds/user/{handle}.{form}", feeds.author),
        desk.route("/feeds/tag/{tag}.{form}", feeds.tag),
        desk.route("/feeds/search.{form}", feeds.search, names=("q",)),
        desk.route("/sitemap.xml", sitemap.index),
        desk.route("/sitemaps/{name}.xml", sitemap.part),
        desk.route("/robots.txt", sitemap.robots),
    ]
