-- The log. Nobody is granted INSERT: `append` writes, and runs as the owner.
set local role carnet_owner;

-- One row, locked before any other by every append: so position order is commit order.
-- `room` is the last position that has a partition; a partition holds `partition_size` positions.
create table carnet.head (
    one boolean primary key default true check (one),
    position bigint not null,
    recorded_at timestamptz not null,
    room bigint not null,
    partition_size bigint not null check (partition_size > 0)
) with (fillfactor = 10);

insert into carnet.head (position, recorded_at, room, partition_size)
values (0, '-infinity', 0, 1000000);

-- `body` is the very text that was encoded: it can be hashed, and read with psql, for ever.
create table carnet.events (
    position bigint not null,
    stream_id uuid not null,
    version bigint not null,
    event_id uuid not null,
    name text not null,
    schema_version int not null,
    market text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    command_id uuid not null,
    correlation_id uuid not null,
    causation_id uuid,
    body text not null,
    primary key (position)
) partition by range (position);

-- A unique (stream_id, version) cannot span partitions, so `append` checks versions against this table.
create table carnet.streams (
    stream_id uuid primary key,
    version bigint not null,
    first_position bigint not null,
    last_position bigint not null
) with (fillfactor = 70);

-- What each command came to: `events` events that end at `position`.
create table carnet.commands (
    command_id uuid primary key,
    position bigint not null,
    events int not null,
    digest bytea,
    answer text
);

-- How far each source has been taken: the first offset that has not.
create table carnet.tracking (
    source text primary key,
    next bigint not null
) with (fillfactor = 50);

grant select on carnet.head, carnet.events, carnet.streams, carnet.commands, carnet.tracking
to carnet_writer, carnet_reader;
