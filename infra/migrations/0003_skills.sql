-- What skills need that reach outside: their settings, and calls that go out like messages.

create table skills (
    app_id      text not null references apps,
    skill       text not null,
    config      bytea not null,                 -- key = value pairs, sealed under the master key
    updated_at  timestamptz not null default now(),
    primary key (app_id, skill)
);

-- A call is a row of the outbox whose channel is `skill:NAME`. It belongs to no conversation: `conversation_digest` is that of its
-- lane, and `seq` the microsecond in which it was asked for.
alter table outbox add column expires_at timestamptz;    -- given up then; null: after a day

create index outbox_calls on outbox (app_id, person_id, channel, created_at desc) where channel like 'skill:%';
