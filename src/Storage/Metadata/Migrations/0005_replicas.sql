-- The replicas that run: where the others reach each of them, and when it was last heard of.
create table replica (
    id               {name} not null primary key,
    internal_address text,
    started_at       bigint not null,
    heartbeat        bigint not null
);

-- Work that one replica at a time does. Its holder holds it on; the time runs out when the holder has died.
create table work_lease (
    work       {name} not null primary key,
    holder     {name} not null,
    held_until bigint not null
);
