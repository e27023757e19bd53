-- The ground: apps and their doors, persons and their keys, turns, memories.
-- app_id comes first in every key, so that the tables can be sharded by app. What a person said or heard is ciphertext under that
-- person's key; ids that came from outside are stored as keyed digests (and, where they are needed for delivery, as ciphertext).

create table apps (
    app_id      text primary key check (app_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    created_at  timestamptz not null default now()
);

create table api_keys (
    app_id      text not null references apps,
    key_id      text not null unique,
    name        text not null,
    digest      bytea not null,                 -- HMAC-SHA256 of the whole key with the pepper
    created_at  timestamptz not null default now(),
    revoked_at  timestamptz,
    primary key (app_id, key_id)
);

create table channels (
    app_id      text not null references apps,
    channel     text not null,
    config      bytea not null,                 -- key = value pairs, sealed under the master key
    updated_at  timestamptz not null default now(),
    primary key (app_id, channel)
);

create table persons (
    app_id      text not null references apps,
    person_id   text not null,
    created_at  timestamptz not null default now(),
    primary key (app_id, person_id)
);

-- Apart from persons, because backups leave it out: without it the ciphertexts are noise.
create table person_keys (
    app_id      text not null,
    person_id   text not null,
    wrapped     bytea not null,                 -- the person's data key under the master key
    primary key (app_id, person_id),
    foreign key (app_id, person_id) references persons
);

create table identities (
    app_id      text not null,
    channel     text not null,
    user_digest bytea not null,                 -- keyed digest of the channel's own name for the person
    person_id   text not null,
    external    bytea not null,                 -- that name as ciphertext under the person's key, for delivery
    created_at  timestamptz not null default now(),
    primary key (app_id, channel, user_digest),
    foreign key (app_id, person_id) references persons
);

create table turns (
    app_id              text not null,
    message_digest      bytea not null,         -- keyed digest of channel and message id: one row a message, for ever
    fingerprint         bytea not null,         -- keyed digest of who said what: tells a repetition from a reuse of the id
    conversation_digest bytea not null,
    seq                 bigint not null check (seq > 0),
    person_id           text not null,
    channel             text not null,
    outcome             text not null,
    at                  timestamptz not null,
    request             bytea not null,
    turn                bytea not null,
    trace               bytea not null,
    session             bytea not null,         -- the state after this turn
    primary key (app_id, message_digest),
    unique (app_id, conversation_digest, seq),  -- the fence: of two turns computed on the same state, one wins
    foreign key (app_id, person_id) references persons
);

create table memories (
    app_id      text not null,
    person_id   text not null,
    memory_id   text not null,
    said_at     timestamptz not null,
    body        bytea not null,                 -- the words and their embedding
    primary key (app_id, person_id, memory_id),
    foreign key (app_id, person_id) references persons
);

-- One row: a digest under the master key, so that a start with another key is refused instead of losing everybody.
create table instance (
    single      boolean primary key default true check (single),
    key_check   bytea not null
);
