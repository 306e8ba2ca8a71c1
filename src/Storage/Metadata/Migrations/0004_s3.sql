-- Objects in S3 that are not complete. next_part: numbers from here on are free, all others may have been used. completing: the
-- store was told to complete it, and nobody may go on with it.
create table multipart (
    object_id    {bytes} not null primary key references object (id) on delete cascade,
    multipart_id text not null,
    next_part    bigint not null,
    completing   bigint not null default 0
);

create table multipart_part (
    object_id {bytes} not null references multipart (object_id) on delete cascade,
    number    bigint not null,
    position  bigint not null,
    size      bigint not null,
    etag      text not null,
    primary key (object_id, number)
);

-- What came after the last part and is too little for one.
create table upload_tail (
    upload_id {bytes} not null references upload (id) on delete cascade,
    position  bigint not null,
    bytes     {bytes} not null,
    primary key (upload_id, position)
);
