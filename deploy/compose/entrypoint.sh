#!/bin/sh
# Prepares a container of hasila: Dagster's settings in its home, and the database's password from its file.
set -eu
if [ -n "${DAGSTER_POSTGRES_PASSWORD_FILE:-}" ]; then
    DAGSTER_POSTGRES_PASSWORD=$(cat "$DAGSTER_POSTGRES_PASSWORD_FILE")
    export DAGSTER_POSTGRES_PASSWORD
    unset DAGSTER_POSTGRES_PASSWORD_FILE
fi
mkdir -p "$DAGSTER_HOME"
if [ -n "${DAGSTER_POSTGRES_HOST:-}" ]; then
    # Over a file that may be there from another version: it is not to be edited in the volume.
    cp /opt/hasila/deploy/dagster.postgres.yaml "$DAGSTER_HOME/dagster.yaml.$$"
    mv "$DAGSTER_HOME/dagster.yaml.$$" "$DAGSTER_HOME/dagster.yaml"
fi
exec "$@"
