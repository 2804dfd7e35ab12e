"""search: what artworks are found by, tags that are used more than usual, and searches that people saved."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KINDS = ("WORD", "TAG", "AUTHOR", "STYLE", "RATIO", "ENGINE", "COLOR", "LEVEL")
LEVELS = ("GENERAL", "SENSITIVE", "MATURE")
CHOSEN = ("style", "ratio", "engine", "color", "content_level", "tag")
WINDOWS = ("DAY", "WEEK", "MONTH")

LETTERS = """
CREATE FUNCTION search_letters(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    normalize(word, NFD)
"""
PEOPLE = """
CREATE FUNCTION search_people(handle varchar, display_name varchar) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN normalize(lower(handle || ' ' || display_name), NFKD)
"""
PATTERN = """
CREATE FUNCTION search_pattern(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    replace(replace(replace(word, '\\', '\\\\'), '%', '\\%'), '_', '\\_')
"""
# Terms like a word, with how like: 4 itself, 3 begins with it, 2 has it within, 1 is misspelt. Of few letters (in
# Korean a syllable has two or three) only what begins with it, the most used first: no index finds these within words.
# What has it within comes in the order of the index where there are more than 500. Trigrams are of three letters or digits
# that follow each other: without these, the whole index would be read.
LIKE = """
CREATE FUNCTION search_like(of_kind text, wanted text, at_most int)
RETURNS TABLE (id int, word text, uses int, likeness int)
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 20
SET enable_seqscan = off SET pg_trgm.similarity_threshold = 0.4 AS $$
DECLARE
    letters text := search_letters(wanted);
    is_found boolean := false;
BEGIN
    FOR id, word, uses, likeness IN
        SELECT t.id, t.word, t.uses, 4 FROM search_terms t WHERE t.kind = of_kind AND t.word = wanted AND t.uses > 0
    LOOP
        is_found := true;
        RETURN NEXT;
    END LOOP;
    IF char_length(wanted) <= 2 THEN
        IF char_length(wanted) = 1 THEN
            RETURN QUERY
                SELECT t.id, t.word, t.uses, 3 FROM search_terms t
                WHERE t.kind = of_kind AND left(t.word, 1) = wanted AND t.uses > 0 AND t.word <> wanted
                ORDER BY t.uses DESC, t.id LIMIT at_most;
        ELSE
            RETURN QUERY
                SELECT t.id, t.word, t.uses, 3 FROM search_terms t
                WHERE t.kind = of_kind AND left(t.word, 2) = wanted AND t.uses > 0 AND t.word <> wanted
                ORDER BY t.uses DESC, t.id LIMIT at_most;
        END IF;
        is_found := is_found OR FOUND;
    ELSE
        RETURN QUERY
            SELECT p.id, p.word, p.uses, 3 FROM (
                SELECT t.id, t.word, t.uses FROM search_terms t
                WHERE t.kind = of_kind AND t.word ~>~ wanted AND t.word ~<~ (wanted || chr(1114111)) AND t.uses > 0
                ORDER BY t.word USING ~<~ LIMIT 500
            ) p ORDER BY p.uses DESC, p.id LIMIT at_most;
        is_found := is_found OR FOUND;
    END IF;
    IF letters ~ '[[:alnum:]]{3}' THEN
        RETURN QUERY
            SELECT w.id, w.word, w.uses, 2 FROM (
                SELECT t.id, t.word, t.uses FROM search_terms t
                WHERE t.kind = of_kind AND t.kind IN ('WORD', 'TAG') AND t.uses > 0
                    AND search_letters(t.word) LIKE '%' || search_pattern(letters) || '%'
                    AND position(wanted IN t.word) > 1
                LIMIT 500
            ) w ORDER BY w.uses DESC, w.id LIMIT at_most;
        is_found := is_found OR FOUND;
    END IF;
    IF NOT is_found AND letters ~ '[[:alnum:]]{4}' AND wanted !~ '[0-9]' THEN
        RETURN QUERY
            SELECT s.id, s.word, s.uses, 1 FROM (
                SELECT t.id, t.word, t.uses, similarity(search_letters(t.word), letters) AS near FROM search_terms t
                WHERE t.kind = of_kind AND t.kind IN ('WORD', 'TAG') AND t.uses > 0 AND search_letters(t.word) % letters
            ) s ORDER BY s.near DESC, s.uses DESC, s.id LIMIT 5;
    END IF;
END $$
"""
# People by parts of handle and name, with how like: 4 their handle, 3 it begins so, 2 their name does, 1 has it within.
USERS = """
CREATE FUNCTION search_users(query jsonb, at_most int) RETURNS TABLE (user_id uuid, likeness int)
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
# Artworks that have all that a query and a filter name, the newest of them. For each thing that is wanted there are terms
# that stand for it, one of which a document must have. Documents are found by the thing that the fewest of them have: the
# newest that have it, five times as many as are told of; then it is looked whether they have the others too. Phrases are
# looked for in the texts of a quarter of these.
ARTWORKS = """
CREATE FUNCTION search_artworks(query jsonb, filter jsonb, at_most int)
RETURNS TABLE (artwork_id uuid, number bigint, score int, style text, ratio text, engine text, color text, level text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 SET enable_seqscan = off AS $$
DECLARE
    each record;
    terms int[];
    same int[];
    total bigint;
    least_used int[];
    least_total bigint;
    has text := ' AND %sEXISTS (SELECT FROM search_postings h WHERE h.number = f.number AND h.term_id = ANY (%L::int[]))';
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
        SELECT upper(key), NULL, value, false, true FROM jsonb_each(filter -> 'terms')
    LOOP
        IF each.is_loose THEN
            SELECT array_agg(f.id), array_agg(f.id) FILTER (WHERE f.likeness = 4), sum(f.uses)
            INTO terms, same, total
            FROM (
                SELECT l.id, l.uses, l.likeness FROM search_like('WORD', each.word, 20) l
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
                needs := needs || format(has, 'NOT ', terms);
            END IF;
            CONTINUE;
        END IF;
        IF terms IS NULL THEN
            RETURN;
        END IF;
        -- of all groups but the least used one, by which documents are found
        IF least_total IS NULL OR total < least_total THEN
            IF least_used IS NOT NULL THEN
                needs := needs || format(has, '', least_used);
            END IF;
            least_used := terms;
            least_total := total;
        ELSE
            needs := needs || format(has, '', terms);
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
            ' AND %s (SELECT lower(p.title || '' '' || p.description || CASE p.prompt_visibility WHEN ''PUBLIC'''
            ' THEN '' '' || p.prompt ELSE '''' END) LIKE %s (ARRAY(SELECT ''%%'' || search_pattern(phrase) || ''%%'''
            ' FROM jsonb_array_elements_text($1 -> %L) AS phrase)) FROM artworks p WHERE p.id = d.artwork_id)',
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
CHANGED = """
CREATE FUNCTION search_artwork_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO search_pending (artwork_id, changed_at) VALUES (coalesce(NEW.id, OLD.id), now())
    ON CONFLICT (artwork_id) DO UPDATE SET changed_at = excluded.changed_at;
    RETURN NULL;
END $$
"""
TAGGED = """
CREATE FUNCTION search_tags_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO search_pending (artwork_id, changed_at)
    SELECT DISTINCT changed.artwork_id, now() FROM changed
    JOIN artworks ON artworks.id = changed.artwork_id AND artworks.visibility = 'PUBLIC'
    ORDER BY changed.artwork_id
    ON CONFLICT (artwork_id) DO UPDATE SET changed_at = excluded.changed_at;
    RETURN NULL;
END $$
"""
TRIGGERS = (
    """CREATE TRIGGER search_artwork_added AFTER INSERT ON artworks FOR EACH ROW
    WHEN (NEW.visibility = 'PUBLIC') EXECUTE FUNCTION search_artwork_changed()""",
    """CREATE TRIGGER search_artwork_removed AFTER DELETE ON artworks FOR EACH ROW
    WHEN (OLD.visibility = 'PUBLIC') EXECUTE FUNCTION search_artwork_changed()""",
    """CREATE TRIGGER search_artwork_changed AFTER UPDATE OF
    title, description, visibility, prompt, prompt_visibility, style, content_level, created_at ON artworks FOR EACH ROW
    WHEN (
        (OLD.visibility = 'PUBLIC' OR NEW.visibility = 'PUBLIC')
        AND (OLD.title, OLD.description, OLD.visibility, OLD.prompt, OLD.prompt_visibility, OLD.style, OLD.content_level,
            OLD.created_at)
        IS DISTINCT FROM (NEW.title, NEW.description, NEW.visibility, NEW.prompt, NEW.prompt_visibility, NEW.style,
            NEW.content_level, NEW.created_at)
    ) EXECUTE FUNCTION search_artwork_changed()""",
    """CREATE TRIGGER search_tags_added AFTER INSERT ON artwork_tags REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_tags_changed()""",
    """CREATE TRIGGER search_tags_removed AFTER DELETE ON artwork_tags REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_tags_changed()""",
)


def known(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=f"{name}_known", native_enum=False, create_constraint=True, length=32)


def moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=nullable)


def documents() -> None:
    """Make the tables that artworks are found by."""
    op.create_table(
        "search_terms",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", known("kind", KINDS), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_terms"),
    )
    op.create_index("uq_search_terms_kind_word", "search_terms", ["kind", "word"], unique=True)
    op.create_index(
        "ix_search_terms_prefix", "search_terms", ["kind", "word"], postgresql_ops={"word": "text_pattern_ops"}
    )
    for name, letters in (("letter", 1), ("letters", 2)):
        columns: list[str | sa.TextClause] = ["kind", sa.text(f"left(word, {letters})"), sa.text("uses DESC"), "id"]
        op.create_index(f"ix_search_terms_{name}", "search_terms", columns)
    op.create_index(
        "ix_search_terms_letters_within",
        "search_terms",
        [sa.func.search_letters(sa.column("word")).label("letters")],
        postgresql_using="gin",
        postgresql_ops={"letters": "gin_trgm_ops"},
        postgresql_where=sa.text("kind IN ('WORD', 'TAG')"),
    )
    integers = postgresql.ARRAY(sa.Integer())
    op.create_table(
        "search_documents",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("style", "ratio", "engine", "color")),
        sa.Column("content_level", known("content_level", LEVELS), nullable=False),
        *(sa.Column(name, integers, nullable=False) for name in ("terms", "strong", "tags")),
        sa.PrimaryKeyConstraint("number", name="pk_search_documents"),
        sa.UniqueConstraint("artwork_id", name="uq_search_documents_artwork_id"),
    )
    op.create_table(
        "search_postings",
        sa.Column("term_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term_id", "number", name="pk_search_postings"),
    )
    op.create_table(
        "search_pending",
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        moment("changed_at"),
        sa.PrimaryKeyConstraint("artwork_id", name="pk_search_pending"),
    )
    op.create_index("ix_search_pending_changed_at", "search_pending", ["changed_at"])


def saved() -> None:
    """Make the tables of saved searches and of what they are to be told."""
    op.create_table(
        "search_news",
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        sa.Column("reached", sa.Uuid(), nullable=True),
        moment("found_at"),
        moment("told_at", nullable=True),
        sa.PrimaryKeyConstraint("artwork_id", name="pk_search_news"),
    )
    op.create_index("ix_search_news_open", "search_news", ["found_at"], postgresql_where=sa.text("told_at IS NULL"))
    op.create_index(
        "ix_search_news_told_at", "search_news", ["told_at"], postgresql_where=sa.text("told_at IS NOT NULL")
    )
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        *(sa.Column(f"{each}s", postgresql.ARRAY(sa.Text()), nullable=False) for each in CHOSEN),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("trait", sa.String(), nullable=False),
        moment("created_at"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_saved_searches_user_id_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name="fk_saved_searches_author_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_saved_searches"),
    )
    op.create_index("ix_saved_searches_author_id", "saved_searches", ["author_id"])
    op.create_index("ix_saved_searches_user_id_id", "saved_searches", ["user_id", "id"])
    op.create_index("ix_saved_searches_trait_id", "saved_searches", ["trait", "id"])


def trends() -> None:
    """Make the tables of how often tags are used."""
    op.create_table(
        "tag_hours",
        moment("hour"),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_tag_hours_tag_id_tags", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hour", "tag_id", name="pk_tag_hours"),
    )
    op.create_index("ix_tag_hours_tag_id", "tag_hours", ["tag_id"])
    op.create_table(
        "trending_tags",
        sa.Column("window", known("window", WINDOWS), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        moment("measured_at"),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_trending_tags_tag_id_tags", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("window", "tag_id", name="pk_trending_tags"),
    )
    op.create_index("ix_trending_tags_tag_id", "trending_tags", ["tag_id"])
    op.create_index("ix_trending_tags_window_score", "trending_tags", ["window", "score", "tag_id"])


def upgrade() -> None:
    for function in (LETTERS, PEOPLE, PATTERN, CHANGED, TAGGED):
        op.execute(function)
    documents()
    saved()
    trends()
    op.create_index("ix_users_handle_prefix", "users", ["handle"], postgresql_ops={"handle": "text_pattern_ops"})
    op.create_index(
        "ix_users_people",
        "users",
        [sa.func.search_people(sa.column("handle"), sa.column("display_name")).label("people")],
        postgresql_using="gin",
        postgresql_ops={"people": "gin_trgm_ops"},
    )
    for statement in (LIKE, USERS, ARTWORKS, *TRIGGERS):
        op.execute(statement)
    op.execute(
        "INSERT INTO search_pending (artwork_id, changed_at)"
        " SELECT id, created_at FROM artworks WHERE visibility = 'PUBLIC'"
    )


def downgrade() -> None:
    for trigger in ("artwork_added", "artwork_removed", "artwork_changed"):
        op.execute(f"DROP TRIGGER search_{trigger} ON artworks")
    for trigger in ("tags_added", "tags_removed"):
        op.execute(f"DROP TRIGGER search_{trigger} ON artwork_tags")
    op.drop_index("ix_users_people", table_name="users")
    op.drop_index("ix_users_handle_prefix", table_name="users")
    tables = ("trending_tags", "tag_hours", "saved_searches", "search_news")
    for table in (*tables, "search_pending", "search_postings", "search_documents", "search_terms"):
        op.drop_table(table)
    for function in (
        *("search_artworks(jsonb, jsonb, int)", "search_users(jsonb, int)", "search_like(text, text, int)"),
        *(
            "search_tags_changed()",
            "search_artwork_changed()",
            "search_pattern(text)",
            "search_people(varchar, varchar)",
        ),
        "search_letters(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
