"""told: notifications of artworks that match saved searches, who has commented on what, and people with long names."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = ("notification_notes", "notification_groups")
BEFORE = (
    *("FOLLOW", "LIKE", "COMMENT", "REPLY", "MENTION", "JOB", "CREDITS_LOW", "CREDITS_BACK"),
    *("MODERATION", "REPORT"),
)
# People by parts of handle and name, with how like: 4 their handle, 3 it begins so, 2 their name does, 1 has it within.
# A word that repeats itself has no more trigrams than its beginning, so that the index finds all who have these: they are
# looked for by the beginning, and the first thousand who have it are looked at.
USERS = """
CREATE OR REPLACE FUNCTION search_users(query jsonb, at_most int) RETURNS TABLE (user_id uuid, likeness int)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 SET enable_seqscan = off AS $$
DECLARE
    wanted text[] := ARRAY(SELECT jsonb_array_elements_text(query -> 'people'));
    first text := wanted[1];
    letters text := normalize(first, NFKD);
    core text := letters;
    patterns text[];
BEGIN
    IF first IS NULL THEN
        RETURN;
    END IF;
    FOR n IN 2 .. char_length(letters) - 2 LOOP
        IF position(substr(letters, n, 3) IN letters) < n THEN
            core := left(letters, n + 1);
            EXIT;
        END IF;
    END LOOP;
    IF core !~ '[[:alnum:]]{3}' OR EXISTS (
        SELECT FROM generate_series(1, char_length(letters) - 2) n WHERE position(substr(letters, n, 3) IN core) = 0
    ) THEN
        core := letters;
    END IF;
    patterns := ARRAY(SELECT '%' || search_pattern(normalize(word, NFKD)) || '%' FROM unnest(wanted) AS word);
    RETURN QUERY
        SELECT u.id, CASE
            WHEN u.handle = first THEN 4
            WHEN starts_with(u.handle, first) THEN 3
            WHEN starts_with(lower(u.display_name), first) THEN 2
            ELSE 1
        END
        FROM (
            (SELECT b.id FROM (
                SELECT h.id, h.handle, h.display_name FROM users h
                WHERE h.handle ~>=~ first AND h.handle ~<~ (first || chr(1114111))
                ORDER BY h.handle USING ~<~ LIMIT at_most
            ) b WHERE search_people(b.handle, b.display_name) LIKE ALL (patterns))
            UNION
            (SELECT w.id FROM (
                SELECT c.id, search_people(c.handle, c.display_name) AS people FROM users c
                WHERE letters ~ '[[:alnum:]]{3}'
                    AND search_people(c.handle, c.display_name) LIKE '%' || search_pattern(core) || '%'
                LIMIT 1000
            ) w WHERE w.people LIKE ALL (patterns) LIMIT at_most)
        ) f JOIN users u ON u.id = f.id;
END $$
"""
USERS_BEFORE = """
CREATE OR REPLACE FUNCTION search_users(query jsonb, at_most int) RETURNS TABLE (user_id uuid, likeness int)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 SET enable_seqscan = off AS $$
DECLARE
    wanted text[] := ARRAY(SELECT jsonb_array_elements_text(query -> 'people'));
    first text := wanted[1];
    patterns text[];
BEGIN
    IF first IS NULL THEN
        RETURN;
    END IF;
    patterns := ARRAY(SELECT '%' || search_pattern(normalize(word, NFKD)) || '%' FROM unnest(wanted) AS word);
    RETURN QUERY
        SELECT u.id, CASE
            WHEN u.handle = first THEN 4
            WHEN starts_with(u.handle, first) THEN 3
            WHEN starts_with(lower(u.display_name), first) THEN 2
            ELSE 1
        END
        FROM (
            (SELECT h.id FROM users h WHERE h.handle ~>=~ first AND h.handle ~<~ (first || chr(1114111))
                ORDER BY h.handle USING ~<~ LIMIT at_most)
            UNION
            (SELECT w.id FROM users w
                WHERE normalize(first, NFKD) ~ '[[:alnum:]]{3}'
                    AND search_people(w.handle, w.display_name) LIKE patterns[1]
                    AND search_people(w.handle, w.display_name) LIKE ALL (patterns)
                LIMIT at_most)
        ) f JOIN users u ON u.id = f.id
        WHERE search_people(u.handle, u.display_name) LIKE ALL (patterns);
END $$
"""


def notify_of(*kinds: str) -> None:
    """Let notifications be of these kinds, and of no others."""
    known = ", ".join(f"'{kind}'" for kind in kinds)
    for table in TABLES:
        op.drop_constraint(f"ck_{table}_kind_known", table)
        op.create_check_constraint("kind_known", table, f"kind IN ({known})")


def upgrade() -> None:
    notify_of(*BEFORE, "SAVED_SEARCH")
    op.create_index("ix_comments_author_id_artwork_id", "comments", ["author_id", "artwork_id"])
    op.drop_index("ix_comments_author_id", table_name="comments")
    op.execute(USERS)


def downgrade() -> None:
    op.execute(USERS_BEFORE)
    op.create_index("ix_comments_author_id", "comments", ["author_id"])
    op.drop_index("ix_comments_author_id_artwork_id", table_name="comments")
    for table in TABLES:
        noted = sa.table(table, sa.column("kind"))
        op.execute(sa.delete(noted).where(noted.c.kind == "SAVED_SEARCH"))
    notify_of(*BEFORE)
