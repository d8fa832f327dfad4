-- Statements about repairs, their steps and the books.

-- name: insert_repair
-- A repair is begun, unless this generation has one, or one is under way.
insert into repair (number, remedy, subject, fact, follower, person, contradiction, generation, decided,
    version, state, moment, woken, holder, held, reason, begun, ended)
select coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? from repair where true
on conflict do nothing returning number;

-- name: wake_repairs
-- Something happened to a fact: its repairs are entered again, those that were handed over too; one that
-- waits for its turn to be begun keeps it.
update repair set woken = woken + 1, state = 'live', ended = null, moment = case
    when person = 0 and moment is not null and moment > ?
        and not exists (select 1 from step where step.repair = repair.number) then moment
    else ? end
where subject = ? and fact = ? and state in ('live', 'handed over');

-- name: live_repair
-- The repair under way, or with the team, of one follower of a fact.
select number, remedy, subject, fact, follower, person, contradiction, generation, decided, version,
    state, moment, woken, holder, held, reason, begun, ended
from repair where subject = ? and fact = ? and follower = ? and person = ?
and state in ('live', 'handed over');

-- name: wake_repair
-- Something happened to one repair; one that waits for its turn to be begun keeps it.
update repair set woken = woken + 1, state = 'live', ended = null, moment = case
    when person = 0 and fact <> '' and moment is not null and moment > ?
        and not exists (select 1 from step where step.repair = repair.number) then moment
    else ? end
where number = ?;

-- name: due_repairs
-- Repairs of armed remedies whose moment has come and that nobody works on, the longest due first.
select number, remedy, subject, fact, follower, person, contradiction, generation, decided, version,
    state, moment, woken, holder, held, reason, begun, ended
from repair where state = 'live' and moment <= ? and (held is null or held < ?)
and remedy in (select value from json_each(?)) order by moment, number limit ?;

-- name: next_repair
-- When a repair of an armed remedy is to be entered next; not while another process works on it.
select min(case when held > moment then held else moment end) from repair where state = 'live'
and remedy in (select value from json_each(?));

-- name: unremedied
-- Open contradictions of a fact in a follower that have no repair.
select contradiction.number, contradiction.subject, contradiction.person
from contradiction join subject on subject.id = contradiction.subject
join entity on entity.id = subject.entity
where contradiction.settled is null and entity.name = ? and contradiction.fact = ?
and contradiction.follower = ?
and not exists (select 1 from repair where repair.contradiction = contradiction.number)
order by contradiction.number;

-- name: unremedied_of
-- The open contradiction of one follower of a fact that has no repair.
select number from contradiction where settled is null and subject = ? and fact = ? and follower = ?
and person = ? and not exists (select 1 from repair where repair.contradiction = contradiction.number);

-- name: did_before
-- Steps of earlier generations that one repair has to bring to an end: none came to its end since.
select 1 from repair
join repair as earlier on earlier.subject = repair.subject and earlier.fact = repair.fact
    and earlier.follower = repair.follower and earlier.person = repair.person
    and earlier.number < repair.number and earlier.state = 'superseded'
join step on step.repair = earlier.number and step.place > 0
where repair.number = ? and earlier.number > coalesce((
    select max(ended.number) from repair as ended where ended.subject = repair.subject
    and ended.fact = repair.fact and ended.follower = repair.follower
    and ended.person = repair.person and ended.state in ('done', 'settled')), 0)
limit 1;

-- name: last_repair
-- When the last repair in a follower was begun, or has its turn to be: one that waits for something
-- else was begun when it last asked anything.
select max(case
    when moment <= ? then moment
    when exists (select 1 from step where step.repair = repair.number)
        then (select max(attempted) from step where step.repair = repair.number)
    when reason = '' then moment end)
from repair where follower = ? and state = 'live';

-- name: rename_in_repair
-- Repairs of a fact that has another name now; so has their remedy.
update repair set fact = ?, remedy = follower || '/' || ?
where fact = ? and subject in (select id from subject where entity = ?);

-- name: rename_armed
-- What people said of a remedy that has another name now.
update armed set remedy = ? where remedy = ?;

-- name: forget_armed
-- What people said of a remedy that another takes the name of.
delete from armed where remedy = ?;

-- name: wake_member
-- The repair of an incident is over: one of those of its contradictions goes on.
update repair set moment = ?, woken = woken + 1 where number = ? and state = 'live';

-- name: members
-- The repairs under way of the contradictions of an incident that are open.
select number from repair where state = 'live'
and contradiction in (select number from contradiction where incident = ? and settled is null)
order by number;

-- name: name_contradiction
-- A contradiction was opened for what a repair is already about.
update repair set contradiction = ? where number = ?;

-- name: wake_person
-- Something was decided about a person: what is to be told is looked at again.
update repair set moment = ?, woken = woken + 1, state = 'live', ended = null where person = ? and state in ('live', 'handed over');

