-- Takes messages that are due for whoever asks, oldest first: those that wait, and those whose sender lost its lease. Of a
-- conversation only the first that is not sent yet, so that its messages leave in order; rows that another worker is just
-- taking are passed over. Tells of each whether somebody had it before and nobody knows what came of that, and whether its
-- person has opted out meanwhile.
with mine as materialized (
    select due.app_id, due.outgoing_id, due.state
    from outbox due
    where due.state in ('waiting', 'sending') and due.due_at <= to_timestamp(%(at)s)
      and not exists (
          select 1 from outbox before
          where before.app_id = due.app_id and before.conversation_digest = due.conversation_digest
            and before.state in ('waiting', 'sending')
            and (before.seq, before.position) < (due.seq, due.position))
      and not (due.app_id, due.channel) in (
          select * from unnest(%(busy_apps)b::text[], %(busy_channels)b::text[]))
    order by due.due_at
    limit %(limit)s
    for update skip locked
)
update outbox o
set state = 'sending', attempts = o.attempts + 1, updated_at = to_timestamp(%(at)s),
    due_at = to_timestamp(%(at)s + coalesce(
        (select seconds from unnest(%(channels)b::text[], %(leases)b::float8[]) as lease(channel, seconds)
         where lease.channel = o.channel),
        %(lease)s))
from mine
where o.app_id = mine.app_id and o.outgoing_id = mine.outgoing_id
returning o.app_id, o.person_id, o.outgoing_id, o.channel, o.place, o.attempts,
          extract(epoch from o.created_at)::float8, o.content, extract(epoch from o.expires_at)::float8,
          mine.state = 'sending',
          not o.owed and coalesce(
              (select not c.granted from consents c
               where c.app_id = o.app_id and c.person_id = o.person_id and c.channel = o.channel
               order by c.number desc limit 1),
              false)
