-- Ids of objects are reserved in advance: those that were never used are found by their age.
create index object_writing on object (created_at) where state = 0;