-- name: is_telling
-- A message to a person that is under way: about a subject, or about any, if that is 0.
select 1 from repair join step on step.repair = repair.number
where repair.person = ? and (? = 0 or repair.subject = ?) and repair.state = 'live'
and step.name = 'tell' and step.state = 'attempted' limit 1;

-- name: insert_telling
-- A message went to a person.
insert into telling (reference, entry, person, subject, purpose, channel, address, known, lost)
values (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: telling
-- The message with a reference.
select reference, entry, person, subject, purpose, channel, address, known, lost
from telling where reference = ?;

-- name: tellings_to
-- When the last messages of a purpose to a person went that were not lost.
select known from telling where person = ? and purpose = ? and lost is null
order by known desc limit ?;

-- name: last_telling
-- The line of the last message to a person.
select max(entry) from telling where person = ?;

-- name: lost_addresses
-- Where messages did not reach a person.
select distinct channel, address from telling where person = ? and lost is not null;

-- name: lose_telling
-- A message did not reach its person.
update telling set lost = ? where reference = ?;

-- name: hold_repair
-- One process works on a repair until a moment.
update repair set holder = ?, held = ? where number = ?;

-- name: save_repair
-- What became of a repair.
update repair set state = ?, moment = ?, holder = ?, held = ?, reason = ?, ended = ?, version = ?,
    woken = ?
where number = ?;

-- name: save_going_repair
-- A repair that goes on at once: nothing changed of it that an index holds.
update repair set holder = ?, held = ?, reason = ?, version = ?, woken = ? where number = ?;

-- name: repairs_by_number
-- Repairs by their numbers.
select number, remedy, subject, fact, follower, person, contradiction, generation, decided, version,
    state, moment, woken, holder, held, reason, begun, ended
from repair where number in (select cast(value as bigint) from json_each(?));

-- name: repairs_stand
-- Who holds repairs, and how often they were woken.
select number, holder, woken from repair where number in (select cast(value as bigint) from json_each(?));

-- name: repairs_page
-- Repairs in some states, in the order of their numbers.
select number, remedy, subject, fact, follower, person, contradiction, generation, decided, version,
    state, moment, woken, holder, held, reason, begun, ended
from repair where state in (select value from json_each(?)) and number > ?
order by number limit ?;

-- name: repairs_of_contradiction
-- The repairs of one contradiction, each generation.
select number, remedy, subject, fact, follower, person, contradiction, generation, decided, version,
    state, moment, woken, holder, held, reason, begun, ended
from repair where contradiction = ? order by number;

-- name: save_armed
-- A person lets a remedy run, or no longer.
insert into armed (remedy, armed, by, known) values (?, ?, ?, ?)
on conflict (remedy) do update set armed = excluded.armed, by = excluded.by, known = excluded.known;

-- name: armed
-- What people said of remedies.
select remedy, armed from armed;

-- name: holders
-- Who holds repairs that are due.
select distinct holder from repair where state = 'live' and held >= ? and moment <= ?
and holder is not null;

-- name: release_repairs
-- A process that held repairs is gone.
update repair set holder = null, held = null where holder = ? and state = 'live';

-- name: repair_counts
-- How many repairs of which remedy are in which state.
select remedy, state, count(*) from repair group by remedy, state order by remedy, state;

-- name: steps_of
-- The steps of repairs.
select repair, place, name, system, params, key, state, tries, again, attempted, asked, moment, result,
    reason, taken
from step where repair in (select cast(value as bigint) from json_each(?)) order by repair, place;

-- name: save_step
-- A step as it is now.
insert into step (repair, place, name, system, params, key, state, tries, again, attempted, asked, moment,
    result, reason, taken)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (repair, place) do update set name = excluded.name, system = excluded.system,
    params = excluded.params, key = excluded.key, state = excluded.state, tries = excluded.tries,
    again = excluded.again, attempted = excluded.attempted, asked = excluded.asked,
    moment = excluded.moment, result = excluded.result, reason = excluded.reason,
    taken = excluded.taken;

-- name: drop_steps
-- Steps that were taken over are not those of this repair from a place on.
delete from step where repair = ? and place >= ? and taken is not null;

-- name: use_key
-- A key is used.
insert into used_key (key, params) values (?, ?) on conflict (key) do nothing;

-- name: used_keys
-- What keys were used for.
select key, params from used_key where key in (select value from json_each(?));

-- name: insert_posting
-- A line of the books.
insert into posting (number, entry, account, record, currency, minor, key)
select coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ? from posting;

-- name: balances
-- The balance of every account.
select account, currency, cast(sum(minor) as bigint) from posting group by account, currency order by account, currency;

-- name: balances_of
-- The balance of the accounts of one record.
select account, currency, cast(sum(minor) as bigint) from posting where record = ?
group by account, currency order by account, currency;

-- name: postings
-- The postings on one account.
select number, entry, account, record, currency, minor, key from posting
where account = ? and number > ? order by number limit ?;

-- name: unbalanced
-- Entries whose postings do not sum to nought in a currency.
select entry, currency, cast(sum(minor) as bigint) from posting group by entry, currency having sum(minor) <> 0;
