-- Where the projections keep their rows; everything in it can be dropped and built again from the log.
set local role carnet_owner;

create schema read;
grant usage, create on schema read to carnet_writer;
grant usage on schema read to carnet_reader;

-- The last event whose rows are written. `version` and `shape` say what meaning and which columns they have.
create table read.checkpoints (
    name text primary key,
    version int not null,
    shape text not null,
    position bigint not null,
    updated_at timestamptz not null
) with (fillfactor = 50);
grant select, insert, update on read.checkpoints to carnet_writer;
grant select on read.checkpoints to carnet_reader;

-- Where a read model is built anew until it is whole and takes the place of the old one.
create schema read_next;
grant usage, create on schema read_next to carnet_writer;

reset role;
alter default privileges for role carnet_writer in schema read, read_next grant select on tables to carnet_reader;
