-- Every statement of the ledger, each with its name and a line that says what it is for.

-- name: insert_migration
-- A migration that was applied.
insert into migration (number, name) values (?, ?);

-- name: last_migration
-- The last migration that was applied.
select max(number) from migration;

-- name: insert_company
-- The company that a new ledger holds.
insert into company (name, since) values (?, ?);

-- name: company
-- The company that this ledger holds.
select name, since from company;

-- name: insert_terms
-- Terms, as the company was opened with them.
insert into terms (number, known, body)
select coalesce(max(number), 0) + 1, ?, ? from terms;

-- name: terms
-- All terms so far, oldest first.
select known, body from terms order by number;

-- name: parties
-- Every party by number.
select id, name from party;

-- name: insert_party
-- A party that speaks for the first time.
insert into party (id, name) values (?, ?);

-- name: entities
-- Every entity by number.
select id, name from entity;

-- name: insert_entity
-- An entity that is spoken of for the first time.
insert into entity (id, name) values (?, ?);

-- name: shapes
-- Every set of facts by number.
select id, facts from shape;

-- name: insert_shape
-- A set of facts that is mentioned together for the first time.
insert into shape (id, facts) values (?, ?);

-- name: link_states
-- When each party was last heard, and how often.
select party.name, link_state.heard, link_state.messages
from link_state join party on party.id = link_state.party;

-- name: save_link_state
-- A party was heard.
insert into link_state (party, heard, messages) values (?, ?, ?)
on conflict (party) do update
set heard = case when excluded.heard > link_state.heard then excluded.heard else link_state.heard end,
    messages = link_state.messages + excluded.messages;

-- name: head
-- Where the two number lines and the seals end.
select
    (select max(number) from message),
    (select max(number) from entry),
    (select hash from entry order by number desc limit 1),
    (select max(id) from subject),
    (select max(number) from seal),
    (select hash from seal order by number desc limit 1),
    (
        select max(ends.known)
        from (
            select coalesce((select known from message order by number desc limit 1), 0) as known
            union all
            select coalesce((select known from entry order by number desc limit 1), 0) as known
        ) as ends
    ),
    (select max(number) from terms);

-- name: known_ids
-- Which of these ids of a party were heard before.
select message.id
from json_each(?) as asked cross join message
where message.party = ? and message.id = asked.value;

-- name: subjects_by_key
-- The subjects of one entity with these keys, for the party whose own names they are (0: keys).
select subject.id, subject.key, subject.dossier, subject.wake, subject.latest
from json_each(?) as asked cross join subject
where subject.entity = ? and subject.alias_of = ? and subject.key = asked.value;

-- name: subjects_by_id
-- Subjects by number.
select subject.id, subject.entity, subject.alias_of, subject.key, subject.dossier, subject.wake,
    subject.latest
from json_each(?) as asked cross join subject
where subject.id = cast(asked.value as bigint);

-- name: subjects_to_wake
-- Subjects whose time has come, those that waited longest first.
select id from subject where wake <= ? order by wake, id limit ?;

-- name: next_wake
-- The earliest moment at which a subject must be judged again.
select min(wake) from subject where wake is not null;

-- name: subject_ids_after
-- The numbers of all subjects, in order.
select id from subject where id > ? order by id limit ?;

-- name: subject_page
-- Subjects of any kind in the order of their numbers.
select id, entity, alias_of, key, dossier, wake, latest from subject
where id > ? order by id limit ?;

-- name: subjects_like
-- Subjects of one entity whose keys begin alike.
select key from subject where entity = ? and alias_of = 0 and key >= ? and key < ? order by key limit ?;

-- name: insert_subject
-- A subject that is spoken of for the first time.
insert into subject (id, entity, alias_of, key, dossier, wake, latest) values (?, ?, ?, ?, ?, ?, ?);

-- name: save_dossier
-- What is said of a subject now.
update subject set dossier = ?, latest = ? where id = ?;

-- name: save_dossier_and_wake
-- What is said of a subject now, and when to judge it again.
update subject set dossier = ?, wake = ?, latest = ? where id = ?;

