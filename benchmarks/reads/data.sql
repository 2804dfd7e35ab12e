-- A community of usual shape and fixed content: 20,000 users, 200,000 artworks, 300,000 assets, 2,000,000 likes,
-- 300,000 follows, 300,000 comments, 600,000 uses of 2,000 tags. Moments have microseconds whose last digit is not
-- zero: PostgreSQL would leave that zero out, Python would not.
SET session_replication_role = replica;  -- the rows fit together: their foreign keys need no check
SET max_parallel_workers_per_gather = 0;
SET maintenance_work_mem = '256MB';
SET work_mem = '256MB';
SET timezone = 'UTC';
SELECT setseed(0.42);

-- A UUIDv7 (RFC 9562) whose random bits follow from its kind and number.
CREATE FUNCTION pg_temp.key(kind text, number bigint, moment timestamptz) RETURNS uuid STABLE LANGUAGE sql RETURN (
    lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
    || '7' || substr(md5(kind || number), 1, 3) || '8' || substr(md5(kind || number), 4, 15)
)::uuid;
CREATE FUNCTION pg_temp.moment(first timestamptz, gap interval, number bigint) RETURNS timestamptz STABLE LANGUAGE sql
RETURN first + number * gap + ((number * 7919 % 99991) * 10 + 1 + number % 9) * interval '1 microsecond';

CREATE FUNCTION pg_temp.joined(number bigint) RETURNS timestamptz STABLE LANGUAGE sql
RETURN pg_temp.moment('2024-01-01T00:00Z', interval '5 minutes', number);
CREATE FUNCTION pg_temp.published(number bigint) RETURNS timestamptz STABLE LANGUAGE sql
RETURN pg_temp.moment('2024-03-15T00:00Z', interval '5 minutes', number);
CREATE FUNCTION pg_temp.commented(number bigint) RETURNS timestamptz STABLE LANGUAGE sql
RETURN pg_temp.moment('2026-02-10T00:00Z', interval '10 seconds', number);

CREATE FUNCTION pg_temp.user_key(number bigint) RETURNS uuid STABLE LANGUAGE sql
RETURN pg_temp.key('user', number, pg_temp.joined(number));
CREATE FUNCTION pg_temp.artwork_key(number bigint) RETURNS uuid STABLE LANGUAGE sql
RETURN pg_temp.key('artwork', number, pg_temp.published(number));
-- Assets 1 to 200,000 are first images, the next 90,000 second ones, the last 10,000 avatars.
CREATE FUNCTION pg_temp.asset_key(number bigint) RETURNS uuid STABLE LANGUAGE sql
RETURN pg_temp.key('asset', number, CASE
    WHEN number <= 200000 THEN pg_temp.published(number)
    WHEN number <= 290000 THEN pg_temp.published((number - 200000) * 2)
    ELSE pg_temp.joined((number - 290000) * 2)
END - interval '1 hour');
CREATE FUNCTION pg_temp.tag_key(number bigint) RETURNS uuid STABLE LANGUAGE sql
RETURN pg_temp.key('tag', number, '2024-01-01T00:00Z');
-- A number up to `highest`; the greater the skew, the more often a low one.
CREATE FUNCTION pg_temp.drawn(highest bigint, skew double precision) RETURNS bigint VOLATILE LANGUAGE sql
RETURN 1 + floor(highest * power(random(), skew))::bigint;
-- The number of an artwork that somebody reacts to: one in ten times of the newest thousand.
CREATE FUNCTION pg_temp.noticed(turn bigint) RETURNS bigint VOLATILE LANGUAGE sql
RETURN CASE WHEN turn % 10 = 0 THEN 199000 + pg_temp.drawn(1000, 1) ELSE pg_temp.drawn(200000, 1.5) END;

INSERT INTO users (id, email, password_hash, handle, display_name, bio, links, avatar_asset_id, follower_count,
                   following_count, artwork_count, created_at)
SELECT pg_temp.user_key(i), 'user_' || i || '@easel.example', 'no password', 'user_' || i, 'User Number ' || i,
       'Paints since ' || 2000 + i % 25 || '.', '{}', CASE WHEN i % 2 = 0 THEN pg_temp.asset_key(290000 + i / 2) END,
       0, 0, 0, pg_temp.joined(i)
