-- The ledger as it was first: one number line of entries, one row of everything said per subject.
-- Times are microseconds since 1970-01-01T00:00Z.

-- Every migration that was applied. The last lines of each say so in the file's header too, in the
-- same transaction; ``ONES`` tells a ledger from any other file of SQLite.
create table migration (number integer primary key, name text not null);
-- postgresql: comment on table migration is 'ONES';

-- Which company this ledger holds. One row.
create table company (name text not null, since integer not null);

-- Every set of terms the company was opened with, as JSON.
create table terms (number integer primary key, known integer not null, body text not null);

-- Names by number: parties that spoke, entities, sets of facts that messages mention.
create table party (id integer primary key, name text not null unique);
create table entity (id integer primary key, name text not null unique);
create table shape (id integer primary key, facts text not null unique);
-- A set of many facts is longer than what PostgreSQL can hold in an index.
-- postgresql: alter table shape drop constraint shape_facts_key;

-- When each party was last heard of anything, and how often.
create table link_state (party integer primary key, heard integer not null, messages integer not null);

-- One row a subject: its dossier, when it must be judged again, its latest entry. alias_of is 0 for a key, else
-- the party whose own name for the subject it is.
create table subject (
    id integer primary key,
    entity integer not null,
    alias_of integer not null,
    key text not null,
    dossier blob not null,
    wake integer,
    latest integer not null,
    unique (entity, alias_of, key)
);
create index subject_wake on subject (wake) where wake is not null;
-- An index of SQLite holds the row's key besides, by which equal moments are in order.
-- postgresql: drop index subject_wake;
-- postgresql: create index subject_wake on subject (wake, id) where wake is not null;
-- Room in each page for the next version of its dossiers, so that no index need be written for it.
-- postgresql: alter table subject set (fillfactor = 80);

-- Every message ever accepted, repeats too, known for ever by party and id. says lists subject and
-- shape, in turn. replays is the number of the message that this one is read again for.
create table message (
    number integer primary key,
    party integer not null,
    id text,
    sequence integer,
    known integer not null,
    hash blob not null,
    says text not null,
    replays integer,
    unique (party, id)
);

-- The ledger: append-only, hash-chained. previous is the entry before it about the same subject, or
-- 0: a subject's past is read from subject.latest backwards, which an index by subject would serve no
-- better and would cost each commit a page for every entry.
create table entry (
    number integer primary key,
    kind integer not null,
    subject integer not null,
    previous integer not null,
    party integer not null,
    message integer not null,
    known integer not null,
    body text not null,
    hash blob not null
);
create index entry_told on entry (subject, number) where kind = 5;

-- One row a commit: seals the messages, entries and new subjects of that commit to all before. Holds
-- the last number of each.
create table seal (
    number integer primary key,
    messages integer not null,
    entries integer not null,
    subjects integer not null,
    known integer not null,
    hash blob not null
);

-- Contradictions, by the number of the entry that opened each. person is 0 unless a person follows.
create table contradiction (
    number integer primary key,
    subject integer not null,
    fact text not null,
    follower text not null,
    person integer not null,
    since integer not null,
    due integer not null,
    opened integer not null,
    silent_since integer,
    settled integer,
    how text
);
create index contradiction_open on contradiction (subject, fact, follower, person) where settled is null;
create index contradiction_number on contradiction (number) where settled is null;
create index contradiction_subject on contradiction (subject, number);

-- Links between subjects, as decided.
create table link (
    subject integer not null,
    fact text not null,
    target integer not null,
    primary key (subject, fact)
) without rowid;
create index link_target on link (target, subject);

-- What a system's own name for a subject means; only while linked.
-- linked and unlinked are the last entries before that; unlinked is null while it is linked. marks are the
-- sequences, by speaker and fact, of what was said until it was linked, since repeats leave no entry.
create table alias (
    number integer primary key,
    subject integer not null,
    means integer not null,
    linked integer not null,
    since integer not null,
    marks text not null,
    unlinked integer,
    until integer
);
create index alias_subject on alias (subject) where unlinked is null;
create index alias_means on alias (means);

-- Messages that could not be heard, with the reason, until they are replayed.
create table aside (
    message integer primary key,
    source text not null,
    id text not null,
    type text not null,
    raw blob not null,
    lax integer not null,
    code text not null,
    what text not null,
    place text not null,
    fix text not null,
    known integer not null,
    resolved integer
);
create index aside_open on aside (message) where resolved is null;
create index aside_named on aside (source, id) where resolved is null;

-- What is left to do after a commit, oldest first; not before its moment. What failed has its error,
-- and holds back what follows for its subject, so that the order stays.
create table queue (
    number integer primary key,
    task text not null,
    subject integer not null,
    body text not null,
    moment integer not null,
    tries integer not null default 0,
    error text
);
create index queue_moment on queue (moment, number);
create index queue_failed on queue (subject, number) where error is not null;

-- People who follow a fact of a subject: what each was last told, and since when it is not so.
create table audience (
    subject integer not null,
    fact text not null,
    person integer not null,
    party text not null,
    value text not null,
    told integer,
    entry integer,
    since integer,
    due integer,
    opened integer,
    primary key (subject, fact, person)
) without rowid;
create index audience_person on audience (person, subject);
create index audience_due on audience (due) where due is not null and opened is null;
-- postgresql: drop index audience_due;
-- postgresql: create index audience_due on audience (due, subject, fact, person) where due is not null and opened is null;

-- Facts that a person challenges, by the entry that says so.
create table dispute (
    person integer not null,
    subject integer not null,
    fact text not null,
    entry integer not null,
    since integer not null,
    primary key (person, subject, fact)
) without rowid;

-- Heard entries that say from when or until when something is so.
create table timed (subject integer not null, entry integer not null, primary key (subject, entry))
without rowid;

-- Copies of dossiers at some entries, so that a question about the past reads few entries.
create table waypoint (
    subject integer not null,
    number integer not null,
    known integer not null,
    dossier blob not null,
    primary key (subject, number)
) without rowid;

pragma application_id = 0x4F4E4553;
pragma user_version = 1;
