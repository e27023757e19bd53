-- What a turn brings besides: consents (who opts out is sent nothing more that waits), documents, what is handed
-- over to humans, messages that go out, answers that come later. They too follow only the turns that were stored.
, agreed as (
    insert into consents (app_id, person_id, channel, at, granted, source, message_digest)
    select stored.app_id, stored.person_id, stored.channel, stored.at, new.granted, 'keyword', stored.message_digest
    from unnest(%b::text[], %b::bytea[], %b::boolean[]) as new(app, message, granted)
    join stored on stored.app_id = new.app and stored.message_digest = new.message
    order by stored.at, stored.seq  -- the newest number counts, so numbers follow the order in which it was said
    returning app_id, person_id, channel, granted, at
), withheld as (
    -- It will never be sent, and the confirmation that is owed must not wait behind it.
    update outbox o set state = 'failed', reason = 'opted out', updated_at = agreed.at
    from agreed
    where not agreed.granted and not o.owed and o.state = 'waiting'
      and o.app_id = agreed.app_id and o.person_id = agreed.person_id and o.channel = agreed.channel
), kept as (
    -- Two turns of one commit may keep the same document; the later one counts.
    select distinct on (stored.app_id, stored.person_id, new.name)
           stored.app_id, stored.person_id, new.name, new.content, stored.at
    from unnest(%b::text[], %b::bytea[], %b::bytea[], %b::bytea[]) with ordinality as new(app, message, name, content, number)
    join stored on stored.app_id = new.app and stored.message_digest = new.message
    order by stored.app_id, stored.person_id, new.name, stored.at desc, new.number desc
), written as (
    insert into documents (app_id, person_id, name_digest, content, updated_at)
    select app_id, person_id, name, content, at from kept where content is not null
    on conflict (app_id, person_id, name_digest) do update set content = excluded.content, updated_at = excluded.updated_at
), removed as (
    delete from documents d using kept
    where kept.content is null
      and d.app_id = kept.app_id and d.person_id = kept.person_id and d.name_digest = kept.name
), handed as (
    select stored.app_id, stored.person_id, stored.channel, stored.at, new.id, to_timestamp(new.until) as until, new.returned_by, new.body
    from unnest(%b::text[], %b::bytea[], %b::text[], %b::float8[], %b::text[], %b::bytea[])
         as new(app, message, id, until, returned_by, body)
    join stored on stored.app_id = new.app and stored.message_digest = new.message
), handed_over as (
    insert into handoffs (app_id, handoff_id, person_id, channel, started_at, until, body)
    select app_id, id, person_id, channel, at, until, body from handed where body is not null
), heard as (
    update handoffs h set until = handed.until from handed
    where handed.body is null and handed.returned_by is null and h.returned_at is null
      and h.app_id = handed.app_id and h.handoff_id = handed.id and h.person_id = handed.person_id
), handed_back as (
    update handoffs h set returned_at = handed.at, returned_by = handed.returned_by from handed
    where handed.returned_by is not null and h.returned_at is null
      and h.app_id = handed.app_id and h.handoff_id = handed.id and h.person_id = handed.person_id
), outgoing as (
    -- A call names its skill, lane and end; it is in the order of its lane, not of a conversation.
    insert into outbox (app_id, outgoing_id, channel, place, person_id, conversation_digest, seq, position, owed, content,
                        state, due_at, created_at, updated_at, expires_at)
    select stored.app_id, new.id, coalesce(new.channel, stored.channel), new.place, stored.person_id,
           coalesce(new.lane, stored.conversation_digest),
           case when new.lane is null then stored.seq else (extract(epoch from stored.at) * 1000000)::bigint end,
           new.position, new.owed, new.content, 'waiting', stored.at, stored.at, stored.at, to_timestamp(new.until)
    from unnest(%b::text[], %b::bytea[], %b::text[], %b::text[], %b::integer[], %b::boolean[], %b::bytea[], %b::text[],
                %b::bytea[], %b::float8[])
         as new(app, message, id, place, position, owed, content, channel, lane, until)
    join stored on stored.app_id = new.app and stored.message_digest = new.message
), deferred_now as (
    insert into deferred (app_id, deferred_id, person_id, channel, message_digest, answer_digest, state, attempts, lease, due_at,
                          created_at, body)
    select stored.app_id, new.id, stored.person_id, stored.channel, stored.message_digest, new.answer, 'pending', 1, new.lease,
           to_timestamp(new.until), stored.at, new.body
    from unnest(%b::text[], %b::bytea[], %b::text[], %b::bytea[], %b::text[], %b::float8[], %b::bytea[])
         as new(app, message, id, answer, lease, until, body)
    join stored on stored.app_id = new.app and stored.message_digest = new.message
), settled as (
    -- The turn that is the answer has a message id of its own, so that of two that finish it only one is stored.
    update deferred d set state = new.state, ended_at = to_timestamp(new.at), dialogue = new.dialogue
    from unnest(%b::text[], %b::bytea[], %b::text[], %b::text[], %b::float8[], %b::bytea[])
         as new(app, message, id, state, at, dialogue), stored
    where stored.app_id = new.app and stored.message_digest = new.message and d.state = 'pending'
      and d.app_id = new.app and d.deferred_id = new.id and d.person_id = stored.person_id
), told as (
    update deferred d set state = 'told'
    from unnest(%b::text[], %b::bytea[], %b::text[]) as new(app, message, id), stored
    where stored.app_id = new.app and stored.message_digest = new.message and d.state in ('done', 'failed')
      and d.app_id = new.app and d.deferred_id = new.id and d.person_id = stored.person_id
)
