-- Statements about endpoints, where other programs are told what happens.

-- name: insert_hook
-- An endpoint is added.
insert into hook (number, url, secrets, wants, with_values, made, made_by, reached, tries, moment, failing,
    reason, disabled, holder, held)
select coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? from hook where true
returning number;

-- name: hooks
-- All endpoints.
select number, url, secrets, wants, with_values, made, made_by, reached, tries, moment, failing, reason,
    disabled, holder, held
from hook order by number;

-- name: hook
-- One endpoint.
select number, url, secrets, wants, with_values, made, made_by, reached, tries, moment, failing, reason,
    disabled, holder, held
from hook where number = ?;

-- name: hold_hook
-- A process delivers to an endpoint from now on.
update hook set holder = ?, held = ? where number = ?;

-- name: move_hook
-- How far the delivery to an endpoint has come, if its process holds it still.
update hook set reached = ?, tries = ?, moment = ?, failing = ?, reason = ?, disabled = ?, holder = ?, held = ?
where number = ? and holder = ?;

-- name: mend_hook
-- An endpoint answers again: what happened since is delivered now.
update hook set tries = 0, moment = ?, failing = null, reason = '', disabled = null where number = ?;

-- name: sign_hook
-- What is sent to an endpoint is signed with these from now on.
update hook set secrets = ? where number = ?;

-- name: delete_hook
-- An endpoint is told nothing more.
delete from hook where number = ?;