-- name: insert_message
-- A message, accepted.
insert into message (number, party, id, sequence, known, hash, says, replays)
values (?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_entry
-- A line of the ledger.
insert into entry (number, kind, subject, previous, party, message, known, body, hash)
values (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_seal
-- A commit, sealed to all before.
insert into seal (number, messages, entries, subjects, known, hash) values (?, ?, ?, ?, ?, ?);

-- name: seals
-- All seals, oldest first.
select number, messages, entries, subjects, known, hash from seal order by number;

-- name: subjects_between
-- Subjects by number with their names, in order.
select subject.id, entity.name, case subject.alias_of when 0 then '' else party.name end, subject.key
from subject
left join entity on entity.id = subject.entity
left join party on party.id = subject.alias_of
where subject.id > ? and subject.id <= ? order by subject.id;

-- name: sealed
-- Whether a commit was sealed so.
select 1 from seal where number = ? and hash = ?;

-- name: damage
-- What the database itself finds wrong with its file: one row that says ok, if nothing.
pragma integrity_check(100);

-- name: damage (postgresql)
-- The server checks its own pages, where they have checksums, whenever it reads one.
select 'ok';

-- name: hash_of_entry
-- The hash of one entry.
select hash from entry where number = ?;

-- name: strayed
-- Subjects whose latest entry is not there, or is another subject's.
select subject.id, subject.key, subject.latest
from subject left join entry on entry.number = subject.latest
where subject.latest <> 0 and (entry.number is null or entry.subject <> subject.id);

-- name: asides_kept
-- Messages that are or were set aside, as they are kept, with the hash of what arrived.
select aside.message, aside.raw, message.hash
from aside left join message on message.number = aside.message;

-- name: messages_between
-- Messages by number, in order.
select number, party, id, sequence, known, hash, says, replays
from message where number > ? and number <= ? order by number;

-- name: message
-- One message.
select message.number, party.name, message.id, message.sequence, message.known, message.hash, message.replays
from message join party on party.id = message.party
where message.number = ?;

-- name: entries_between
-- Entries by number with the names they stand for, in order.
select entry.number, entry.kind, entity.name, case subject.alias_of when 0 then '' else caller.name end,
    subject.key, party.name, entry.message, entry.known, entry.body, entry.previous, entry.hash
from entry
left join subject on subject.id = entry.subject
left join entity on entity.id = subject.entity
left join party as caller on caller.id = subject.alias_of
left join party on party.id = entry.party
where entry.number > ? and entry.number <= ? order by entry.number;

-- name: past
-- The entries of one subject from a number back to another, newest first.
with recursive past (number, kind, previous, party, message, known, body, hash, place) as (
    select number, kind, previous, party, message, known, body, hash, 1
    from entry where number = ?
    union all
    select entry.number, entry.kind, entry.previous, entry.party, entry.message, entry.known,
        entry.body, entry.hash, past.place + 1
    from past join entry on entry.number = past.previous
    where past.previous > ? and past.place < ?
)
select past.number, past.kind, party.name, past.message, past.known, past.body, past.previous, past.hash
from past join party on party.id = past.party order by past.number desc;

-- name: entry_at
-- The last entry that was known at a moment, searched for by halves on the number line.
select number, known from entry where number <= ? order by number desc limit 1;

-- name: insert_contradiction
-- A contradiction opened.
insert into contradiction (number, subject, fact, follower, person, since, due, opened, silent_since)
values (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: settle_contradiction
-- A contradiction settled.
update contradiction set settled = ?, how = ?
where subject = ? and fact = ? and follower = ? and person = ? and settled is null;

-- name: contradictions_open
-- Contradictions after a number that are open now.
select contradiction.number, entity.name, subject.key, contradiction.fact, contradiction.follower,
    coalesce(person.key, ''), contradiction.since, contradiction.due, contradiction.opened,
    contradiction.silent_since, contradiction.settled, contradiction.how, contradiction.subject
from contradiction
join subject on subject.id = contradiction.subject
join entity on entity.id = subject.entity
left join subject as person on person.id = contradiction.person
where contradiction.number > ? and contradiction.settled is null
order by contradiction.number limit ?;

-- name: contradictions_by
-- Contradictions by their numbers.
select contradiction.number, entity.name, subject.key, contradiction.fact, contradiction.follower,
    coalesce(person.key, ''), contradiction.since, contradiction.due, contradiction.opened,
    contradiction.silent_since, contradiction.settled, contradiction.how, contradiction.subject
from contradiction
join subject on subject.id = contradiction.subject
join entity on entity.id = subject.entity
left join subject as person on person.id = contradiction.person
where contradiction.number in (select cast(value as bigint) from json_each(?));

-- name: contradictions
-- Contradictions after a number, settled ones too.
select contradiction.number, entity.name, subject.key, contradiction.fact, contradiction.follower,
    coalesce(person.key, ''), contradiction.since, contradiction.due, contradiction.opened,
    contradiction.silent_since, contradiction.settled, contradiction.how, contradiction.subject
from contradiction
join subject on subject.id = contradiction.subject
join entity on entity.id = subject.entity
left join subject as person on person.id = contradiction.person
where contradiction.number > ? order by contradiction.number limit ?;

-- name: contradictions_open_named
-- Contradictions after a number that are open now: of one fact, in one follower; an empty name is any.
select contradiction.number, entity.name, subject.key, contradiction.fact, contradiction.follower,
    coalesce(person.key, ''), contradiction.since, contradiction.due, contradiction.opened,
    contradiction.silent_since, contradiction.settled, contradiction.how, contradiction.subject
from contradiction
join subject on subject.id = contradiction.subject
join entity on entity.id = subject.entity
left join subject as person on person.id = contradiction.person
where contradiction.number > ? and contradiction.settled is null
    and ? in ('', entity.name) and ? in ('', contradiction.fact) and ? in ('', contradiction.follower)
order by contradiction.number limit ?;

-- name: contradictions_named
-- Contradictions after a number, settled ones too: of one fact, in one follower; an empty name is any.
select contradiction.number, entity.name, subject.key, contradiction.fact, contradiction.follower,
    coalesce(person.key, ''), contradiction.since, contradiction.due, contradiction.opened,
    contradiction.silent_since, contradiction.settled, contradiction.how, contradiction.subject
from contradiction
join subject on subject.id = contradiction.subject
join entity on entity.id = subject.entity
left join subject as person on person.id = contradiction.person
where contradiction.number > ?
    and ? in ('', entity.name) and ? in ('', contradiction.fact) and ? in ('', contradiction.follower)
order by contradiction.number limit ?;

-- name: opened_and_settled
-- Every entry that opened or settled a contradiction, in order.
select entry.number, entry.kind, entry.subject, entity.name, entry.known, entry.body
from entry join subject on subject.id = entry.subject join entity on entity.id = subject.entity
where entry.kind in (2, 3) order by entry.number;

-- name: namings_and_disputes
-- What was said of names and disputes about the subjects between two numbers, in order.
select entry.number, entry.subject, entity.name, entry.message, entry.known, entry.body
from entry join subject on subject.id = entry.subject join entity on entity.id = subject.entity
where entry.kind = 1 and entry.subject > ? and entry.subject <= ?
    and (entry.body like '%"means":%' or entry.body like '%"disputes%')
order by entry.number;

-- name: contradictions_kept
-- Every contradiction as it is kept, in order; the person by key, a space for one that is nobody.
select contradiction.number, contradiction.subject, contradiction.fact, contradiction.follower,
    case contradiction.person when 0 then '' else coalesce(subject.key, ' ') end,
    contradiction.since, contradiction.due, contradiction.opened, contradiction.silent_since,
    contradiction.settled, contradiction.how
from contradiction left join subject on subject.id = contradiction.person
order by contradiction.number;

-- name: aliases_kept
-- What the aliases between two numbers meant, in order: the key, from which entry until which.
select alias.subject, subject.key, alias.linked, alias.unlinked
from alias left join subject on subject.id = alias.means and subject.alias_of = 0
where alias.subject > ? and alias.subject <= ? order by alias.number;

-- name: disputes_kept
-- What is challenged of the subjects between two numbers, and by whom.
select dispute.subject, dispute.fact, subject.key, dispute.entry, dispute.since
from dispute left join subject on subject.id = dispute.person
where dispute.subject > ? and dispute.subject <= ?;

-- name: links_kept
-- What the subjects between two numbers are linked to.
select link.subject, link.fact, entity.name, subject.key
from link
left join subject on subject.id = link.target
left join entity on entity.id = subject.entity
where link.subject > ? and link.subject <= ?;

-- name: subjects_queued
-- The subjects that something is left to do for.
select distinct subject from queue where subject <> 0;

-- name: contradiction_counts
-- How many contradictions are open, by fact and follower.
select entity.name, contradiction.fact, contradiction.follower, count(*)
from contradiction
join subject on subject.id = contradiction.subject
join entity on entity.id = subject.entity
where contradiction.settled is null
group by 1, 2, 3 order by 1, 2, 3;

-- name: incidents
-- Open contradictions of one cause: so many of one link at once, or of a system that is silent as a whole.
select incident.number, incident.authority, incident.follower, incident.silent_since,
    coalesce(link_state.heard, 0) <= incident.silent_since, count(*), min(contradiction.since),
    min(contradiction.opened), min(contradiction.number)
from contradiction
join incident on incident.number = contradiction.incident
left join party on party.name = incident.follower
left join link_state on link_state.party = party.id
where contradiction.settled is null
group by incident.number, link_state.heard
having coalesce(link_state.heard, 0) <= incident.silent_since or count(*) >= ? order by 8, 1;

-- name: last_incident
-- The last incident of a link that may not be over.
select number from incident
where follower = ? and authority = ? and last >= ?
    and coalesce(silent_since, -1) = coalesce(cast(? as bigint), -1)
order by last desc limit 1;

-- name: insert_incident
-- A contradiction that may be the first of an incident.
insert into incident (number, authority, follower, silent_since, began, last, members)
select coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, 0 from incident where true returning number;

-- name: join_incident
-- A contradiction has the cause of an incident.
update incident set last = ?, members = members + 1 where number = ? returning members;

-- name: name_incident
-- The incident that a contradiction belongs to.
update contradiction set incident = ? where number = ?;

-- name: incident_of
-- The incidents of contradictions.
select number, incident from contradiction where incident is not null
and number in (select cast(value as bigint) from json_each(?));

-- name: incident
-- One incident, with how many of its contradictions are open.
select incident.authority, incident.follower, incident.silent_since, incident.began, count(contradiction.number)
from incident left join contradiction on contradiction.incident = incident.number
and contradiction.settled is null
where incident.number = ? group by incident.number;

-- name: save_link
-- A subject is linked to another.
insert into link (subject, fact, target) values (?, ?, ?)
on conflict (subject, fact) do update set target = excluded.target;

-- name: delete_link
-- A subject is linked to none.
delete from link where subject = ? and fact = ?;

-- name: links_from
-- What a subject is linked to.
select link.fact, link.target, entity.name
from link join subject on subject.id = link.target join entity on entity.id = subject.entity
where link.subject = ? order by link.fact;

-- name: links_to
-- Subjects linked to one, by any fact, in the order of their numbers.
select link.subject, min(entity.name)
from link join subject on subject.id = link.subject join entity on entity.id = subject.entity
where link.target = ? and link.subject > ?
group by link.subject order by link.subject limit ?;

-- name: save_alias
-- A system's own name is known to mean a subject.
insert into alias (number, subject, means, linked, since, marks)
select coalesce(max(number), 0) + 1, ?, ?, ?, ?, ? from alias;

-- name: end_alias
-- A system's own name no longer means what it meant.
update alias set unlinked = ?, until = ? where subject = ? and unlinked is null;

-- name: alias_meanings
-- What these aliases mean.
select alias.subject, alias.means from json_each(?) as asked cross join alias
where alias.subject = cast(asked.value as bigint) and alias.unlinked is null;

-- name: aliases_of
-- The aliases of a subject.
select subject from alias where means = ? and unlinked is null order by number;

-- name: meanings
-- What an alias meant, and when, in order.
select means, linked, unlinked from alias where subject = ? order by number;

-- name: namings
-- When which aliases meant a subject, in order.
select subject, linked, since, marks, unlinked, until from alias where means = ? order by number;

-- name: all_namings
-- When which alias meant which subject, in order.
select means, subject, linked, since, marks, unlinked, until from alias order by number;

-- name: insert_aside
-- A message is set aside.
insert into aside (message, source, id, type, raw, lax, code, what, place, fix, known)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: asides
-- Messages that are set aside, oldest first.
select aside.message, aside.source, aside.id, aside.type, aside.raw, aside.lax, aside.code, aside.what,
    aside.place, aside.fix, aside.known, message.sequence, coalesce(message.replays, aside.message)
from aside left join message on message.number = aside.message
where aside.resolved is null and aside.message > ? order by aside.message limit ?;

-- name: asides_of
-- Messages of one system that are set aside, oldest first.
select aside.message, aside.source, aside.id, aside.type, aside.raw, aside.lax, aside.code, aside.what,
    aside.place, aside.fix, aside.known, message.sequence, coalesce(message.replays, aside.message)
from aside left join message on message.number = aside.message
where aside.source = ? and aside.resolved is null and aside.message > ? order by aside.message limit ?;

-- name: asides_named
-- What is set aside of a source under these ids.
select aside.message, aside.source, aside.id, aside.type, aside.raw, aside.lax, aside.code, aside.what,
    aside.place, aside.fix, aside.known, message.sequence, coalesce(message.replays, aside.message)
from json_each(?) as asked cross join aside left join message on message.number = aside.message
where aside.source = ? and aside.id = asked.value and aside.resolved is null and aside.type <> '(derived)';

-- name: derived_aside
-- The failure of an inner system to derive a fact of one subject, while it lasts.
select message from aside where source = ? and id = ? and type = '(derived)' and resolved is null;

-- name: aside_counts
-- How many messages are set aside, by reason.
select code, count(*) from aside where resolved is null group by code order by 2 desc;

-- name: aside_counts_of
-- How many messages of one system are set aside, by reason.
select code, count(*) from aside where source = ? and resolved is null group by code order by 2 desc;

-- name: resolve_aside
-- A message that was set aside is heard after all.
update aside set resolved = ? where message = ?;

-- name: again_aside
-- A message that was set aside is so still, maybe for another reason.
update aside set code = ?, what = ?, place = ?, fix = ? where message = ?;

-- name: insert_task
-- Something is left to do.
insert into queue (number, task, subject, body, moment)
select coalesce(max(number), 0) + 1, ?, ?, ?, ? from queue;

-- name: next_task
-- The oldest thing left to do whose moment has come, and that nothing of its subject holds back.
select number, task, subject, body, tries from queue
where moment <= ? and not exists (
    select 1 from queue as failed
    where failed.subject = queue.subject and failed.number < queue.number and failed.error is not null
)
order by moment, number limit 1;

-- name: last_task
-- What was put into the queue last.
select number, task, subject, body, tries from queue order by number desc limit 1;

-- name: put_off_task
-- A task failed: when it is tried again, and why it failed.
update queue set moment = ?, tries = tries + 1, error = ? where number = ?;

-- name: try_tasks_again
-- What failed is tried now.
update queue set moment = 0 where error is not null and moment > 0;

-- name: tasks_put_off
-- What failed and is tried again, oldest first.
select queue.number, queue.task, coalesce(entity.name, ''), coalesce(subject.key, ''), queue.error,
    queue.tries, queue.moment
from queue
left join subject on subject.id = queue.subject
left join entity on entity.id = subject.entity
where queue.error is not null and queue.number > ? order by queue.number limit ?;

-- name: move_task
-- A task has come this far.
update queue set body = ? where number = ?;

-- name: delete_task
-- A task is done.
delete from queue where number = ?;

-- name: next_moment
-- The earliest moment of what is left to do, and that nothing holds back.
select min(moment) from queue
where not exists (
    select 1 from queue as failed
    where failed.subject = queue.subject and failed.number < queue.number and failed.error is not null
);

-- name: hearer
-- What a person was last told of a fact.
select person, party, value, told, entry, since, due, opened from audience
where subject = ? and fact = ? and person = ?;

-- name: hearers
-- A page of those who follow a fact of a subject.
select person, party, value, told, entry, since, due, opened from audience
where subject = ? and fact = ? and person > ? order by person limit ?;

-- name: hearer_count
-- How many follow a fact of a subject.
select count(*) from audience where subject = ? and fact = ?;

-- name: audience_of
-- The facts of a subject that somebody follows, each with the people they are of.
select distinct fact, party from audience where subject = ? order by fact, party;

-- name: save_hearer
-- What a person was last told of a fact, and since when it is not so.
insert into audience (subject, fact, person, party, value, told, entry, since, due, opened)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (subject, fact, person) do update set value = excluded.value, told = excluded.told,
    entry = excluded.entry, since = excluded.since, due = excluded.due, opened = excluded.opened;

-- name: delete_hearer
-- A person follows a fact no longer.
delete from audience where subject = ? and fact = ? and person = ?;

-- name: late_hearers
-- People who should have been told by now, those that waited longest first.
select subject, fact, person, party, value, told, entry, since, due from audience
where due < ? and opened is null order by due, subject, fact, person limit ?;

-- name: next_hearer
-- The earliest moment at which a person must have been told.
select min(due) from audience where due is not null and opened is null;

-- name: heard_by
-- Who was told what of a fact: the exposure of a contradiction.
select entry.number, entry.known, entry.body from entry
where entry.subject = ? and entry.kind = 5 order by entry.number desc limit ?;

-- name: save_dispute
-- A person challenges a fact.
insert into dispute (person, subject, fact, entry, since) values (?, ?, ?, ?, ?)
on conflict (person, subject, fact) do nothing;

-- name: told_about
-- The subjects of which a person follows a fact, or was sent a message.
select subject from audience where person = ? union select subject from telling where person = ?;

-- name: delete_dispute
-- A person challenges a fact no longer.
delete from dispute where person = ? and subject = ? and fact = ?;

-- name: disputes
-- What a person challenges about a subject.
select fact, entry, since from dispute where person = ? and subject = ?;

-- name: subject_of
-- Whose entry it is.
select subject from entry where number = ?;

-- name: insert_waypoint
-- What was said of a subject at an entry.
insert into waypoint (subject, number, known, dossier) values (?, ?, ?, ?)
on conflict (subject, number) do update set dossier = excluded.dossier;

-- name: waypoint
-- The last copy of a dossier at or before an entry.
select number, dossier from waypoint where subject = ? and number <= ? order by number desc limit 1;

-- name: waypoint_after
-- The first copy of a dossier after an entry.
select min(number) from waypoint where subject = ? and number > ?;

-- name: insert_timed
-- A heard entry that says from when or until when something is so.
insert into timed (subject, entry) values (?, ?);

-- name: timed
-- The entries of a subject between two that say from when or until when something is so.
select entry from timed where subject = ? and entry > ? and entry <= ? order by entry;

-- name: rename_in_contradiction
-- Contradictions of a fact that has another name now.
update contradiction set fact = ? where fact = ? and subject in (select id from subject where entity = ?);

-- name: rename_in_audience
-- What people were told of a fact that has another name now.
update audience set fact = ? where fact = ? and subject in (select id from subject where entity = ?);

-- name: rename_in_dispute
-- Disputes of a fact that has another name now.
update dispute set fact = ? where fact = ? and subject in (select id from subject where entity = ?);

-- name: rename_in_link
-- Links by a fact that has another name now.
update link set fact = ? where fact = ? and subject in (select id from subject where entity = ?);

-- name: forget_waypoints
-- Copies of dossiers under the old name of a fact: the entries are read instead.
delete from waypoint where subject in (select id from subject where entity = ?);

-- name: ends
-- The numbers of the last entry and of the last subject.
select coalesce((select max(number) from entry), 0), coalesce((select max(id) from subject), 0);

-- name: moved
-- The subjects that the entries between two numbers are of.
select distinct subject from entry where number > ? and number <= ?;

-- name: aliases_of_all
-- The aliases of these subjects.
select subject from alias
where means in (select cast(value as bigint) from json_each(?)) and unlinked is null;

-- name: still_queued
-- Of these subjects, those that something is left to do for that is due and did not fail.
select distinct subject from queue
where subject in (select cast(value as bigint) from json_each(?)) and error is null and moment <= ?;

-- name: counts
-- How large the ledger is, by the last numbers; and how much is open, by indexes of what is.
select coalesce((select max(number) from message), 0), coalesce((select max(number) from entry), 0),
    coalesce((select max(id) from subject), 0),
    (select count(*) from contradiction where settled is null),
    (select count(*) from aside where resolved is null),
    (select count(*) from queue where error is not null);
