-- The log under the names that the eventsourcing library reads by. Its tracking holds the last id that was
-- taken, ours the next one.
set local role carnet_owner;

create view carnet.stored_events as
select position as notification_id, stream_id as originator_id, version as originator_version,
    name as topic, convert_to(body, 'UTF8') as state
from carnet.events;

create view carnet.notification_tracking as
select source as application_name, next - 1 as notification_id
from carnet.tracking;

grant select on carnet.stored_events, carnet.notification_tracking to carnet_writer, carnet_reader;
