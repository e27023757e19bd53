-- Answers that come later. A row is written in the commit of the turn that says so, and ended in that of the turn that is the answer,
-- whose message id is made of `deferred_id`. app_id comes first in every key; what a person said is ciphertext under their key.

create table deferred (
    app_id          text not null,
    deferred_id     text not null,
    person_id       text not null,
    channel         text not null,
    message_digest  bytea not null,             -- of the message that waits for it; its turn has the request
    answer_digest   bytea not null,             -- of the turn that is the answer, once there is one
    state           text not null check (state in ('pending', 'done', 'failed', 'told')),
    attempts        integer not null,
    lease           text not null,              -- of whoever works on it
    due_at          timestamptz not null,       -- pending: when whoever works on it has lost the lease
    created_at      timestamptz not null,
    ended_at        timestamptz,
    body            bytea not null,             -- what was told at once, and the dialogue that the message came into
    dialogue        bytea,                      -- the question that it ends with, to be open once it is told
    primary key (app_id, deferred_id),
    unique (app_id, message_digest),
    foreign key (app_id, person_id) references persons,
    check ((ended_at is null) = (state = 'pending'))
);

create index deferred_due on deferred (due_at) where state = 'pending';
create index deferred_of_person on deferred (app_id, person_id, created_at desc);
