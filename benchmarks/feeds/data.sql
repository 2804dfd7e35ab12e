-- People with feeds out of the ordinary, beside those of benchmarks/reads/data.sql: a user with a million followers,
-- readers who follow five thousand people, and what readers have muted, blocked and hidden.
SET session_replication_role = replica;  -- the rows fit together: their foreign keys need no check
SET max_parallel_workers_per_gather = 0;
SET maintenance_work_mem = '256MB';
SET work_mem = '256MB';
SET timezone = 'UTC';

CREATE FUNCTION pg_temp.person(name text) RETURNS uuid IMMUTABLE LANGUAGE sql
RETURN ('01900000-0000-7' || substr(md5(name), 1, 3) || '-8' || substr(md5(name), 4, 3) || '-' || substr(md5(name), 7, 12))::uuid;
CREATE TEMP TABLE known AS
SELECT id, row_number() OVER (ORDER BY created_at) AS number FROM users WHERE handle LIKE 'user\_%';

INSERT INTO users (id, email, password_hash, handle, display_name, bio, links, follower_count, following_count,
                   artwork_count, created_at)
SELECT pg_temp.person(name), name || '@easel.example', 'no password', name, name, '', '{}', 0, 0, 0, '2026-02-01'
FROM (SELECT 'fan_' || i AS name FROM generate_series(1, 1000000) i
      UNION ALL SELECT unnest(ARRAY['famous', 'avid', 'patient', 'picky'])) people;

-- The famous one has a million followers and an artwork a day.
INSERT INTO follows (follower_id, followee_id, created_at)
SELECT pg_temp.person('fan_' || i), pg_temp.person('famous'), '2026-02-02' FROM generate_series(1, 1000000) i;
UPDATE artworks SET author_id = pg_temp.person('famous')
WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS n FROM artworks) a WHERE n % 288 = 0);

-- avid follows every fourth known user; patient follows five thousand who publish next to nothing.
INSERT INTO follows (follower_id, followee_id, created_at)
SELECT pg_temp.person('avid'), id, timestamptz '2026-02-02' FROM known WHERE number % 4 = 1
UNION ALL
SELECT pg_temp.person('patient'), pg_temp.person('fan_' || i), '2026-02-02' FROM generate_series(1, 5000) i;
UPDATE artworks a SET author_id = pg_temp.person('fan_' || n)
FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS n FROM artworks WHERE visibility = 'PUBLIC') old
WHERE a.id = old.id AND old.n <= 2000;

-- picky follows a thousand people and fifty tags, and wants to see less: mutes, blocks, hidden tags.
INSERT INTO follows (follower_id, followee_id, created_at)
SELECT pg_temp.person('picky'), id, '2026-02-02' FROM known WHERE number % 20 = 3;
INSERT INTO mutes (user_id, muted_id, created_at)
SELECT pg_temp.person('picky'), id, '2026-02-02' FROM known WHERE number % 60 = 3;
INSERT INTO blocks (user_id, other_id, is_own, created_at)
SELECT pg_temp.person('picky'), id, TRUE, '2026-02-02' FROM known WHERE number % 200 = 7;
INSERT INTO blocks (user_id, other_id, is_own, created_at)
SELECT id, pg_temp.person('picky'), FALSE, '2026-02-02' FROM known WHERE number % 200 = 7;
INSERT INTO tag_follows (user_id, tag_id, created_at)
SELECT pg_temp.person('picky'), id, '2026-02-02' FROM tags WHERE substr(name, 4)::int % 40 = 1;
INSERT INTO hidden_tags (user_id, tag_id, created_at)
SELECT pg_temp.person('picky'), id, '2026-02-02' FROM tags WHERE substr(name, 4)::int % 40 = 2;

-- Everybody else follows some tags, more often those that are used much.
INSERT INTO tag_follows (user_id, tag_id, created_at)
SELECT DISTINCT known.id, tags.id, timestamptz '2026-02-02'
FROM known CROSS JOIN generate_series(1, 5) i
JOIN tags ON tags.name = 'tag' || (1 + ((known.number * 31 + i * i * 97) % 2000) * ((known.number + i) % 10) / 10)
ON CONFLICT DO NOTHING;

UPDATE users SET follower_count = coalesce(followers, 0), following_count = coalesce(followed, 0),
                 artwork_count = coalesce(shown, 0)
FROM users u
LEFT JOIN (SELECT followee_id, count(*) AS followers FROM follows GROUP BY 1) r ON r.followee_id = u.id
LEFT JOIN (SELECT follower_id, count(*) AS followed FROM follows GROUP BY 1) d ON d.follower_id = u.id
LEFT JOIN (SELECT author_id, count(*) AS shown FROM artworks WHERE visibility = 'PUBLIC' GROUP BY 1) a
    ON a.author_id = u.id
WHERE users.id = u.id AND (followers > 0 OR shown > 0);

-- What a migration, or Easel itself, would have written.
UPDATE artwork_tags t SET listed_at = a.created_at FROM artworks a
WHERE a.id = t.artwork_id AND a.visibility = 'PUBLIC' AND t.listed_at IS DISTINCT FROM a.created_at;
DELETE FROM artwork_scores;
INSERT INTO artwork_scores (artwork_id, day, week, month, ever)
SELECT id, points + born / 28800, points + born / 172800, points + born / 691200, points
FROM (SELECT id, ln(1 + like_count + 2 * comment_count) / ln(2::double precision) AS points,
             extract(epoch FROM created_at)::double precision AS born
      FROM artworks WHERE visibility = 'PUBLIC') scored;