FROM generate_series(1, 20000) i;

INSERT INTO sessions (id, user_id, user_agent, created_at, last_used_at, expires_at)
SELECT pg_temp.key('session', i, '2026-03-20T00:00Z'), pg_temp.user_key(i), 'benchmark', '2026-03-20T00:00Z',
       '2026-03-20T00:00Z', '2100-01-01T00:00Z'
FROM generate_series(1, 20000) i;

INSERT INTO credit_accounts (id, user_id, balance, held, entry_count, low_mark, created_at)
SELECT pg_temp.key('credits', i, pg_temp.joined(i)), pg_temp.user_key(i), 100, 0, 1, 0, pg_temp.joined(i)
FROM generate_series(1, 20000) i;

INSERT INTO credit_buckets (id, account_id, kind, granted, available, expired, is_extended, created_at)
SELECT pg_temp.key('bucket', i, pg_temp.joined(i)), pg_temp.key('credits', i, pg_temp.joined(i)), 'PROMOTIONAL', 100, 100, 0,
       FALSE, pg_temp.joined(i)
FROM generate_series(1, 20000) i;

INSERT INTO ledger_entries (id, account_id, number, bucket_id, business_key, kind, debit, credit, amount, balance_after,
                            held_after, created_at)
SELECT pg_temp.key('entry', i, pg_temp.joined(i)), account.id, 1, pg_temp.key('bucket', i, pg_temp.joined(i)),
       'grant:welcome:' || account.user_id, 'GRANT', 'HOUSE', 'AVAILABLE', 100, 100, 0, account.created_at
FROM generate_series(1, 20000) i
JOIN credit_accounts account ON account.user_id = pg_temp.user_key(i);

CREATE TEMP TABLE painted AS
SELECT i AS number, pg_temp.artwork_key(i) AS id, pg_temp.user_key(pg_temp.drawn(20000, 2)) AS author_id,
       (ARRAY['anime', 'photo', 'oil', 'pixel', 'watercolor'])[1 + i % 5] AS style
FROM generate_series(1, 200000) i;

INSERT INTO artworks (id, author_id, title, description, visibility, prompt, prompt_visibility, style, like_count,
                      comment_count, created_at)
SELECT id, author_id,
       initcap((ARRAY['neon', 'misty', 'golden', 'quiet', 'velvet', 'broken', 'silver', 'electric'])[1 + number % 8]
           || ' ' || (ARRAY['city', 'forest', 'dragon', 'harbor', 'temple', 'portrait', 'garden'])[1 + number % 7])
           || ' no. ' || number,
       '',
       CASE WHEN number % 50 = 7 THEN 'PRIVATE' WHEN number % 50 IN (17, 37) THEN 'UNLISTED' ELSE 'PUBLIC' END,
       'a highly detailed illustration of a ' || repeat(substr(md5(number::text), 1, 8) || ' under cinematic light, ', 5)
           || 'seed ' || number,
       CASE WHEN number % 20 = 3 THEN 'PRIVATE' ELSE 'PUBLIC' END,
       style, 0, 0, pg_temp.published(number)
FROM painted;

CREATE TEMP TABLE stored AS
SELECT number, number AS artwork_number, 0 AS position, author_id AS owner_id, style,
       (ARRAY['1:1', '3:4', '16:9'])[1 + number % 3] AS ratio
FROM painted
UNION ALL
SELECT 200000 + number / 2, number, 1, author_id, style, '1:1' FROM painted WHERE number % 2 = 0 AND number <= 180000
UNION ALL
SELECT 290000 + i, NULL, NULL, pg_temp.user_key(i * 2), 'anime', '1:1' FROM generate_series(1, 10000) i;

INSERT INTO media_assets (id, owner_id, status, width, height, byte_size, sha256, dhash, blurhash, dominant_color,
                          engine, style, ratio, seed, content_level, created_at, ready_at)
