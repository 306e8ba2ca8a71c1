-- The folder of the objects on disk, by the id that lies in it: all replicas have to see the same one.
create table object_folder (
    name {name} not null primary key,
    id   {name} not null
);
