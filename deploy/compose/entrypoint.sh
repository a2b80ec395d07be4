#!/bin/sh
# Prepares a process of hasila in a container: Dagster's settings in its home, and the database's password from
# its file. What does not start with the container (`docker compose exec`, a health check) goes through it as well.
set -eu
if [ -n "${DAGSTER_POSTGRES_PASSWORD_FILE:-}" ]; then
    DAGSTER_POSTGRES_PASSWORD=$(cat "$DAGSTER_POSTGRES_PASSWORD_FILE")
    export DAGSTER_POSTGRES_PASSWORD
    unset DAGSTER_POSTGRES_PASSWORD_FILE
fi
mkdir -p "$DAGSTER_HOME"
configuration=$DAGSTER_HOME/dagster.yaml
if [ -z "${DAGSTER_POSTGRES_HOST:-}" ]; then
    [ -e "$configuration" ] || cp /opt/hasila/dagster.yaml "$configuration"
elif ! cmp -s /opt/hasila/deploy/dagster.postgres.yaml "$configuration"; then
    # Over a file that may be there from another version: it is not to be edited in the volume.
    temporary=$(mktemp "$configuration.XXXXXX")
    cp /opt/hasila/deploy/dagster.postgres.yaml "$temporary"
    mv "$temporary" "$configuration"
fi
exec "$@"
