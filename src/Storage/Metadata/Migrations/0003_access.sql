-- Who may do what. Names, not ids, are what grants mean: an id only ties a grant to the life of what it was given on.

-- visibility: 0 private, 1 public. Of a repository null: as its namespace.
alter table namespace add column visibility bigint not null default 0;
alter table repository add column visibility bigint;
alter table repository drop column epoch;

-- The tombstone of a deleted repository: who deleted it, and from where. While there is still something in it, emptying is the id of
-- the last manifest that has been taken out.
alter table repository add column deleted_by text;
alter table repository add column deleted_from text;
alter table repository add column emptying bigint;
create index repository_emptying on repository (id) where emptying is not null;

-- With the name, so that the statement that answers a request need not look further: is it public, and since when is it there.
alter table repository_name add column namespace_id bigint references namespace (id);
alter table repository_name add column public bigint not null default 0;
alter table repository_name add column created_at bigint not null default 0;
update repository_name set
    namespace_id = (select namespace_id from repository r where r.id = repository_name.repository_id),
    created_at = (select created_at from repository r where r.id = repository_name.repository_id);
create index repository_name_namespace on repository_name (namespace_id, name);
create index repository_name_public on repository_name (name) where public = 1 and listed = 1;

-- Users and robots. kind: see SubjectKind; a robot belongs to a namespace. The epoch goes up whenever what the subject may do
-- changes: everything that is remembered of a subject is remembered with its epoch.
create table subject (
    id            {identity},
    kind          bigint not null,
    name          {name} not null unique,
    namespace_id  bigint references namespace (id),
    administrator bigint not null default 0,
    epoch         bigint not null default 1,
    disabled_at   bigint,
    created_at    bigint not null
);
create index subject_namespace on subject (namespace_id, name) where namespace_id is not null;

-- What a subject signs in with. kind: see CredentialKind. secret: of a token or certificate its SHA-256, of a password its salted
-- hash as text. limits: JSON, null where the credential may do all that its subject may. parent_id: what a refresh token was
-- given for; it ends with it.
create table credential (
    id           {identity},
    subject_id   bigint not null references subject (id),
    kind         bigint not null,
    parent_id    bigint references credential (id),
    secret       {bytes} not null,
    name         text,
    limits       text,
    created_at   bigint not null,
    expires_at   bigint,
    last_used_at bigint,
    revoked_at   bigint
);
create index credential_subject on credential (subject_id, id);
create index credential_parent on credential (parent_id) where parent_id is not null;
create unique index credential_secret on credential (secret) where kind <> 1;
create unique index credential_password on credential (subject_id) where kind = 1 and revoked_at is null;

create table team (
    id         {identity},
    name       {name} not null unique,
    created_at bigint not null
);

create table team_member (
    team_id    bigint not null references team (id),
    subject_id bigint not null references subject (id),
    primary key (team_id, subject_id)
);
create index team_member_subject on team_member (subject_id);

-- A role for a subject or a team, on a namespace, a repository or all names that begin with a prefix. role: see Role.
-- overwrite, removal: whether tags may be moved and deleted, null: as the role says.
create table role_grant (
    id            {identity},
    subject_id    bigint references subject (id),
    team_id       bigint references team (id),
    namespace_id  bigint references namespace (id),
    repository_id bigint references repository (id),
    prefix        {name},
    role          bigint not null,
    overwrite     bigint,
    removal       bigint,
    created_at    bigint not null
);
create index role_grant_subject on role_grant (subject_id) where subject_id is not null;
create index role_grant_team on role_grant (team_id) where team_id is not null;
create index role_grant_namespace on role_grant (namespace_id) where namespace_id is not null;
create index role_grant_repository on role_grant (repository_id) where repository_id is not null;
create index role_grant_prefix on role_grant (prefix) where prefix is not null;

-- Who opened an upload; null when nobody had to sign in.
alter table upload add column subject_id bigint;

-- The token service signs with the newest key that is active. The private key is protected.
create table signing_key (
    kid          {name} not null primary key,
    algorithm    text not null,
    public_key   {bytes} not null,
    private_key  {bytes} not null,
    created_at   bigint not null,
    active_at    bigint not null,
    retired_at   bigint
);

-- The keys of data protection, each encrypted with the master key, which is not in the database.
create table data_protection_key (
    name       {name} not null primary key,
    xml        text not null,
    created_at bigint not null
);

-- What lets the first administrator in: SHA-256, gone as soon as there is one.
create table setup_token (
    secret     {bytes} not null primary key,
    created_at bigint not null,
    expires_at bigint not null
);

-- Who did what to whom, from where, and how it ended. Appended only.
create table audit (
    id         {identity},
    at         bigint not null,
    actor      text,
    address    text,
    action     text not null,
    target     text,
    result     text not null,
    detail     text
);
create index audit_actor on audit (actor, id);
create index audit_action on audit (action, id);
