"""A PostgreSQL and an Apache Kafka of one's own, for the demo, the tests and trying out.

Both come with the Python packages: PostgreSQL 18 in a wheel, a Java runtime in a wheel, and Kafka's own
jars from Maven Central, each checked against `jgo.lock.toml`. Nothing listens beyond this machine:
PostgreSQL has a Unix socket only, Kafka two ports on 127.0.0.1.

All data stands under one folder:

    postgres/       the PostgreSQL cluster, and its socket      postgres.log
    kafka/          server.properties, class path, topics       kafka.log
    servers.json    which processes run, and Kafka's ports      servers.lock
"""
