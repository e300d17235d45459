-- What staff look for people and rooms by.

-- Any word of a name by its beginning. Names are told apart by nothing but capitals here: which language they are of nobody knows.
CREATE INDEX people_by_words ON people USING gin (to_tsvector('simple', display_name)) WITH (fastupdate = off);

CREATE INDEX rooms_by_title ON rooms (lower(title) COLLATE "C", id) WHERE title IS NOT NULL;
