-- What PostGraphile makes its graph of, in a schema of its own: views with Easel's rules of visibility, and functions
-- for what depends on the viewer, whom it tells as the setting peers.viewer. {media} is where pictures are read.
DROP SCHEMA IF EXISTS peers CASCADE;
CREATE SCHEMA peers;

CREATE FUNCTION peers.viewer() RETURNS uuid STABLE LANGUAGE sql
RETURN nullif(current_setting('peers.viewer', true), '')::uuid;

CREATE VIEW peers.users AS
SELECT id AS key, 'user_' || encode(uuid_send(id), 'hex') AS global_id, handle,
       '{media}' || avatar_asset_id || '/thumb.webp' AS avatar_url
FROM users;
COMMENT ON VIEW peers.users IS E'@primaryKey key';

CREATE VIEW peers.images AS
SELECT m.id AS key, 'asset_' || encode(uuid_send(m.id), 'hex') AS global_id, i.artwork_id, i.position,
       '{media}' || m.id || CASE WHEN m.owner_id = peers.viewer() THEN '/original.png' ELSE '/full.webp' END AS url,
       m.width, m.height
FROM artwork_images i JOIN media_assets m ON m.id = i.asset_id WHERE m.status = 'READY';
COMMENT ON VIEW peers.images IS E'@primaryKey key';

CREATE VIEW peers.latest AS
SELECT id AS key, 'artwork_' || encode(uuid_send(id), 'hex') AS global_id, title, created_at, like_count, author_id
FROM artworks WHERE visibility = 'PUBLIC';
COMMENT ON VIEW peers.latest IS
    E'@primaryKey key\n@foreignKey (author_id) references peers.users (key)|@fieldName author\n@behavior +orderBy';

CREATE VIEW peers.artworks AS
SELECT id AS key, 'artwork_' || encode(uuid_send(id), 'hex') AS global_id, title, style, created_at, like_count,
       CASE WHEN prompt_visibility = 'PUBLIC' OR author_id = peers.viewer() THEN prompt END AS prompt
FROM artworks WHERE visibility <> 'PRIVATE' OR author_id = peers.viewer();
COMMENT ON VIEW peers.artworks IS E'@primaryKey key';

CREATE VIEW peers.comments AS
SELECT id AS key, 'comment_' || encode(uuid_send(id), 'hex') AS global_id, text, created_at, author_id, artwork_id
FROM comments;
COMMENT ON VIEW peers.comments IS
    E'@primaryKey key\n@foreignKey (author_id) references peers.users (key)|@fieldName author\n'
    '@foreignKey (artwork_id) references peers.latest (key)|@foreignFieldName comments\n@behavior +orderBy';

CREATE FUNCTION peers.latest_viewer_has_liked(artwork peers.latest) RETURNS boolean STABLE LANGUAGE sql RETURN EXISTS (
    SELECT FROM reactions WHERE artwork_id = artwork.key AND user_id = peers.viewer() AND kind = 'LIKE'
);
CREATE FUNCTION peers.users_viewer_follows(author peers.users) RETURNS boolean STABLE LANGUAGE sql RETURN EXISTS (
    SELECT FROM follows WHERE follower_id = peers.viewer() AND followee_id = author.key
);
CREATE FUNCTION peers.latest_tags(artwork peers.latest) RETURNS text[] STABLE LANGUAGE sql RETURN ARRAY(
    SELECT t.name FROM artwork_tags x JOIN tags t ON t.id = x.tag_id WHERE x.artwork_id = artwork.key ORDER BY x.position
);
CREATE FUNCTION peers.latest_image(artwork peers.latest) RETURNS peers.images STABLE LANGUAGE sql AS $$
    SELECT i FROM peers.images i WHERE i.artwork_id = artwork.key ORDER BY i.position LIMIT 1
$$;
