-- The rows of a queue are found in its order, one after the other, and what somebody asked for is found by itself:
-- how many wait elsewhere costs nothing.
set local role carnet_owner;

drop index carnet.parked_topic_partition_key_idx;
create index on carnet.parked (topic, partition, key, parked_at, "offset") where state in ('waiting', 'retry');
create index on carnet.parked (topic, partition) where state = 'retry';
create index on read.parked_events (projection, build, key) where state = 'retry';
