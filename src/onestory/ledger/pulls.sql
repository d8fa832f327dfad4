-- Statements about what is pulled.

-- name: pulled
-- How far every pull has come.
select name, cursor, reading, sweep, swept_to, sweep_at, swept_rows, swept, last_rows, rows_before, moment, tried,
    answered, took, failing, failures, error, columns, changed, changes, rows, heard, repeated, known,
    aside, aside_since, holder, held
from pulled order by name;

-- name: pulled_by_name
-- How far one pull has come.
select name, cursor, reading, sweep, swept_to, sweep_at, swept_rows, swept, last_rows, rows_before, moment, tried,
    answered, took, failing, failures, error, columns, changed, changes, rows, heard, repeated, known,
    aside, aside_since, holder, held
from pulled where name = ?;

-- name: insert_pulled
-- A pull is begun.
insert into pulled (name, cursor, reading, sweep, swept_to, sweep_at, swept_rows, swept, last_rows, rows_before,
    moment, tried, answered, took, failing, failures, error, columns, changed, changes, rows, heard,
    repeated, known, aside, aside_since, holder, held)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: save_pulled
-- A pull has come this far.
update pulled set cursor = ?, reading = ?, sweep = ?, swept_to = ?, sweep_at = ?, swept_rows = ?, swept = ?,
    last_rows = ?, rows_before = ?, moment = ?, tried = ?, answered = ?, took = ?, failing = ?,
    failures = ?, error = ?, columns = ?, changed = ?, changes = ?, rows = ?, heard = ?, repeated = ?,
    known = ?, aside = ?, aside_since = ?, holder = ?, held = ?
where name = ?;
