-- Conversations that were handed over to a human. A row is written in the commit of the turn that begins it, and ended in that of
-- the turn that ends it, or by an operator. app_id comes first in every key; what a person said is ciphertext under their key.

create table handoffs (
    app_id      text not null,
    handoff_id  text not null,
    person_id   text not null,
    channel     text not null,
    started_at  timestamptz not null,
    until       timestamptz not null,           -- over by then, unless the person says something before
    returned_at timestamptz,
    returned_by text check (returned_by in ('person', 'operator', 'time')),
    body        bytea not null,                 -- who, where, why, and the words for it
    primary key (app_id, handoff_id),
    foreign key (app_id, person_id) references persons,
    check ((returned_at is null) = (returned_by is null))
);

create index handoffs_open on handoffs (app_id, started_at) where returned_at is null;
