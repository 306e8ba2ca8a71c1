-- {identity}, {bytes} and {name} are the engine's types; times are milliseconds since 1970 by the database's clock.
-- Lines that begin with two dashes and "postgres" are for PostgreSQL only.

--postgres create or replace function now_ms() returns bigint language sql stable as $$ select (extract(epoch from statement_timestamp()) * 1000)::bigint $$;

create table namespace (
    id         {identity},
    name       {name} not null unique,
    created_at bigint not null
);

-- The epoch goes up whenever who may do what in the repository changes.
create table repository (
    id           {identity},
    namespace_id bigint not null references namespace (id),
    epoch        bigint not null default 1,
    created_at   bigint not null,
    deleted_at   bigint
);

-- The names of the living. Listed once the repository has held a manifest.
create table repository_name (
    name          {name} not null primary key,
    repository_id bigint not null references repository (id),
    listed        bigint not null default 0
);
create index repository_name_repository on repository_name (repository_id);
create index repository_name_listed on repository_name (name) where listed = 1;

-- Bytes under a key that is given once. state: 0 writing, 1 live, 2 condemned.
-- A condemned object is removed deletes_left times, the last one after every writer must have stopped.
create table object (
    id                {bytes} not null primary key,
    state             bigint not null,
    size              bigint,
    created_at        bigint not null,
    delete_not_before bigint,
    deletes_left      bigint not null default 1
);
create index object_condemned on object (delete_not_before) where state = 2;

-- The only map from a digest to bytes. The digest is one byte of algorithm, then the hash.
create table blob (
    id         {identity},
    digest     {bytes} not null unique,
    object_id  {bytes} not null unique references object (id),
    size       bigint not null,
    created_at bigint not null
);

-- A blob is visible in a repository through its link. lease_until is what has been promised to a client.
create table repository_blob (
    repository_id bigint not null references repository (id),
    blob_id       bigint not null references blob (id),
    lease_until   bigint not null,
    primary key (repository_id, blob_id)
);
create index repository_blob_blob on repository_blob (blob_id);

-- One writer at a time: it names itself in writer. result_digest is set by the close, object_id is null from then on.
create table upload (
    id            {bytes} not null primary key,
    repository_id bigint not null references repository (id),
    object_id     {bytes} references object (id),
    algorithm     bigint not null,
    position      bigint not null default 0,
    hash_state    {bytes},
    writer        {bytes},
    writer_until  bigint,
    expires_at    bigint not null,
    result_digest {bytes},
    created_at    bigint not null
);
create index upload_writer on upload (id) where writer is not null;
create index upload_expires on upload (expires_at);
create index upload_repository on upload (repository_id);
create index upload_object on upload (object_id) where object_id is not null;

-- The exact bytes pushed. referrer is the descriptor that the referrers API lists, present with a subject.
create table manifest (
    id            {identity},
    repository_id bigint not null references repository (id),
    digest        {bytes} not null,
    media_type    text not null,
    artifact_type {name},
    subject       {bytes},
    referrer      {bytes},
    size          bigint not null,
    created_at    bigint not null,
    deleted_at    bigint,
    content       {bytes} not null, -- last: SQLite walks through it to reach what follows
    unique (repository_id, digest),
    unique (repository_id, id)
);
create index manifest_subject on manifest (repository_id, subject, digest) where subject is not null;
create index manifest_subject_type on manifest (repository_id, subject, artifact_type, digest) where subject is not null;

-- What a manifest names. The digest is always there, its target may not be. kind: see EdgeKind.
create table manifest_edge (
    repository_id bigint not null,
    manifest_id   bigint not null,
    position      bigint not null,
    kind          bigint not null,
    digest        {bytes} not null,
    blob_id       bigint references blob (id),
    child_id      bigint references manifest (id),
    primary key (repository_id, manifest_id, position),
    foreign key (repository_id, manifest_id) references manifest (repository_id, id)
);
create index manifest_edge_blob on manifest_edge (blob_id, repository_id) where blob_id is not null;
create index manifest_edge_child on manifest_edge (child_id) where child_id is not null;
create index manifest_edge_waiting on manifest_edge (repository_id, digest) where blob_id is null and child_id is null;

create table tag (
    repository_id bigint not null references repository (id),
    name          {name} not null,
    manifest_id   bigint not null,
    updated_at    bigint not null,
    primary key (repository_id, name),
    foreign key (repository_id, manifest_id) references manifest (repository_id, id)
);
create index tag_manifest on tag (repository_id, manifest_id);

-- Every change of a tag, appended. No digest means that the tag did not exist before, or does not exist any more.
create table tag_event (
    id            {identity},
    repository_id bigint not null references repository (id),
    tag           {name} not null,
    old_digest    {bytes},
    new_digest    {bytes},
    actor         text,
    address       text,
    created_at    bigint not null
);
create index tag_event_tag on tag_event (repository_id, tag, id);

-- What collection has to look at, and not before when. The version tells a worker that the row changed under it.
create table blob_queue (
    blob_id bigint not null primary key,
    due_at  bigint not null,
    version bigint not null default 1
);
create index blob_queue_due on blob_queue (due_at);

create table manifest_queue (
    manifest_id   bigint not null primary key,
    repository_id bigint not null,
    due_at        bigint not null,
    version       bigint not null default 1
);
create index manifest_queue_due on manifest_queue (due_at);
