-- What is pulled, and how far. Times are microseconds since 1970-01-01T00:00Z.

-- How far one pull has come, and how it fares. cursor is where the next poll goes on, null before the
-- first; sweep is the number of the sweep under way, swept_to where that goes on, and sweep_at when,
-- after it broke. moment is when it
-- is read next. held is until when one process reads it; rows, heard, repeated, known and aside count
-- what became of its rows. columns are those it had last; changes says what became of them, since changed.
create table pulled (
    name text primary key,
    cursor text,
    reading integer not null,
    sweep integer,
    swept_to text,
    sweep_at integer,
    swept_rows integer not null,
    swept integer,
    last_rows integer,
    rows_before integer,
    moment integer not null,
    tried integer,
    answered integer,
    took integer,
    failing integer,
    failures integer not null,
    error text not null,
    columns text not null,
    changed integer,
    changes text not null,
    rows integer not null,
    heard integer not null,
    repeated integer not null,
    known integer not null,
    aside integer not null,
    aside_since integer not null,
    holder text,
    held integer
) without rowid;
pragma user_version = 4;
