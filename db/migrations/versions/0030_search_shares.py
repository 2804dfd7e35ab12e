"""search shares: whether a document has one of many terms is read from its own list of them."""

from importlib import import_module

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BEFORE = import_module("db.migrations.versions.0027_search_bounds").ARTWORKS
# A lookup of a document descends the index of postings once for each term: of more than three, its list is read instead.
SHARES = """    shares text := ' AND (SELECT d.terms && %L::int[] FROM search_documents d WHERE d.number = f.number) IS %s FALSE';
    needs text := '';"""


def looked_up(function: str) -> str:
    """Return the function with documents looked up for many terms at once."""
    function = function.replace("    needs text := '';", SHARES)
    for terms in ("terms", "least_used"):
        way = f"CASE WHEN cardinality({terms}) > 3 THEN shares ELSE has END"
        function = function.replace(f"format(has, {terms}, ", f"format({way}, {terms}, ")
    return function


def upgrade() -> None:
    op.execute(looked_up(BEFORE))


def downgrade() -> None:
    op.execute(BEFORE)