SELECT pg_temp.asset_key(number), owner_id, 'READY',
       CASE ratio WHEN '1:1' THEN 1024 WHEN '3:4' THEN 896 ELSE 1344 END,
       CASE ratio WHEN '1:1' THEN 1024 WHEN '3:4' THEN 1152 ELSE 768 END,
       900000 + number, md5('a' || number) || md5('b' || number), number::bigint * 7919, 'LKO2?U%2Tw=w]~RBVZRi};RPxuwH',
       '#' || substr(md5(number::text), 1, 6), 'sandbox', style, ratio, number, 'GENERAL',
       pg_temp.published(coalesce(artwork_number, 1)) - interval '1 hour',
       pg_temp.published(coalesce(artwork_number, 1)) - interval '59 minutes'
FROM stored;

INSERT INTO artwork_images (artwork_id, asset_id, position)
SELECT pg_temp.artwork_key(artwork_number), pg_temp.asset_key(number), position
FROM stored WHERE artwork_number IS NOT NULL;

INSERT INTO tags (id, name) SELECT pg_temp.tag_key(i), 'tag' || i FROM generate_series(1, 2000) i;

INSERT INTO artwork_tags (artwork_id, tag_id, position)
SELECT pg_temp.artwork_key(artwork), pg_temp.tag_key(tag), row_number() OVER (PARTITION BY artwork ORDER BY tag) - 1
FROM (SELECT DISTINCT 1 + i % 200000 AS artwork, pg_temp.drawn(2000, 3) AS tag FROM generate_series(1, 605000) i) drawn;

INSERT INTO reactions (artwork_id, user_id, kind, created_at)
SELECT pg_temp.artwork_key(artwork), pg_temp.user_key(liker), 'LIKE',
       pg_temp.moment('2026-02-10T00:00Z', interval '1 second', turn)
FROM (
    SELECT artwork, liker, min(i) AS turn
    FROM (SELECT i, pg_temp.noticed(i) AS artwork, pg_temp.drawn(20000, 1) AS liker FROM generate_series(1, 2100000) i) d
    GROUP BY artwork, liker ORDER BY turn LIMIT 2000000
) liked;

INSERT INTO follows (follower_id, followee_id, created_at)
SELECT pg_temp.user_key(follower), pg_temp.user_key(followee),
       pg_temp.moment('2026-02-10T00:00Z', interval '10 seconds', turn)
FROM (
    SELECT follower, followee, min(i) AS turn
    FROM (
        SELECT i, pg_temp.drawn(20000, 1) AS follower, pg_temp.drawn(20000, 2) AS followee
        FROM generate_series(1, 320000) i
    ) d
    WHERE follower <> followee GROUP BY follower, followee ORDER BY turn LIMIT 300000
) followed;

INSERT INTO comments (id, artwork_id, author_id, text, created_at)
SELECT pg_temp.key('comment', i, pg_temp.commented(i)), pg_temp.artwork_key(pg_temp.noticed(i)),
       pg_temp.user_key(pg_temp.drawn(20000, 1)), 'comment ' || i || ': ' || repeat('lovely light ', 1 + i % 6),
       pg_temp.commented(i)
FROM generate_series(1, 300000) i;

UPDATE artworks SET like_count = coalesce(likes, 0), comment_count = coalesce(said, 0)
FROM painted
LEFT JOIN (SELECT artwork_id, count(*) AS likes FROM reactions GROUP BY 1) l ON l.artwork_id = painted.id
LEFT JOIN (SELECT artwork_id, count(*) AS said FROM comments GROUP BY 1) c ON c.artwork_id = painted.id
WHERE artworks.id = painted.id;

UPDATE users SET follower_count = coalesce(followers, 0), following_count = coalesce(followed, 0),
                 artwork_count = coalesce(shown, 0)
FROM users u
LEFT JOIN (SELECT followee_id, count(*) AS followers FROM follows GROUP BY 1) r ON r.followee_id = u.id
LEFT JOIN (SELECT follower_id, count(*) AS followed FROM follows GROUP BY 1) d ON d.follower_id = u.id
LEFT JOIN (SELECT author_id, count(*) AS shown FROM artworks WHERE visibility = 'PUBLIC' GROUP BY 1) a
    ON a.author_id = u.id
WHERE users.id = u.id;

UPDATE tags SET artwork_count = shown FROM (
    SELECT tag_id, count(*) AS shown FROM artwork_tags JOIN artworks ON artworks.id = artwork_id
    WHERE visibility = 'PUBLIC' GROUP BY tag_id
) used WHERE used.tag_id = tags.id;
