-- Events on which a projection failed, and those of the same key that wait behind one. `reason` holds no personal
-- data, because events hold none. The queue of a key is read in the order of positions.
set local role carnet_owner;

create table read.parked_events (
    id uuid primary key,
    projection text not null,
    build int not null,
    slot smallint not null,
    key uuid not null,
    position bigint not null,
    name text not null,
    reason text not null,
    state text not null default 'waiting' check (state in ('waiting', 'retry', 'done', 'dropped')),
    retries int not null default 0,
    parked_at timestamptz not null,
    changed_at timestamptz,
    changed_by text,
    why text,
    unique (projection, build, position),
    foreign key (projection, build) references read.builds on delete cascade
);
create index on read.parked_events (projection, build, slot, key, position) where state in ('waiting', 'retry');

grant select, insert, update on read.parked_events to carnet_writer;
grant select on read.parked_events to carnet_reader;
