"""PostgreSQL and Valkey for one machine: real servers from their wheels, kept in Easel's own folder."""
