-- Repairs, what was done in them, and the books. Times are microseconds since 1970-01-01T00:00Z.

-- One run of a remedy for one generation of one contradiction. generation is the entry that made it
-- due: the opening, or the decision that changed since. moment is when it is entered next, or null
-- when only a claim enters it. woken counts what happened to it, so that a move that was thought out
-- before is not made after. held is until when one process works on it.
create table repair (
    number integer primary key,
    remedy text not null,
    subject integer not null,
    fact text not null,
    follower text not null,
    person integer not null,
    contradiction integer not null,
    generation integer not null,
    decided text not null,
    version text not null,
    state text not null,
    moment integer,
    woken integer not null,
    holder text,
    held integer,
    reason text not null,
    begun integer not null,
    ended integer,
    unique (subject, fact, follower, person, generation)
);
create unique index repair_live on repair (subject, fact, follower, person)
where state in ('live', 'handed over');
create index repair_due on repair (moment) where state = 'live';
create index repair_paced on repair (follower, moment) where state = 'live';
create index repair_contradiction on repair (contradiction);
create index repair_person on repair (person) where person <> 0;
create index repair_state on repair (state, number);

-- One thing a repair does once. key is what the system it asks knows it by, and says what params it
-- had: the same key with others is an error. taken is the repair it was taken over from, when a
-- changed decision began a new generation whose first steps are the same.
create table step (
    repair integer not null,
    place integer not null,
    name text not null,
    system text not null,
    params text not null,
    key text not null,
    state text not null,
    tries integer not null,
    again integer not null,
    attempted integer,
    asked integer not null,
    moment integer not null,
    result text,
    reason text not null,
    taken integer,
    primary key (repair, place)
) without rowid;

-- What people said of remedies since: whether one is armed, besides what company.py says.
create table armed (remedy text primary key, armed integer not null, by text not null, known integer not null)
without rowid;

-- Every key that was ever used, with a hash of its parameters.
create table used_key (key text primary key, params blob not null) without rowid;

-- Double-entry postings. Those of one entry sum to nought in each currency.
create table posting (
    number integer primary key,
    entry integer not null,
    account text not null,
    record text not null,
    currency text not null,
    minor integer not null,
    key text not null
);
create index posting_account on posting (account, currency);
create index posting_record on posting (record);
create unique index posting_once on posting (key, account);

-- What contradictions of one link have in common: they were opened within minutes of each other, or
-- while the follower was silent as a whole since the same moment.
create table incident (
    number integer primary key,
    authority text not null,
    follower text not null,
    silent_since integer,
    began integer not null,
    last integer not null,
    members integer not null
);
create index incident_link on incident (follower, authority, last);
alter table contradiction add column incident integer;
create index contradiction_incident on contradiction (incident) where settled is null;

-- Messages that went to people, by what they may ask about. entry is the line that says so; lost is
-- the line that says that it did not reach them.
create table telling (
    reference text primary key,
    entry integer not null,
    person integer not null,
    subject integer not null,
    purpose text not null,
    channel text not null,
    address text not null,
    known integer not null,
    lost integer
) without rowid;
create index telling_person on telling (person, purpose, known);
pragma user_version = 2;
