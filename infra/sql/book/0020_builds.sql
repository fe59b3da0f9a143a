-- A build is one filling of a projection: a schema of its own, checkpoints of its own. Readers see views in `read`,
-- which show the build that is live. What stood there before can be built again from the log.
set local role carnet_owner;

drop schema read, read_next cascade;
create schema read;
grant usage, create on schema read to carnet_writer;
grant usage on schema read to carnet_reader;

-- `version`, `shape` and `tables` say what its rows mean, which columns they have and where they stand. Timers that
-- go by a build wait until each of its checkpoints has reached `gate`. A scratch build ends at `until`.
create table read.builds (
    projection text not null,
    build int not null check (build > 0),
    version int not null,
    shape text not null,
    tables text[] not null,
    state text not null check (state in ('building', 'ready', 'live', 'kept', 'scratch')),
    until bigint check ((until is not null) = (state = 'scratch')),
    gate bigint not null default 0,
    made_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (projection, build),
    -- Deferred: a rollback lets two builds change places.
    constraint one_is_live exclude (projection with =) where (state = 'live') deferrable initially deferred,
    constraint one_is_kept exclude (projection with =) where (state = 'kept') deferrable initially deferred,
    constraint one_is_next exclude (projection with =) where (state in ('building', 'ready'))
);
grant select, insert, update, delete on read.builds to carnet_writer;
grant select on read.builds to carnet_reader;

-- The number of the last build that a projection ever had: what writes build 3 shall never meet another build 3.
create table read.build_numbers (projection text primary key, last int not null);
grant select, insert, update on read.build_numbers to carnet_writer;

-- The last event whose rows are written, of each slot.
create table read.checkpoints (
    projection text,
    build int,
    slot int,
    position bigint not null,
    updated_at timestamptz not null,
    primary key (projection, build, slot),
    foreign key (projection, build) references read.builds on delete cascade
) with (fillfactor = 50);
grant select, insert, update on read.checkpoints to carnet_writer;
grant select on read.checkpoints to carnet_reader;

reset role;
alter default privileges for role carnet_writer in schema read grant select on tables to carnet_reader;
