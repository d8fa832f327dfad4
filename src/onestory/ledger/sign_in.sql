-- Statements about who may ask: accounts, sessions, keys, tries, and the audit.

-- name: account
-- One account.
select login, password, provider, subject, roles, entity, key, made, disabled from account
where login = ?;

-- name: accounts
-- A page of accounts, in the order of their logins.
select login, password, provider, subject, roles, entity, key, made, disabled from account
where login > ? order by login limit ?;

-- name: any_account
-- An account that is not disabled, if there is one.
select login from account where disabled is null limit 1;

-- name: insert_account
-- An account is made; none that has its login is touched.
insert into account (login, password, provider, subject, roles, entity, key, made)
values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (login) do nothing;

-- name: set_password
-- An account has another password from now on.
update account set password = ? where login = ?;

-- name: set_roles
-- An account has other roles, and is another person, from now on.
update account set roles = ?, entity = ?, key = ? where login = ?;

-- name: set_disabled
-- An account may not be used from a moment on, or may again.
update account set disabled = ? where login = ?;

-- name: insert_session
-- A session begins.
insert into session (id, login, begun, seen, until, provider, provider_session)
values (?, ?, ?, ?, ?, ?, ?);

-- name: session
-- A session that has not ended, with the account that it is of.
select session.login, session.begun, session.seen, session.until,
    account.roles, account.entity, account.key
from session join account on account.login = session.login
where session.id = ? and session.until > ? and session.seen > ? and account.disabled is null;

-- name: sessions_of
-- The sessions of an account, oldest first.
select id, begun, seen, until from session where login = ? and until > ? and seen > ? order by begun;

-- name: see_session
-- A session was used.
update session set seen = ? where id = ?;

-- name: end_session
-- A session of an account ends.
delete from session where id = ? and login = ?;

-- name: end_sessions
-- All sessions of an account but one end.
delete from session where login = ? and id <> ?;

-- name: end_provider_session
-- All sessions of an account, or of any, end that began in one of a provider's, or in any.
delete from session where provider = ? and (login = ? or ? = '') and (provider_session = ? or ? = '');

-- name: end_old_sessions
-- Sessions that are over are forgotten.
delete from session where until <= ?;

-- name: insert_key
-- A key is made.
insert into api_key (id, digest, system, roles, made, by) values (?, ?, ?, ?, ?, ?);

-- name: api_key
-- One key.
select id, digest, system, roles, made, by, revoked from api_key where id = ?;

-- name: api_keys
-- A page of keys, in the order of their ids.
select id, digest, system, roles, made, by, revoked from api_key where id > ? order by id limit ?;

-- name: revoke_key
-- A key may not be used from a moment on.
update api_key set revoked = ? where id = ? and revoked is null;

-- name: tries
-- How often it was tried in vain, and when last.
select what, tries, last from sign_in_try where what in (select value from json_each(?));

-- name: count_try
-- It is tried; what was tried before a moment is forgotten.
insert into sign_in_try (what, tries, last) values (?, 1, ?)
on conflict (what) do update set last = excluded.last,
    tries = case when sign_in_try.last < ? then 1 else sign_in_try.tries + 1 end;

-- name: forget_tries
-- It was not in vain.
delete from sign_in_try where what = ?;

-- name: take_back_try
-- One try was not in vain.
update sign_in_try set tries = tries - 1 where what = ? and tries > 0;

-- name: forget_old_tries
-- What was tried long ago is forgotten.
delete from sign_in_try where last < ?;

-- name: insert_state
-- Somebody goes to a provider to sign in.
insert into sign_in_state (id, provider, browser, verifier, nonce, back, address, until)
values (?, ?, ?, ?, ?, ?, ?, ?);

-- name: states_from
-- How many are on their way to a provider from one address.
select count(*) from sign_in_state where address = ? and until > ?;

-- name: sign_in_state
-- What was kept of somebody who comes back from a provider.
select provider, browser, verifier, nonce, back from sign_in_state where id = ? and until > ?;

-- name: end_state
-- Somebody came back from a provider.
delete from sign_in_state where id = ?;

-- name: end_old_states
-- Those who did not come back in time are forgotten.
delete from sign_in_state where until <= ?;

-- name: last_audit
-- The last line of the audit.
select number, hash from audit order by number desc limit 1;

-- name: insert_audit
-- A line of the audit.
insert into audit (number, known, actor, action, target, was, became, request, hash)
values (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: audit
-- A page of the audit, in the order of its numbers.
select number, known, actor, action, target, was, became, request, hash from audit
where number > ? order by number limit ?;
