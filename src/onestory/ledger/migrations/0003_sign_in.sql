-- Who may ask: accounts, sessions, keys, what was tried, and what was changed by whom.

-- People who sign in. password is their argon2 hash, null for those of a provider, who are known there as
-- subject. roles are JSON; entity and key are the person that an account with the role customer is.
create table account (
    login text primary key,
    password text,
    provider text not null,
    subject text not null,
    roles text not null,
    entity text not null,
    key text not null,
    made integer not null,
    disabled integer
) without rowid;

-- Sessions under way, by the SHA-256 of their cookie. until is when one ends however much it is used;
-- provider_session is what a provider calls the session in which it let the person in.
create table session (
    id blob primary key,
    login text not null,
    begun integer not null,
    seen integer not null,
    until integer not null,
    provider text not null,
    provider_session text not null
) without rowid;
create index session_login on session (login, begun);
create index session_until on session (until);

-- Keys of programs, by the SHA-256 of the whole key. One speaks for a system, or has roles, as JSON.
create table api_key (
    id text primary key,
    digest blob not null,
    system text not null,
    roles text not null,
    made integer not null,
    by text not null,
    revoked integer
) without rowid;

-- How often it was tried in vain to sign in, by a hash of the login or by the address.
create table sign_in_try (what text primary key, tries integer not null, last integer not null)
without rowid;
create index sign_in_try_last on sign_in_try (last);

-- Sign-ins that somebody began at a provider, by the SHA-256 of their state; each ends once.
create table sign_in_state (
    id blob primary key,
    provider text not null,
    browser blob not null,
    verifier text not null,
    nonce text not null,
    back text not null,
    address text not null,
    until integer not null
) without rowid;
create index sign_in_state_address on sign_in_state (address, until);
create index sign_in_state_until on sign_in_state (until);

-- Who changed what of all that, and who came in: lines that are only added, each with a hash of all before.
create table audit (
    number integer primary key,
    known integer not null,
    actor text not null,
    action text not null,
    target text not null,
    was text not null,
    became text not null,
    request text not null,
    hash blob not null
);
create index audit_target on audit (target, number);
pragma user_version = 3;
