-- Stores a batch of turns with their effects on memories in one statement, so that they are durable together or not at all.
-- Returns the keys of the turns that were stored; the others lost to an earlier row of the same message or of the same
-- place in their conversation. Memories follow only the turns that were stored: the loser of a race changes nothing.
-- store_more.sql goes on where this ends, for batches that have more than turns and memories; both end with the same select.
with stored as (
    insert into turns (app_id, message_digest, fingerprint, conversation_digest, seq, person_id, channel, outcome, at,
                       request, turn, trace, session)
    select app, message, fingerprint, conversation, seq, person, channel, outcome, to_timestamp(at),
           request, turn, trace, session
    from unnest(%b::text[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bigint[], %b::text[], %b::text[], %b::text[],
                %b::float8[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[])
         as row(app, message, fingerprint, conversation, seq, person, channel, outcome, at, request, turn, trace, session)
    on conflict do nothing
    returning app_id, message_digest, person_id, conversation_digest, seq, channel, at
), remembered as (
    insert into memories (app_id, person_id, memory_id, said_at, body)
    select stored.app_id, stored.person_id, new.memory, stored.at, new.body
    from unnest(%b::text[], %b::bytea[], %b::text[], %b::bytea[]) as new(app, message, memory, body)
    join stored on stored.app_id = new.app and stored.message_digest = new.message
), forgotten as (
    delete from memories m
    using unnest(%b::text[], %b::bytea[], %b::text[]) as gone(app, message, memory), stored
    where stored.app_id = gone.app and stored.message_digest = gone.message
      and m.app_id = stored.app_id and m.person_id = stored.person_id and m.memory_id = gone.memory
)
