"""For migrations: the triggers that tell every process what changed (metering/snapshots/listener.py)."""

from django.db.migrations import RunSQL

FUNCTION = RunSQL(
    sql="""
    CREATE FUNCTION metering_tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
    -- Arguments: the column with the tenant's id ('' if there is none), and columns that no snapshot depends on.
    -- Tells "table tenant" on the channel; without a tenant the change concerns everybody.
    DECLARE
        before jsonb := CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) END;
        after jsonb := CASE WHEN TG_OP IN ('UPDATE', 'INSERT') THEN to_jsonb(NEW) END;
        tenant text;
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            PERFORM pg_notify('metering_changes', TG_TABLE_NAME || ' ');
        ELSIF before - TG_ARGV[1:] IS DISTINCT FROM after - TG_ARGV[1:] THEN
            -- Both, because a row may move from one tenant to another. PostgreSQL sends equal notices once.
            FOR tenant IN
                SELECT coalesce(image ->> TG_ARGV[0], '')
                  FROM unnest(ARRAY[before, after]) AS image
                 WHERE image IS NOT NULL
            LOOP
                PERFORM pg_notify('metering_changes', TG_TABLE_NAME || ' ' || tenant);
            END LOOP;
        END IF;
        RETURN NULL;
    END $$
    """,
    reverse_sql="DROP FUNCTION metering_tell_change()",
)


def tell_changes(
    table: str,
    *,
    tenant: str = "",
    unread: tuple[str, ...] = (),
    events: str = "INSERT OR UPDATE OR DELETE",
) -> RunSQL:
    """Tell of every change to the table. Never for the ledger's tables: commits that NOTIFY queue for each other.

    `tenant` is the column with the tenant's id; a change to `unread` columns alone is not told, nor is one that is
    none of the `events`.
    """
    arguments = ", ".join(f"'{argument}'" for argument in (tenant, *unread))
    return RunSQL(
        sql=[
            f"CREATE TRIGGER metering_tell_change AFTER {events} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION metering_tell_change({arguments})",
            f"CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change()",
        ],
        reverse_sql=[
            f"DROP TRIGGER metering_tell_truncate ON {table}",
            f"DROP TRIGGER metering_tell_change ON {table}",
        ],
    )
