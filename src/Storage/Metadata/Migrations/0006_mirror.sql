-- Namespaces that belong to an upstream registry: nothing is pushed there.
alter table namespace add column mirrored bigint not null default 0;

-- When the upstream was last asked for the tag; null for a tag that was pushed here.
alter table tag add column checked_at bigint;

-- The blobs that are being fetched, each by one replica, into an upload of the first repository that was asked for it. fence goes up
-- with every replica that takes it over. size: null before the upstream has told.
create table fill (
    namespace_id bigint not null references namespace (id),
    digest       {bytes} not null,
    upload_id    {bytes} not null references upload (id) on delete cascade,
    replica_id   {name},
    fence        bigint not null default 0,
    size         bigint,
    primary key (namespace_id, digest)
);
create index fill_upload on fill (upload_id);

-- When a manifest of an upstream was last pulled, written now and then: the one that nobody has pulled for longest goes first.
create table manifest_pull (
    manifest_id bigint not null primary key references manifest (id) on delete cascade,
    pulled_at   bigint not null
);
