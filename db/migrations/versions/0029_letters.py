"""letters: those of Hangul that stand alone, as in tags of laughter, are kept as they are typed."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

LETTERS = """
CREATE OR REPLACE FUNCTION search_letters(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    normalize(word, {form})
"""
LOOK_AGAIN = """
INSERT INTO search_pending (artwork_id, changed_at)
SELECT id, now() FROM artworks WHERE concat_ws(' ', title, description, prompt) ~ '[\u3131-\u318e\uffa1-\uffdc]'
ON CONFLICT DO NOTHING
"""
COMPARED = (
    ("tags", "name", ("id",)),
    ("media_tags", "name", ("asset_id", "name")),
    ("search_terms", "word", ("id",)),
    ("search_documents", "text", ("number",)),
    ("saved_searches", "trait", ("id",)),
)
"""Texts as they are compared: table, column, key."""
OPEN = "".join(map(chr, range(0xAC00, 0xD7A4, 28)))
LONE = re.compile(
    "[\u1100-\u115e](?![\u1161-\u11a7\ud7b0-\ud7c6])"
    "|(?<![\u1100-\u115e\ua960-\ua97c])[\u1161-\u11a7]"
    f"|(?<![\u1100-\u115e\ua960-\ua97c][\u1161-\u11a7\ud7b0-\ud7c6])(?<![{OPEN}])[\u11a8-\u11ff]"
)
TYPED = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0x3131, 0x318F)}


def as_typed(text: str) -> str:
    """Return a text in NFKC with letters that stand alone as keyboards give them."""
    return LONE.sub(lambda letter: TYPED.get(letter[0], letter[0]), text)


def upgrade() -> None:
    connection = op.get_bind()
    for table, name, key in COMPARED:
        place = sa.table(table, *map(sa.column, {name, *key}))
        text = place.c[name]
        found = connection.execute(sa.select(place).where(text.op("~")("[\u1100-\u11ff]"))).mappings().all()
        for row in found:
            this = (place.c[each] == row[each] for each in key)
            connection.execute(sa.update(place).where(*this).values({name: as_typed(row[name])}))
    saved = sa.table("saved_searches", sa.column("id"), sa.column("tags", ARRAY(sa.Text())))
    joined = sa.func.array_to_string(saved.c.tags, " ")
    for row in connection.execute(sa.select(saved).where(joined.op("~")("[\u1100-\u11ff]"))).mappings().all():
        tags = [as_typed(tag) for tag in row["tags"]]
        connection.execute(sa.update(saved).where(saved.c.id == row["id"]).values(tags=tags))
    read_letters("NFKD")
    op.execute(LOOK_AGAIN)  # what syllables were made of is in the texts alone


def downgrade() -> None:
    for table, name, _ in COMPARED:
        text = sa.column(name, sa.Text())
        parts = sa.func.normalize(text, sa.literal_column("NFKC"))
        op.execute(sa.update(sa.table(table, text)).where(text.op("~")("[\u3131-\u318e]")).values({name: parts}))
    op.execute(
        "UPDATE saved_searches SET tags = ARRAY(SELECT normalize(tag, NFKC) FROM unnest(tags) WITH ORDINALITY t (tag, n)"
        " ORDER BY n) WHERE array_to_string(tags, ' ') ~ '[\u3131-\u318e]'"
    )
    read_letters("NFD")


def read_letters(form: str) -> None:
    """Let search compare the letters of words in a form of Unicode; its index is made anew."""
    op.execute(LETTERS.format(form=form))
    op.execute("REINDEX INDEX ix_search_terms_letters_within")
