"""bounds of search: each word costs lookups and no scan, phrases are compared as words are, and each person once."""

from importlib import import_module

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# Artworks that have all that a query and a filter name, the newest of them. For each thing that is wanted there are terms
# that stand for it, one of which a document must have: sixty for all words together, so that many words cost no more than
# some. Documents are found by the thing that the fewest of them have: the newest that have it, five times as many as are
# told of; then each is looked up for whether it has the others too, by scalar subqueries: an EXISTS would be made a join
# that reads all that have them. Phrases are looked for in the texts of a quarter of these.
ARTWORKS = """
CREATE OR REPLACE FUNCTION search_artworks(query jsonb, filter jsonb, at_most int)
RETURNS TABLE (artwork_id uuid, number bigint, score int, style text, ratio text, engine text, color text, level text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 SET enable_seqscan = off SET jit = off AS $$
DECLARE
    each record;
    terms int[];
    same int[];
    total bigint;
    least_used int[];
    least_total bigint;
    alternatives int := least(20, greatest(3, 60 / greatest(1, jsonb_array_length(query -> 'words'))));
    has text := ' AND (SELECT 1 FROM search_postings h'
        ' WHERE h.number = f.number AND h.term_id = ANY (%L::int[]) LIMIT 1) IS %s NULL';
    needs text := '';
    conditions text := '';
    scores text := '0';
    source text;
BEGIN
    IF (query ->> 'is_nothing')::boolean THEN
        RETURN;
    END IF;
    FOR each IN
        SELECT 'WORD' AS kind, word, NULL::jsonb AS words, true AS is_loose, true AS is_wanted
        FROM jsonb_array_elements_text(query -> 'words') AS word
        UNION ALL
        SELECT 'WORD', word, NULL, false, true FROM jsonb_array_elements_text(query -> 'exact') AS word
        UNION ALL
        SELECT 'TAG', word, NULL, false, true FROM jsonb_array_elements_text(query -> 'tags') AS word
        UNION ALL
        SELECT 'TAG', word, NULL, false, true FROM jsonb_array_elements_text(filter -> 'tags') AS word
        UNION ALL
        SELECT 'HANDLE', word, NULL, false, true FROM jsonb_array_elements_text(query -> 'handles') AS word
        UNION ALL
        SELECT 'WORD', word, NULL, false, false FROM jsonb_array_elements_text(query -> 'not_words') AS word
        UNION ALL
        SELECT 'TAG', word, NULL, false, false FROM jsonb_array_elements_text(query -> 'not_tags') AS word
        UNION ALL
        SELECT 'HANDLE', word, NULL, false, false FROM jsonb_array_elements_text(query -> 'not_handles') AS word
        UNION ALL
        SELECT upper(key), NULL, value, false, true FROM jsonb_each(filter -> 'terms') WHERE value <> '[]'
    LOOP
        IF each.is_loose THEN
            SELECT array_agg(f.id), array_agg(f.id) FILTER (WHERE f.likeness = 4), sum(f.uses)
            INTO terms, same, total
            FROM (
                SELECT l.id, l.uses, l.likeness FROM search_like('WORD', each.word, alternatives) l
                UNION ALL
                SELECT t.id, t.uses, 0 FROM (
                    SELECT u.user_id FROM search_users(jsonb_build_object('people', jsonb_build_array(each.word)), 20) u
                    WHERE u.likeness >= 2 LIMIT 5
                ) p JOIN search_terms t ON t.kind = 'AUTHOR' AND t.word = p.user_id::text AND t.uses > 0
            ) f;
        ELSIF each.kind = 'HANDLE' THEN
            SELECT array_agg(t.id), NULL, sum(t.uses) INTO terms, same, total
            FROM users u JOIN search_terms t ON t.kind = 'AUTHOR' AND t.word = u.id::text
            WHERE u.handle = each.word;
        ELSE
            SELECT array_agg(t.id), CASE WHEN each.kind IN ('WORD', 'TAG') THEN array_agg(t.id) END, sum(t.uses)
            INTO terms, same, total
            FROM search_terms t
            WHERE t.kind = each.kind AND t.uses > 0
                AND t.word = ANY (array_append(ARRAY(SELECT jsonb_array_elements_text(each.words)), each.word));
        END IF;
        IF NOT each.is_wanted THEN
            IF terms IS NOT NULL THEN
                needs := needs || format(has, terms, '');
            END IF;
            CONTINUE;
        END IF;
        IF terms IS NULL THEN
            RETURN;
        END IF;
        -- of all groups but the least used one, by which documents are found
        IF least_total IS NULL OR total < least_total THEN
            IF least_used IS NOT NULL THEN
                needs := needs || format(has, least_used, 'NOT');
            END IF;
            least_used := terms;
            least_total := total;
        ELSE
            needs := needs || format(has, terms, 'NOT');
        END IF;
        IF each.kind IN ('WORD', 'TAG') THEN
            scores := scores || format(
                ' + CASE WHEN d.strong && %1$L::int[] THEN 4 WHEN d.terms && %1$L::int[] THEN 3'
                ' WHEN d.strong && %2$L::int[] THEN 2 ELSE 1 END', coalesce(same, '{}'), terms
            );
        END IF;
    END LOOP;
    FOR each IN SELECT key, value FROM jsonb_each(query) WHERE key IN ('phrases', 'not_phrases') AND value <> '[]' LOOP
        conditions := conditions || format(
            ' AND %s d.text LIKE %s (ARRAY(SELECT ''%%'' || search_pattern(phrase) || ''%%'''
            ' FROM jsonb_array_elements_text($1 -> %L) AS phrase))',
            CASE each.key WHEN 'phrases' THEN '' ELSE 'NOT' END,
            CASE each.key WHEN 'phrases' THEN 'ALL' ELSE 'ANY' END,
            each.key
        );
    END LOOP;
    source := CASE
        WHEN least_used IS NULL THEN
            'SELECT number FROM search_documents WHERE number >= $2 AND number < $3 ORDER BY number DESC LIMIT $4'
        WHEN cardinality(least_used) = 1 THEN
            'SELECT number FROM search_postings WHERE term_id = ($5)[1] AND number >= $2 AND number < $3'
            ' ORDER BY number DESC LIMIT 5 * $4'
        ELSE
            'SELECT DISTINCT p.number FROM unnest($5) AS t (id) CROSS JOIN LATERAL ('
            'SELECT s.number FROM search_postings s WHERE s.term_id = t.id AND s.number >= $2 AND s.number < $3'
            ' ORDER BY s.number DESC LIMIT $4) p ORDER BY p.number DESC LIMIT $4'
    END;
    RETURN QUERY EXECUTE
        'SELECT d.artwork_id, d.number, (' || scores || ')::int, d.style::text, d.ratio::text, d.engine::text,'
        ' d.color::text, d.content_level::text'
        ' FROM (SELECT f.number FROM (' || source || ') f WHERE true' || needs || ' ORDER BY f.number DESC LIMIT $4'
        || CASE conditions WHEN '' THEN '' ELSE ' / 4' END || ') f'
        ' JOIN search_documents d ON d.number = f.number WHERE true' || conditions
    USING
        query,
        coalesce((filter ->> 'since')::bigint, 0),
        coalesce((filter ->> 'until')::bigint, 9223372036854775807),
        at_most,
        least_used;
END $$
"""
LOOK_AGAIN = """
INSERT INTO search_pending (artwork_id, changed_at) SELECT artwork_id, now() FROM search_documents ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.create_table(
        "tag_users",
        sa.Column("hour", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_tag_users_tag_id_tags", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tag_users_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hour", "tag_id", "user_id", name="pk_tag_users"),
    )
    op.create_index("ix_tag_users_tag_id", "tag_users", ["tag_id"])
    op.create_index("ix_tag_users_user_id", "tag_users", ["user_id"])
    op.add_column("search_documents", sa.Column("text", sa.Text(), nullable=False, server_default=""))
    op.alter_column("search_documents", "text", server_default=None)
    op.execute(ARTWORKS)
    op.execute(LOOK_AGAIN)


def downgrade() -> None:
    op.execute("DROP FUNCTION search_artworks(jsonb, jsonb, int)")
    op.execute(import_module("db.migrations.versions.0023_search").ARTWORKS)
    op.drop_column("search_documents", "text")
    op.drop_table("tag_users")
