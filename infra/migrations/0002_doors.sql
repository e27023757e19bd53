-- What doors need beside their turns: messages that go out through a platform's API, consents, documents.
-- As before app_id comes first in every key, and what a person says or hears is ciphertext under that person's key.

-- One row a message that goes out. A row is written in the commit of the turn that says it. Its states only go forward:
-- waiting <-> sending -> sent -> delivered, or failed; delivered and failed are final.
create table outbox (
    app_id              text not null,
    outgoing_id         text not null,          -- the turn's trace id and the place in the turn; the reference at the platform
    channel             text not null,
    place               text not null,          -- the channel's own: which carrier
    person_id           text not null,
    conversation_digest bytea not null,
    seq                 bigint not null,        -- of the turn; with `position` the order within the conversation
    position            integer not null,
    owed                boolean not null,       -- answers a keyword: sent even to somebody who opted out
    content             bytea not null,
    state               text not null check (state in ('waiting', 'sending', 'sent', 'delivered', 'failed')),
    attempts            integer not null default 0,
    due_at              timestamptz not null,   -- waiting: when to try; sending: when whoever sends it has lost its lease
    provider_digest     bytea,                  -- keyed digest of the platform's own id
    reason              text not null default '',
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    primary key (app_id, outgoing_id),
    foreign key (app_id, person_id) references persons
);

create index outbox_due on outbox (due_at) where state in ('waiting', 'sending');
create index outbox_order on outbox (app_id, conversation_digest, seq, position) where state in ('waiting', 'sending');
create index outbox_provider on outbox (app_id, channel, provider_digest) where provider_digest is not null;

-- Only ever appended to; the newest row of a person and channel counts.
create table consents (
    app_id          text not null,
    person_id       text not null,
    channel         text not null,
    number          bigint generated always as identity,
    at              timestamptz not null,
    granted         boolean not null,
    source          text not null check (source in ('keyword', 'platform')),
    message_digest  bytea not null,             -- of the message that said so, theirs or ours that was turned away
    primary key (app_id, person_id, channel, number),
    foreign key (app_id, person_id) references persons
);

create table documents (
    app_id      text not null,
    person_id   text not null,
    name_digest bytea not null,                 -- keyed: a skill may name a document in the person's words
    content     bytea not null,                 -- name and content
    updated_at  timestamptz not null,
    primary key (app_id, person_id, name_digest),
    foreign key (app_id, person_id) references persons
);
