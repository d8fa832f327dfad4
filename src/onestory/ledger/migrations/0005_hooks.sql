-- Where other programs are told what happens. Times are microseconds since 1970-01-01T00:00Z.

-- One endpoint. wants lists what it is told of. reached is the last entry that it was told, or that was
-- none of what it wants; tries counts the failures since, failing is when they began, and moment when it is
-- tried next. held is until when one process, the holder, delivers to it.
create table hook (
    number integer primary key,
    url text not null,
    secrets text not null,
    wants text not null,
    with_values integer not null,
    made integer not null,
    made_by text not null,
    reached integer not null,
    tries integer not null,
    moment integer not null,
    failing integer,
    reason text not null,
    disabled integer,
    holder text,
    held integer
);
pragma user_version = 5;
