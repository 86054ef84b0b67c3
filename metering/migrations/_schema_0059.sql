CREATE FUNCTION metering_expect(holds boolean, what text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF holds THEN
        RETURN true;
    END IF;
    RAISE EXCEPTION 'a batch expected other %', what USING ERRCODE = 'serialization_failure';
END
$$;

CREATE FUNCTION metering_keep_plan_use() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO metering_planuse (tenant_id, plan, since) VALUES (NEW.tenant_id, NEW.plan_tier, clock_timestamp())
    ON CONFLICT (tenant_id, plan) DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION metering_keep_since() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
-- Arguments: the columns that say nothing of what is counted.
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.counts_since := clock_timestamp();
    ELSIF to_jsonb(OLD) - TG_ARGV IS DISTINCT FROM to_jsonb(NEW) - TG_ARGV AND NEW.is_active THEN
        NEW.counts_since := clock_timestamp();
    ELSE
        NEW.counts_since := OLD.counts_since;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION metering_keep_statement() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'A statement stays as it was issued; a correction is on the next one.' USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION metering_price_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- What was charged by the price that is gone was charged by another one than is in force.
        UPDATE metering_modelprice SET changed_at = now() WHERE model_id = OLD.model_id;
        RETURN NULL;
    END IF;
    NEW.changed_at := now();
    RETURN NEW;
END $$;

CREATE FUNCTION metering_tell_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
    END $$;

CREATE TABLE metering_alertdelivery (
    id bigint NOT NULL,
    channel character varying(8) NOT NULL,
    recipient character varying(254) NOT NULL,
    state character varying(9) NOT NULL,
    attempts smallint NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    last_error character varying(200) NOT NULL,
    sent_at timestamp with time zone,
    alert_id uuid,
    password_reset_id uuid,
    vendor_alert_id uuid,
    invitation_id uuid,
    notice_id uuid,
    attempted_at timestamp with time zone,
    duration_ms integer,
    response character varying(500) DEFAULT ''::character varying NOT NULL,
    status_code smallint,
    endpoint_id uuid,
    CONSTRAINT delivery_endpoint CHECK (((((channel)::text = 'email'::text) AND (endpoint_id IS NULL)) OR ((NOT ((channel)::text = 'email'::text)) AND (endpoint_id IS NOT NULL)))),
    CONSTRAINT delivery_of_one CHECK ((((alert_id IS NOT NULL) AND (invitation_id IS NULL) AND (notice_id IS NULL) AND (password_reset_id IS NULL) AND (vendor_alert_id IS NULL)) OR ((alert_id IS NULL) AND (invitation_id IS NULL) AND (notice_id IS NULL) AND (password_reset_id IS NULL) AND (vendor_alert_id IS NOT NULL)) OR ((alert_id IS NULL) AND (invitation_id IS NULL) AND (notice_id IS NULL) AND (password_reset_id IS NOT NULL) AND (vendor_alert_id IS NULL)) OR ((alert_id IS NULL) AND (invitation_id IS NOT NULL) AND (notice_id IS NULL) AND (password_reset_id IS NULL) AND (vendor_alert_id IS NULL)) OR ((alert_id IS NULL) AND (invitation_id IS NULL) AND (notice_id IS NOT NULL) AND (password_reset_id IS NULL) AND (vendor_alert_id IS NULL)))),
    CONSTRAINT delivery_sent_when CHECK ((((sent_at IS NOT NULL) AND ((state)::text = 'sent'::text)) OR ((NOT ((state)::text = 'sent'::text)) AND (sent_at IS NULL)))),
    CONSTRAINT delivery_state CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'sending'::character varying, 'sent'::character varying, 'failed'::character varying, 'uncertain'::character varying, 'no_server'::character varying])::text[]))),
    CONSTRAINT metering_alertdelivery_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT metering_alertdelivery_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT metering_alertdelivery_status_code_check CHECK ((status_code >= 0))
);

ALTER TABLE metering_alertdelivery ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_alertdelivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_atitoken (
    id uuid NOT NULL,
    name character varying(200) NOT NULL,
    prefix character varying(16) NOT NULL,
    digest bytea NOT NULL,
    previous_digest bytea,
    previous_valid_until timestamp with time zone,
    allowed_tasks character varying(32)[] NOT NULL,
    allowed_models character varying(128)[] NOT NULL,
    allowed_networks character varying(43)[] NOT NULL,
    signups_allowed integer NOT NULL,
    signups_used integer NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    user_id uuid,
    plan_tier character varying(32) NOT NULL,
    team_id uuid,
    tenant_id uuid NOT NULL,
    given jsonb NOT NULL,
    CONSTRAINT metering_atitoken_signups_allowed_check CHECK ((signups_allowed >= 0)),
    CONSTRAINT metering_atitoken_signups_used_check CHECK ((signups_used >= 0)),
    CONSTRAINT token_previous_has_end CHECK (((previous_digest IS NULL) OR (previous_valid_until IS NOT NULL))),
    CONSTRAINT token_signups_bounded CHECK ((signups_used <= signups_allowed))
);

CREATE TABLE metering_auditevent (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    action character varying(64) NOT NULL,
    actor character varying(254) NOT NULL,
    tenant_id uuid,
    object_type character varying(64) NOT NULL,
    object_id character varying(128) NOT NULL,
    facts jsonb NOT NULL
);

CREATE TABLE metering_billingprofile (
    tenant_id uuid NOT NULL,
    statements_to character varying(8) NOT NULL,
    customer_id character varying(100) NOT NULL,
    recipient_id uuid,
    CONSTRAINT billing_statements_to CHECK (((statements_to)::text = ANY ((ARRAY['admins'::character varying, 'person'::character varying, 'nobody'::character varying])::text[])))
);

CREATE TABLE metering_budget (
    id uuid NOT NULL,
    scope character varying(12) NOT NULL,
    scope_id character varying(128) NOT NULL,
    per character varying(12) NOT NULL,
    dimension character varying(16) NOT NULL,
    "window" character varying(8) NOT NULL,
    amount bigint NOT NULL,
    hard boolean NOT NULL,
    mode character varying(8) NOT NULL,
    on_expiry character varying(8) NOT NULL,
    thresholds smallint[] NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    task_id character varying(32),
    tenant_id uuid,
    model_class character varying(16),
    enforce_percent smallint NOT NULL,
    counts_since timestamp with time zone NOT NULL,
    set_by character varying(8) DEFAULT 'operator'::character varying NOT NULL,
    CONSTRAINT budget_amount_range CHECK (((amount >= 0) AND (amount <= '4611686018427387904'::bigint))),
    CONSTRAINT budget_concurrency_has_no_window CHECK (((((dimension)::text = 'concurrency'::text) AND (("window")::text = 'none'::text)) OR ((NOT ((dimension)::text = 'concurrency'::text)) AND (NOT (("window")::text = 'none'::text))))),
    CONSTRAINT budget_enforce_percent CHECK ((enforce_percent <= 100)),
    CONSTRAINT budget_of_tenant_is_narrow CHECK (((NOT ((set_by)::text = 'tenant'::text)) OR (NOT ((scope)::text = ANY (ARRAY[('global'::character varying)::text, ('provider'::character varying)::text, ('plan'::character varying)::text, ('tenant'::character varying)::text]))))),
    CONSTRAINT budget_scope_fits CHECK (((((scope)::text = 'global'::text) AND ((scope_id)::text = ''::text) AND (tenant_id IS NULL)) OR (((scope)::text = ANY ((ARRAY['plan'::character varying, 'provider'::character varying])::text[])) AND (tenant_id IS NULL) AND (NOT ((scope_id)::text = ''::text))) OR (((scope)::text = 'tenant'::text) AND ((scope_id)::text = ''::text) AND (tenant_id IS NOT NULL)) OR (((scope)::text = ANY ((ARRAY['team'::character varying, 'user'::character varying, 'token'::character varying, 'agent'::character varying, 'tag'::character varying, 'conversation'::character varying])::text[])) AND (tenant_id IS NOT NULL) AND (NOT ((scope_id)::text = ''::text))))),
    CONSTRAINT metering_budget_enforce_percent_check CHECK ((enforce_percent >= 0))
);

CREATE TABLE metering_budgetoverride (
    id uuid NOT NULL,
    kind character varying(8) NOT NULL,
    subject_id character varying(128),
    amount bigint NOT NULL,
    windows smallint,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    reason character varying(500) NOT NULL,
    reference character varying(64) NOT NULL,
    made_by character varying(254) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    removed_by character varying(254) NOT NULL,
    budget_id uuid NOT NULL,
    tenant_id uuid,
    CONSTRAINT metering_budgetoverride_windows_check CHECK ((windows >= 0)),
    CONSTRAINT override_amount_range CHECK (((amount > 0) AND (amount <= '4611686018427387904'::bigint))),
    CONSTRAINT override_end CHECK ((((ends_at IS NULL) AND (windows IS NULL)) OR ((ends_at > starts_at) AND (ends_at IS NOT NULL) AND (windows > 0)))),
    CONSTRAINT override_removed_when CHECK ((((removed_at IS NULL) AND ((removed_by)::text = ''::text)) OR (removed_at IS NOT NULL))),
    CONSTRAINT top_up_has_reference CHECK (((NOT ((kind)::text = 'top_up'::text)) OR ((windows IS NULL) AND (NOT ((reference)::text = ''::text)))))
);

CREATE TABLE metering_callcontent (
    reservation_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    mode character varying(16) NOT NULL,
    content bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE metering_closingbalance (
    id bigint NOT NULL,
    month date NOT NULL,
    meter_id bigint NOT NULL,
    charged bigint NOT NULL
);

ALTER TABLE metering_closingbalance ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_closingbalance_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_decisionrequest (
    id bigint NOT NULL,
    decision_id uuid NOT NULL,
    digest bigint NOT NULL
);

ALTER TABLE metering_decisionrequest ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_decisionrequest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_devicelogin (
    id uuid NOT NULL,
    digest bytea NOT NULL,
    user_code_digest bytea NOT NULL,
    machine character varying(100) NOT NULL,
    address character varying(45) NOT NULL,
    state character varying(8) NOT NULL,
    auth_hash character varying(128) NOT NULL,
    interval_s smallint NOT NULL,
    polled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    session_id uuid,
    user_id uuid,
    CONSTRAINT device_login_decided_by_somebody CHECK ((((decided_at IS NULL) AND ((state)::text = 'pending'::text) AND (user_id IS NULL)) OR ((decided_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['approved'::character varying, 'denied'::character varying, 'used'::character varying])::text[])) AND (user_id IS NOT NULL)))),
    CONSTRAINT metering_devicelogin_interval_s_check CHECK ((interval_s >= 0))
);

CREATE TABLE metering_emaildomain (
    id uuid NOT NULL,
    domain character varying(253) NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT email_domain_form CHECK (((domain)::text ~ '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$'::text))
);

CREATE TABLE metering_episode (
    id uuid NOT NULL,
    type character varying(40) NOT NULL,
    subject character varying(64) NOT NULL,
    began_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE metering_exportposition (
    target character varying(16) NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    entry_id uuid NOT NULL,
    batches bigint NOT NULL,
    pending_recorded_at timestamp with time zone,
    pending_entry_id uuid,
    pending_taken integer NOT NULL,
    pending_since timestamp with time zone,
    rows bigint NOT NULL,
    sent_nano_usd bigint NOT NULL,
    left_out_rows bigint NOT NULL,
    left_out_nano_usd bigint NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    exported_at timestamp with time zone,
    failures integer NOT NULL,
    last_error character varying(500) NOT NULL,
    retry_at timestamp with time zone,
    CONSTRAINT export_pending_whole CHECK ((((pending_entry_id IS NULL) AND (pending_recorded_at IS NULL) AND (pending_since IS NULL) AND (pending_taken = 0)) OR ((pending_entry_id IS NOT NULL) AND (pending_recorded_at IS NOT NULL))))
);

CREATE TABLE metering_externalidentity (
    id uuid NOT NULL,
    issuer character varying(255) NOT NULL,
    subject character varying(255) NOT NULL,
    made_user boolean NOT NULL,
    given_role character varying(12) NOT NULL,
    given_teams uuid[] NOT NULL,
    is_shut boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_sign_in_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL
);

CREATE TABLE metering_feature (
    code character varying(32) NOT NULL,
    name character varying(100) NOT NULL
);

CREATE TABLE metering_groupmapping (
    id uuid NOT NULL,
    "group" character varying(256) NOT NULL,
    role character varying(12) NOT NULL,
    team_id uuid,
    tenant_id uuid,
    token_id uuid,
    CONSTRAINT group_mapping_role_fits_tenant CHECK (((((role)::text = 'SUPER_ADMIN'::text) AND (team_id IS NULL) AND (tenant_id IS NULL) AND (token_id IS NULL)) OR (((role)::text = ANY ((ARRAY['TENANT_ADMIN'::character varying, 'MEMBER'::character varying])::text[])) AND (tenant_id IS NOT NULL))))
);

CREATE TABLE metering_invitation (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(200) NOT NULL,
    role character varying(12) NOT NULL,
    asked_at timestamp with time zone[] NOT NULL,
    digest bytea,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    invited_by_id uuid,
    team_id uuid,
    tenant_id uuid NOT NULL,
    token_id uuid NOT NULL,
    user_id uuid,
    CONSTRAINT invitation_ended_opens_nothing CHECK ((((accepted_at IS NULL) AND (withdrawn_at IS NULL)) OR (digest IS NULL))),
    CONSTRAINT invitation_one_end CHECK (((accepted_at IS NULL) OR (withdrawn_at IS NULL))),
    CONSTRAINT invitation_role CHECK (((role)::text = ANY ((ARRAY['TENANT_ADMIN'::character varying, 'MEMBER'::character varying])::text[])))
);

CREATE TABLE metering_keptanswer (
    reservation_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    content bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE metering_ledgerentry (
    id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    kind smallint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    meter_ids bigint[] NOT NULL,
    charges bigint[] NOT NULL,
    requests bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost_nano_usd bigint NOT NULL,
    api_calls bigint NOT NULL,
    files bigint NOT NULL,
    steps bigint NOT NULL,
    reason character varying(500),
    CONSTRAINT entry_kind CHECK (((kind >= 1) AND (kind <= 5))),
    CONSTRAINT entry_lines_parallel CHECK ((cardinality(meter_ids) = cardinality(charges)))
)
PARTITION BY RANGE (id);

CREATE TABLE metering_ledgerentry_y2026m10 (
    id uuid CONSTRAINT metering_ledgerentry_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_ledgerentry_reservation_id_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_ledgerentry_tenant_id_not_null NOT NULL,
    kind smallint CONSTRAINT metering_ledgerentry_kind_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_ledgerentry_recorded_at_not_null NOT NULL,
    meter_ids bigint[] CONSTRAINT metering_ledgerentry_meter_ids_not_null NOT NULL,
    charges bigint[] CONSTRAINT metering_ledgerentry_charges_not_null NOT NULL,
    requests bigint CONSTRAINT metering_ledgerentry_requests_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_ledgerentry_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_ledgerentry_output_tokens_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_ledgerentry_cost_nano_usd_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_ledgerentry_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_ledgerentry_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_ledgerentry_steps_not_null NOT NULL,
    reason character varying(500),
    CONSTRAINT entry_kind CHECK (((kind >= 1) AND (kind <= 5))),
    CONSTRAINT entry_lines_parallel CHECK ((cardinality(meter_ids) = cardinality(charges)))
);

CREATE TABLE metering_ledgerentry_y2026m11 (
    id uuid CONSTRAINT metering_ledgerentry_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_ledgerentry_reservation_id_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_ledgerentry_tenant_id_not_null NOT NULL,
    kind smallint CONSTRAINT metering_ledgerentry_kind_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_ledgerentry_recorded_at_not_null NOT NULL,
    meter_ids bigint[] CONSTRAINT metering_ledgerentry_meter_ids_not_null NOT NULL,
    charges bigint[] CONSTRAINT metering_ledgerentry_charges_not_null NOT NULL,
    requests bigint CONSTRAINT metering_ledgerentry_requests_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_ledgerentry_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_ledgerentry_output_tokens_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_ledgerentry_cost_nano_usd_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_ledgerentry_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_ledgerentry_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_ledgerentry_steps_not_null NOT NULL,
    reason character varying(500),
    CONSTRAINT entry_kind CHECK (((kind >= 1) AND (kind <= 5))),
    CONSTRAINT entry_lines_parallel CHECK ((cardinality(meter_ids) = cardinality(charges)))
);

CREATE TABLE metering_ledgerentry_y2026m12 (
    id uuid CONSTRAINT metering_ledgerentry_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_ledgerentry_reservation_id_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_ledgerentry_tenant_id_not_null NOT NULL,
    kind smallint CONSTRAINT metering_ledgerentry_kind_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_ledgerentry_recorded_at_not_null NOT NULL,
    meter_ids bigint[] CONSTRAINT metering_ledgerentry_meter_ids_not_null NOT NULL,
    charges bigint[] CONSTRAINT metering_ledgerentry_charges_not_null NOT NULL,
    requests bigint CONSTRAINT metering_ledgerentry_requests_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_ledgerentry_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_ledgerentry_output_tokens_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_ledgerentry_cost_nano_usd_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_ledgerentry_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_ledgerentry_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_ledgerentry_steps_not_null NOT NULL,
    reason character varying(500),
    CONSTRAINT entry_kind CHECK (((kind >= 1) AND (kind <= 5))),
    CONSTRAINT entry_lines_parallel CHECK ((cardinality(meter_ids) = cardinality(charges)))
);

CREATE TABLE metering_ledgerentry_y2027m01 (
    id uuid CONSTRAINT metering_ledgerentry_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_ledgerentry_reservation_id_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_ledgerentry_tenant_id_not_null NOT NULL,
    kind smallint CONSTRAINT metering_ledgerentry_kind_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_ledgerentry_recorded_at_not_null NOT NULL,
    meter_ids bigint[] CONSTRAINT metering_ledgerentry_meter_ids_not_null NOT NULL,
    charges bigint[] CONSTRAINT metering_ledgerentry_charges_not_null NOT NULL,
    requests bigint CONSTRAINT metering_ledgerentry_requests_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_ledgerentry_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_ledgerentry_output_tokens_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_ledgerentry_cost_nano_usd_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_ledgerentry_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_ledgerentry_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_ledgerentry_steps_not_null NOT NULL,
    reason character varying(500),
    CONSTRAINT entry_kind CHECK (((kind >= 1) AND (kind <= 5))),
    CONSTRAINT entry_lines_parallel CHECK ((cardinality(meter_ids) = cardinality(charges)))
);

CREATE TABLE metering_ledgerentry_y2027m02 (
    id uuid CONSTRAINT metering_ledgerentry_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_ledgerentry_reservation_id_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_ledgerentry_tenant_id_not_null NOT NULL,
    kind smallint CONSTRAINT metering_ledgerentry_kind_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_ledgerentry_recorded_at_not_null NOT NULL,
    meter_ids bigint[] CONSTRAINT metering_ledgerentry_meter_ids_not_null NOT NULL,
    charges bigint[] CONSTRAINT metering_ledgerentry_charges_not_null NOT NULL,
    requests bigint CONSTRAINT metering_ledgerentry_requests_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_ledgerentry_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_ledgerentry_output_tokens_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_ledgerentry_cost_nano_usd_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_ledgerentry_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_ledgerentry_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_ledgerentry_steps_not_null NOT NULL,
    reason character varying(500),
    CONSTRAINT entry_kind CHECK (((kind >= 1) AND (kind <= 5))),
    CONSTRAINT entry_lines_parallel CHECK ((cardinality(meter_ids) = cardinality(charges)))
);

CREATE TABLE metering_ledgerperiod (
    month date NOT NULL,
    state character varying(8) NOT NULL,
    sealed_at timestamp with time zone,
    dropped_at timestamp with time zone,
    CONSTRAINT period_state CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'sealed'::character varying, 'dropped'::character varying])::text[])))
);

CREATE TABLE metering_limitwatch (
    id bigint NOT NULL,
    meter_id bigint NOT NULL,
    budget_id uuid NOT NULL,
    "limit" bigint NOT NULL,
    thresholds character varying(64) NOT NULL,
    alerted character varying(64) NOT NULL,
    rearms_at timestamp with time zone,
    episodes integer NOT NULL
);

ALTER TABLE metering_limitwatch ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_limitwatch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_llmmodel (
    name character varying(128) NOT NULL,
    aliases character varying(128)[] NOT NULL,
    physical_name character varying(200) NOT NULL,
    context_tokens integer NOT NULL,
    max_output_tokens integer NOT NULL,
    capabilities character varying(32)[] NOT NULL,
    is_active boolean NOT NULL,
    model_class_id character varying(16) NOT NULL,
    provider_id character varying(64) NOT NULL,
    traits jsonb NOT NULL,
    label character varying(100) NOT NULL,
    CONSTRAINT metering_llmmodel_context_tokens_check CHECK ((context_tokens >= 0)),
    CONSTRAINT metering_llmmodel_max_output_tokens_check CHECK ((max_output_tokens >= 0)),
    CONSTRAINT model_output_fits_context CHECK (((max_output_tokens > 0) AND (max_output_tokens <= context_tokens)))
);

CREATE TABLE metering_loginsession (
    id uuid NOT NULL,
    tenant_id uuid,
    refresh_id uuid NOT NULL,
    auth_hash character varying(128) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    refreshed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_by character varying(8) NOT NULL,
    user_id uuid NOT NULL,
    previous_refresh_id uuid,
    device character varying(100) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT session_end_has_cause CHECK ((((ended_at IS NULL) AND ((ended_by)::text = ''::text)) OR ((ended_at IS NOT NULL) AND ((ended_by)::text = ANY ((ARRAY['logout'::character varying, 'reuse'::character varying])::text[])))))
);

CREATE TABLE metering_membership (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    team_id uuid NOT NULL
);

ALTER TABLE metering_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_meterrecount (
    id bigint NOT NULL,
    meter_id bigint NOT NULL,
    due_at timestamp with time zone NOT NULL
);

ALTER TABLE metering_meterrecount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_meterrecount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_modelclass (
    code character varying(16) NOT NULL,
    name character varying(100) NOT NULL,
    rank smallint NOT NULL,
    CONSTRAINT metering_modelclass_rank_check CHECK ((rank >= 0))
);

CREATE TABLE metering_modelprice (
    id bigint NOT NULL,
    effective_from timestamp with time zone NOT NULL,
    input numeric(18,6) NOT NULL,
    output numeric(18,6) NOT NULL,
    cached_input numeric(18,6) NOT NULL,
    cache_write numeric(18,6) NOT NULL,
    model_id character varying(128) NOT NULL,
    cache_write_12h numeric(18,6),
    cache_write_1h numeric(18,6),
    modifiers jsonb NOT NULL,
    reasoning numeric(18,6),
    is_listed boolean NOT NULL,
    changed_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    CONSTRAINT price_not_negative CHECK (((cache_write >= (0)::numeric) AND (cached_input >= (0)::numeric) AND (input >= (0)::numeric) AND (output >= (0)::numeric))),
    CONSTRAINT rare_price_not_negative CHECK ((((cache_write_1h IS NULL) OR (cache_write_1h >= (0)::numeric)) AND ((cache_write_12h IS NULL) OR (cache_write_12h >= (0)::numeric)) AND ((reasoning IS NULL) OR (reasoning >= (0)::numeric))))
);

ALTER TABLE metering_modelprice ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_modelprice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_notice (
    id uuid NOT NULL,
    type character varying(40) NOT NULL,
    audience character varying(16) NOT NULL,
    subject character varying(200) NOT NULL,
    text character varying(2000) NOT NULL,
    data jsonb NOT NULL,
    path character varying(500) NOT NULL,
    dedupe_key character varying(200),
    created_at timestamp with time zone NOT NULL,
    addressed_at timestamp with time zone,
    tenant_id uuid,
    user_id uuid,
    CONSTRAINT notice_for_somebody CHECK (((((audience)::text = 'person'::text) AND (user_id IS NOT NULL)) OR (((audience)::text = 'tenant_admins'::text) AND (tenant_id IS NOT NULL) AND (user_id IS NULL)) OR (((audience)::text = 'super_admins'::text) AND (user_id IS NULL))))
);

CREATE TABLE metering_notification (
    id uuid NOT NULL,
    type character varying(40) NOT NULL,
    subject character varying(200) NOT NULL,
    text character varying(500) NOT NULL,
    path character varying(500) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone,
    alert_id uuid,
    notice_id uuid,
    user_id uuid NOT NULL,
    vendor_alert_id uuid,
    CONSTRAINT notification_of_one CHECK ((((alert_id IS NOT NULL) AND (notice_id IS NULL) AND (vendor_alert_id IS NULL)) OR ((alert_id IS NULL) AND (notice_id IS NULL) AND (vendor_alert_id IS NOT NULL)) OR ((alert_id IS NULL) AND (notice_id IS NOT NULL) AND (vendor_alert_id IS NULL))))
);

CREATE TABLE metering_openingentry (
    id bigint NOT NULL,
    meter_id bigint NOT NULL,
    amount bigint NOT NULL,
    past_limit bigint NOT NULL,
    of_dropped boolean DEFAULT false NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

ALTER TABLE metering_openingentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_openingentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_passwordreset (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    address character varying(45) NOT NULL,
    auth_hash character varying(128) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    addressed_at timestamp with time zone,
    user_id uuid,
    CONSTRAINT reset_has_hash CHECK (((user_id IS NULL) OR (NOT ((auth_hash)::text = ''::text))))
);

CREATE TABLE metering_plan (
    code character varying(32) NOT NULL,
    name character varying(100) NOT NULL,
    is_active boolean NOT NULL
);

CREATE TABLE metering_planfeature (
    id bigint NOT NULL,
    feature_id character varying(32) NOT NULL,
    plan_id character varying(32) NOT NULL
);

ALTER TABLE metering_planfeature ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_planfeature_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_planllmaccess (
    id bigint NOT NULL,
    default_class_id character varying(16) NOT NULL,
    plan_id character varying(32) NOT NULL,
    task_id character varying(32) NOT NULL
);

CREATE TABLE metering_planllmaccess_allowed_classes (
    id bigint NOT NULL,
    planllmaccess_id bigint CONSTRAINT metering_planllmaccess_allowed_classe_planllmaccess_id_not_null NOT NULL,
    modelclass_id character varying(16) NOT NULL
);

ALTER TABLE metering_planllmaccess_allowed_classes ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_planllmaccess_allowed_classes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE metering_planllmaccess ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_planllmaccess_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_planuse (
    id bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    plan character varying(32) NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE metering_planuse ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_planuse_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_policydecision (
    id uuid NOT NULL,
    minute timestamp with time zone NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid,
    token_id uuid,
    team_id uuid,
    task character varying(32) NOT NULL,
    model character varying(128) NOT NULL,
    verdict character varying(8) NOT NULL,
    code character varying(32) NOT NULL,
    rule character varying(200) NOT NULL,
    rule_id uuid,
    mode character varying(8) NOT NULL,
    count bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    message character varying(500) NOT NULL,
    request_id character varying(128) NOT NULL,
    trace jsonb NOT NULL
);

CREATE TABLE metering_policyrule (
    id uuid NOT NULL,
    scope character varying(12) NOT NULL,
    scope_id character varying(128) NOT NULL,
    key character varying(64) NOT NULL,
    value jsonb NOT NULL,
    conditions jsonb NOT NULL,
    priority integer NOT NULL,
    mode character varying(8) NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    task_id character varying(32),
    tenant_id uuid,
    enforce_percent smallint NOT NULL,
    counts_since timestamp with time zone NOT NULL,
    set_by character varying(8) DEFAULT 'operator'::character varying NOT NULL,
    CONSTRAINT metering_policyrule_enforce_percent_check CHECK ((enforce_percent >= 0)),
    CONSTRAINT rule_enforce_percent CHECK ((enforce_percent <= 100)),
    CONSTRAINT rule_of_tenant_is_narrow CHECK (((NOT ((set_by)::text = 'tenant'::text)) OR (NOT ((scope)::text = ANY (ARRAY[('global'::character varying)::text, ('provider'::character varying)::text, ('plan'::character varying)::text, ('tenant'::character varying)::text]))))),
    CONSTRAINT rule_scope_fits CHECK (((((scope)::text = 'global'::text) AND ((scope_id)::text = ''::text) AND (tenant_id IS NULL)) OR (((scope)::text = ANY ((ARRAY['plan'::character varying, 'provider'::character varying])::text[])) AND (tenant_id IS NULL) AND (NOT ((scope_id)::text = ''::text))) OR (((scope)::text = 'tenant'::text) AND ((scope_id)::text = ''::text) AND (tenant_id IS NOT NULL)) OR (((scope)::text = ANY ((ARRAY['team'::character varying, 'user'::character varying, 'token'::character varying, 'agent'::character varying, 'tag'::character varying, 'conversation'::character varying])::text[])) AND (tenant_id IS NOT NULL) AND (NOT ((scope_id)::text = ''::text)))))
);

CREATE TABLE metering_provider (
    name character varying(64) NOT NULL,
    kind character varying(20) NOT NULL,
    base_url character varying(500) NOT NULL,
    api_key_env character varying(128) NOT NULL,
    is_active boolean NOT NULL,
    traits jsonb NOT NULL,
    vendor character varying(16) NOT NULL,
    markup_percent numeric(7,3) DEFAULT 0 NOT NULL,
    CONSTRAINT provider_has_base_url CHECK ((NOT (((base_url)::text = ''::text) AND ((kind)::text = 'openai_compatible'::text)))),
    CONSTRAINT provider_kind CHECK (((kind)::text = ANY ((ARRAY['openai_compatible'::character varying, 'anthropic'::character varying, 'gemini'::character varying, 'sandbox'::character varying])::text[]))),
    CONSTRAINT provider_markup CHECK (((markup_percent >= ('-100'::integer)::numeric) AND (markup_percent <= (1000)::numeric))),
    CONSTRAINT provider_vendor CHECK (((vendor)::text = ANY ((ARRAY[''::character varying, 'openai'::character varying, 'xai'::character varying, 'groq'::character varying, 'deepseek'::character varying, 'mistral'::character varying, 'glm'::character varying, 'openrouter'::character varying, 'ollama'::character varying, 'vllm'::character varying, 'llamacpp'::character varying, 'litellm'::character varying, 'other'::character varying])::text[])))
);

CREATE TABLE metering_providerkey (
    id uuid NOT NULL,
    label character varying(64) NOT NULL,
    sealed bytea NOT NULL,
    last4 character varying(4) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    is_active boolean NOT NULL,
    provider_id character varying(64) NOT NULL,
    tenant_id uuid,
    CONSTRAINT provider_key_label CHECK ((NOT ((label)::text = ''::text)))
);

CREATE TABLE metering_quotaalert (
    id uuid NOT NULL,
    tenant_id uuid,
    meter_id bigint NOT NULL,
    budget_id uuid NOT NULL,
    subject_type character varying(12) NOT NULL,
    subject_id character varying(128) NOT NULL,
    dimension character varying(16) NOT NULL,
    "window" character varying(8) NOT NULL,
    window_start timestamp with time zone NOT NULL,
    window_end timestamp with time zone,
    timezone character varying(64) NOT NULL,
    threshold smallint NOT NULL,
    episode integer NOT NULL,
    used bigint NOT NULL,
    held bigint NOT NULL,
    requested bigint,
    "limit" bigint NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    addressed_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    acknowledged_by_id uuid,
    CONSTRAINT alert_acknowledged_when CHECK (((acknowledged_by_id IS NULL) OR (acknowledged_at IS NOT NULL))),
    CONSTRAINT metering_quotaalert_threshold_check CHECK ((threshold >= 0))
);

CREATE TABLE metering_quotarequest (
    id uuid NOT NULL,
    subject_id character varying(128),
    amount bigint NOT NULL,
    windows smallint,
    reason character varying(500) NOT NULL,
    asked_by character varying(254) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    state character varying(9) NOT NULL,
    decided_at timestamp with time zone,
    decided_by character varying(254) NOT NULL,
    answer character varying(500) NOT NULL,
    granted bigint,
    budget_id uuid NOT NULL,
    override_id uuid,
    tenant_id uuid NOT NULL,
    user_id uuid,
    CONSTRAINT metering_quotarequest_windows_check CHECK ((windows >= 0)),
    CONSTRAINT quota_request_amount CHECK (((amount > 0) AND (amount <= '4611686018427387904'::bigint))),
    CONSTRAINT quota_request_state CHECK ((((decided_at IS NULL) AND ((decided_by)::text = ''::text) AND (granted IS NULL) AND ((state)::text = 'open'::text)) OR ((decided_at IS NOT NULL) AND (granted > 0) AND ((state)::text = ANY ((ARRAY['approved'::character varying, 'for_good'::character varying])::text[]))) OR ((decided_at IS NOT NULL) AND (granted IS NULL) AND ((state)::text = ANY ((ARRAY['denied'::character varying, 'withdrawn'::character varying])::text[])))))
);

CREATE TABLE metering_reconciledday (
    id bigint NOT NULL,
    provider_name character varying(64) NOT NULL,
    day date NOT NULL,
    model character varying(200) NOT NULL,
    is_known boolean NOT NULL,
    vendor_nano_usd bigint NOT NULL,
    has_cost boolean NOT NULL,
    metered_nano_usd bigint NOT NULL,
    own_difference_nano_usd bigint NOT NULL,
    booked_nano_usd bigint NOT NULL,
    vendor_requests bigint,
    metered_requests bigint NOT NULL,
    vendor_input_tokens bigint,
    vendor_output_tokens bigint,
    metered_input_tokens bigint NOT NULL,
    metered_output_tokens bigint NOT NULL,
    causes jsonb NOT NULL,
    compared_at timestamp with time zone NOT NULL
);

ALTER TABLE metering_reconciledday ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_reconciledday_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_rolledunit (
    id bigint NOT NULL,
    zone character varying(64) NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL
);

ALTER TABLE metering_rolledunit ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_rolledunit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_rolledzone (
    tenant_id uuid NOT NULL,
    zone character varying(64) NOT NULL
);

CREATE TABLE metering_rollupprogress (
    id smallint NOT NULL,
    seen_until timestamp with time zone NOT NULL,
    CONSTRAINT rollup_progress_once CHECK ((id = 1))
);

CREATE TABLE metering_savedview (
    id uuid NOT NULL,
    name character varying(60) NOT NULL,
    query character varying(1000) NOT NULL,
    user_id uuid NOT NULL
);

CREATE TABLE metering_servedhour (
    hour timestamp with time zone NOT NULL,
    answered bigint NOT NULL,
    failed bigint NOT NULL,
    vendor_failed bigint NOT NULL
);

CREATE TABLE metering_statement (
    id uuid NOT NULL,
    number integer NOT NULL,
    month date NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone NOT NULL,
    seen uuid[] NOT NULL,
    figures text NOT NULL,
    digest character varying(64) NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT statement_period CHECK ((ends_at > starts_at))
);

CREATE TABLE metering_task (
    code character varying(32) NOT NULL,
    name character varying(100) NOT NULL,
    feature_id character varying(32) NOT NULL
);

CREATE TABLE metering_taskdraft (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    token_id uuid NOT NULL,
    user_id uuid,
    content bytea NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    held_by uuid
);

CREATE TABLE metering_taskjob (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    token_id uuid NOT NULL,
    user_id uuid,
    team_id uuid,
    task character varying(32) NOT NULL,
    request_id character varying(128) NOT NULL,
    labels jsonb NOT NULL,
    key character varying(64),
    key_digest bigint,
    content bytea NOT NULL,
    status character varying(16) NOT NULL,
    progress smallint NOT NULL,
    result bytea,
    error jsonb,
    is_cancelled boolean NOT NULL,
    runs smallint NOT NULL,
    runner uuid,
    leased_until timestamp with time zone,
    reservation_id uuid,
    not_before timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT metering_taskjob_progress_check CHECK ((progress >= 0)),
    CONSTRAINT metering_taskjob_runs_check CHECK ((runs >= 0))
);

CREATE TABLE metering_taskjobattempt (
    id bigint NOT NULL,
    reservation_id uuid NOT NULL,
    number smallint NOT NULL,
    attempt bytea NOT NULL,
    job_id uuid NOT NULL,
    CONSTRAINT metering_taskjobattempt_number_check CHECK ((number >= 0))
);

ALTER TABLE metering_taskjobattempt ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_taskjobattempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_taskjobevent (
    id bigint NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    job_id uuid NOT NULL,
    CONSTRAINT metering_taskjobevent_number_check CHECK ((number >= 0))
);

ALTER TABLE metering_taskjobevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_taskjobevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_team (
    id uuid NOT NULL,
    slug character varying(63) NOT NULL,
    name character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    tenant_id uuid NOT NULL
);

CREATE TABLE metering_tenant (
    id uuid NOT NULL,
    slug character varying(63) NOT NULL,
    name character varying(200) NOT NULL,
    status character varying(10) NOT NULL,
    timezone character varying(64) NOT NULL,
    week_start smallint NOT NULL,
    enforcement_mode character varying(8) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    markup_percent numeric(7,3) DEFAULT 0 NOT NULL,
    CONSTRAINT metering_tenant_week_start_check CHECK ((week_start >= 0)),
    CONSTRAINT tenant_enforcement_mode CHECK (((enforcement_mode)::text = ANY ((ARRAY['observe'::character varying, 'warn'::character varying, 'enforce'::character varying])::text[]))),
    CONSTRAINT tenant_markup CHECK (((markup_percent >= ('-100'::integer)::numeric) AND (markup_percent <= (1000)::numeric))),
    CONSTRAINT tenant_status CHECK (((status)::text = ANY ((ARRAY['ACTIVE'::character varying, 'SUSPENDED'::character varying, 'CLOSED'::character varying])::text[]))),
    CONSTRAINT tenant_week_start CHECK ((week_start <= 6))
);

CREATE TABLE metering_usagelog (
    id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    attempt smallint NOT NULL,
    tenant_id uuid NOT NULL,
    team_id uuid,
    user_id uuid,
    token_id uuid,
    task character varying(32) NOT NULL,
    request_id character varying(128) NOT NULL,
    request_model character varying(128) NOT NULL,
    response_model character varying(128) NOT NULL,
    model_class character varying(16) NOT NULL,
    provider_name character varying(64) NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cached_input_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    api_calls bigint NOT NULL,
    files bigint NOT NULL,
    steps bigint NOT NULL,
    cost_nano_usd bigint NOT NULL,
    latency_ms integer NOT NULL,
    outcome character varying(12) NOT NULL,
    estimated boolean NOT NULL,
    started_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    agent_id character varying(128),
    microdao_id character varying(128),
    channel_id character varying(128),
    conversation_id character varying(128),
    trace_id character varying(128),
    partly_priced boolean DEFAULT false NOT NULL,
    service_tier character varying(32) DEFAULT ''::character varying NOT NULL,
    estimate_reason character varying(16) DEFAULT ''::character varying NOT NULL,
    reported character varying(1000) DEFAULT ''::character varying NOT NULL,
    cache_write_12h_tokens bigint DEFAULT 0 NOT NULL,
    cache_write_1h_tokens bigint DEFAULT 0 NOT NULL,
    fee_units character varying(200) DEFAULT ''::character varying NOT NULL,
    list_cost_nano_usd bigint,
    vendor_cost_nano_usd bigint,
    own_key boolean DEFAULT false NOT NULL,
    model_alias character varying(128),
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT usagelog_estimate_reason CHECK ((((estimate_reason)::text = ''::text) OR (((estimate_reason)::text = ANY ((ARRAY['missing'::character varying, 'contradictory'::character varying, 'cut'::character varying, 'unanswered'::character varying, 'impossible'::character varying])::text[])) AND estimated))),
    CONSTRAINT usagelog_not_negative CHECK (((input_tokens >= 0) AND (output_tokens >= 0) AND (cost_nano_usd >= 0) AND (api_calls >= 0) AND (files >= 0)))
)
PARTITION BY RANGE (id);

CREATE TABLE metering_usagelog_y2026m10 (
    id uuid CONSTRAINT metering_usagelog_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_usagelog_reservation_id_not_null NOT NULL,
    attempt smallint CONSTRAINT metering_usagelog_attempt_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_usagelog_tenant_id_not_null NOT NULL,
    team_id uuid,
    user_id uuid,
    token_id uuid,
    task character varying(32) CONSTRAINT metering_usagelog_task_not_null NOT NULL,
    request_id character varying(128) CONSTRAINT metering_usagelog_request_id_not_null NOT NULL,
    request_model character varying(128) CONSTRAINT metering_usagelog_request_model_not_null NOT NULL,
    response_model character varying(128) CONSTRAINT metering_usagelog_response_model_not_null NOT NULL,
    model_class character varying(16) CONSTRAINT metering_usagelog_model_class_not_null NOT NULL,
    provider_name character varying(64) CONSTRAINT metering_usagelog_provider_name_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_usagelog_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_usagelog_output_tokens_not_null NOT NULL,
    cached_input_tokens bigint CONSTRAINT metering_usagelog_cached_input_tokens_not_null NOT NULL,
    cache_write_tokens bigint CONSTRAINT metering_usagelog_cache_write_tokens_not_null NOT NULL,
    reasoning_tokens bigint CONSTRAINT metering_usagelog_reasoning_tokens_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_usagelog_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_usagelog_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_usagelog_steps_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_usagelog_cost_nano_usd_not_null NOT NULL,
    latency_ms integer CONSTRAINT metering_usagelog_latency_ms_not_null NOT NULL,
    outcome character varying(12) CONSTRAINT metering_usagelog_outcome_not_null NOT NULL,
    estimated boolean CONSTRAINT metering_usagelog_estimated_not_null NOT NULL,
    started_at timestamp with time zone CONSTRAINT metering_usagelog_started_at_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_usagelog_recorded_at_not_null NOT NULL,
    agent_id character varying(128),
    microdao_id character varying(128),
    channel_id character varying(128),
    conversation_id character varying(128),
    trace_id character varying(128),
    partly_priced boolean DEFAULT false CONSTRAINT metering_usagelog_partly_priced_not_null NOT NULL,
    service_tier character varying(32) DEFAULT ''::character varying CONSTRAINT metering_usagelog_service_tier_not_null NOT NULL,
    estimate_reason character varying(16) DEFAULT ''::character varying CONSTRAINT metering_usagelog_estimate_reason_not_null NOT NULL,
    reported character varying(1000) DEFAULT ''::character varying CONSTRAINT metering_usagelog_reported_not_null NOT NULL,
    cache_write_12h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_12h_tokens_not_null NOT NULL,
    cache_write_1h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_1h_tokens_not_null NOT NULL,
    fee_units character varying(200) DEFAULT ''::character varying CONSTRAINT metering_usagelog_fee_units_not_null NOT NULL,
    list_cost_nano_usd bigint,
    vendor_cost_nano_usd bigint,
    own_key boolean DEFAULT false CONSTRAINT metering_usagelog_own_key_not_null NOT NULL,
    model_alias character varying(128),
    tags text[] DEFAULT '{}'::text[] CONSTRAINT metering_usagelog_tags_not_null NOT NULL,
    CONSTRAINT usagelog_estimate_reason CHECK ((((estimate_reason)::text = ''::text) OR (((estimate_reason)::text = ANY ((ARRAY['missing'::character varying, 'contradictory'::character varying, 'cut'::character varying, 'unanswered'::character varying, 'impossible'::character varying])::text[])) AND estimated))),
    CONSTRAINT usagelog_not_negative CHECK (((input_tokens >= 0) AND (output_tokens >= 0) AND (cost_nano_usd >= 0) AND (api_calls >= 0) AND (files >= 0)))
);

CREATE TABLE metering_usagelog_y2026m11 (
    id uuid CONSTRAINT metering_usagelog_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_usagelog_reservation_id_not_null NOT NULL,
    attempt smallint CONSTRAINT metering_usagelog_attempt_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_usagelog_tenant_id_not_null NOT NULL,
    team_id uuid,
    user_id uuid,
    token_id uuid,
    task character varying(32) CONSTRAINT metering_usagelog_task_not_null NOT NULL,
    request_id character varying(128) CONSTRAINT metering_usagelog_request_id_not_null NOT NULL,
    request_model character varying(128) CONSTRAINT metering_usagelog_request_model_not_null NOT NULL,
    response_model character varying(128) CONSTRAINT metering_usagelog_response_model_not_null NOT NULL,
    model_class character varying(16) CONSTRAINT metering_usagelog_model_class_not_null NOT NULL,
    provider_name character varying(64) CONSTRAINT metering_usagelog_provider_name_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_usagelog_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_usagelog_output_tokens_not_null NOT NULL,
    cached_input_tokens bigint CONSTRAINT metering_usagelog_cached_input_tokens_not_null NOT NULL,
    cache_write_tokens bigint CONSTRAINT metering_usagelog_cache_write_tokens_not_null NOT NULL,
    reasoning_tokens bigint CONSTRAINT metering_usagelog_reasoning_tokens_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_usagelog_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_usagelog_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_usagelog_steps_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_usagelog_cost_nano_usd_not_null NOT NULL,
    latency_ms integer CONSTRAINT metering_usagelog_latency_ms_not_null NOT NULL,
    outcome character varying(12) CONSTRAINT metering_usagelog_outcome_not_null NOT NULL,
    estimated boolean CONSTRAINT metering_usagelog_estimated_not_null NOT NULL,
    started_at timestamp with time zone CONSTRAINT metering_usagelog_started_at_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_usagelog_recorded_at_not_null NOT NULL,
    agent_id character varying(128),
    microdao_id character varying(128),
    channel_id character varying(128),
    conversation_id character varying(128),
    trace_id character varying(128),
    partly_priced boolean DEFAULT false CONSTRAINT metering_usagelog_partly_priced_not_null NOT NULL,
    service_tier character varying(32) DEFAULT ''::character varying CONSTRAINT metering_usagelog_service_tier_not_null NOT NULL,
    estimate_reason character varying(16) DEFAULT ''::character varying CONSTRAINT metering_usagelog_estimate_reason_not_null NOT NULL,
    reported character varying(1000) DEFAULT ''::character varying CONSTRAINT metering_usagelog_reported_not_null NOT NULL,
    cache_write_12h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_12h_tokens_not_null NOT NULL,
    cache_write_1h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_1h_tokens_not_null NOT NULL,
    fee_units character varying(200) DEFAULT ''::character varying CONSTRAINT metering_usagelog_fee_units_not_null NOT NULL,
    list_cost_nano_usd bigint,
    vendor_cost_nano_usd bigint,
    own_key boolean DEFAULT false CONSTRAINT metering_usagelog_own_key_not_null NOT NULL,
    model_alias character varying(128),
    tags text[] DEFAULT '{}'::text[] CONSTRAINT metering_usagelog_tags_not_null NOT NULL,
    CONSTRAINT usagelog_estimate_reason CHECK ((((estimate_reason)::text = ''::text) OR (((estimate_reason)::text = ANY ((ARRAY['missing'::character varying, 'contradictory'::character varying, 'cut'::character varying, 'unanswered'::character varying, 'impossible'::character varying])::text[])) AND estimated))),
    CONSTRAINT usagelog_not_negative CHECK (((input_tokens >= 0) AND (output_tokens >= 0) AND (cost_nano_usd >= 0) AND (api_calls >= 0) AND (files >= 0)))
);

CREATE TABLE metering_usagelog_y2026m12 (
    id uuid CONSTRAINT metering_usagelog_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_usagelog_reservation_id_not_null NOT NULL,
    attempt smallint CONSTRAINT metering_usagelog_attempt_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_usagelog_tenant_id_not_null NOT NULL,
    team_id uuid,
    user_id uuid,
    token_id uuid,
    task character varying(32) CONSTRAINT metering_usagelog_task_not_null NOT NULL,
    request_id character varying(128) CONSTRAINT metering_usagelog_request_id_not_null NOT NULL,
    request_model character varying(128) CONSTRAINT metering_usagelog_request_model_not_null NOT NULL,
    response_model character varying(128) CONSTRAINT metering_usagelog_response_model_not_null NOT NULL,
    model_class character varying(16) CONSTRAINT metering_usagelog_model_class_not_null NOT NULL,
    provider_name character varying(64) CONSTRAINT metering_usagelog_provider_name_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_usagelog_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_usagelog_output_tokens_not_null NOT NULL,
    cached_input_tokens bigint CONSTRAINT metering_usagelog_cached_input_tokens_not_null NOT NULL,
    cache_write_tokens bigint CONSTRAINT metering_usagelog_cache_write_tokens_not_null NOT NULL,
    reasoning_tokens bigint CONSTRAINT metering_usagelog_reasoning_tokens_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_usagelog_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_usagelog_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_usagelog_steps_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_usagelog_cost_nano_usd_not_null NOT NULL,
    latency_ms integer CONSTRAINT metering_usagelog_latency_ms_not_null NOT NULL,
    outcome character varying(12) CONSTRAINT metering_usagelog_outcome_not_null NOT NULL,
    estimated boolean CONSTRAINT metering_usagelog_estimated_not_null NOT NULL,
    started_at timestamp with time zone CONSTRAINT metering_usagelog_started_at_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_usagelog_recorded_at_not_null NOT NULL,
    agent_id character varying(128),
    microdao_id character varying(128),
    channel_id character varying(128),
    conversation_id character varying(128),
    trace_id character varying(128),
    partly_priced boolean DEFAULT false CONSTRAINT metering_usagelog_partly_priced_not_null NOT NULL,
    service_tier character varying(32) DEFAULT ''::character varying CONSTRAINT metering_usagelog_service_tier_not_null NOT NULL,
    estimate_reason character varying(16) DEFAULT ''::character varying CONSTRAINT metering_usagelog_estimate_reason_not_null NOT NULL,
    reported character varying(1000) DEFAULT ''::character varying CONSTRAINT metering_usagelog_reported_not_null NOT NULL,
    cache_write_12h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_12h_tokens_not_null NOT NULL,
    cache_write_1h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_1h_tokens_not_null NOT NULL,
    fee_units character varying(200) DEFAULT ''::character varying CONSTRAINT metering_usagelog_fee_units_not_null NOT NULL,
    list_cost_nano_usd bigint,
    vendor_cost_nano_usd bigint,
    own_key boolean DEFAULT false CONSTRAINT metering_usagelog_own_key_not_null NOT NULL,
    model_alias character varying(128),
    tags text[] DEFAULT '{}'::text[] CONSTRAINT metering_usagelog_tags_not_null NOT NULL,
    CONSTRAINT usagelog_estimate_reason CHECK ((((estimate_reason)::text = ''::text) OR (((estimate_reason)::text = ANY ((ARRAY['missing'::character varying, 'contradictory'::character varying, 'cut'::character varying, 'unanswered'::character varying, 'impossible'::character varying])::text[])) AND estimated))),
    CONSTRAINT usagelog_not_negative CHECK (((input_tokens >= 0) AND (output_tokens >= 0) AND (cost_nano_usd >= 0) AND (api_calls >= 0) AND (files >= 0)))
);

CREATE TABLE metering_usagelog_y2027m01 (
    id uuid CONSTRAINT metering_usagelog_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_usagelog_reservation_id_not_null NOT NULL,
    attempt smallint CONSTRAINT metering_usagelog_attempt_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_usagelog_tenant_id_not_null NOT NULL,
    team_id uuid,
    user_id uuid,
    token_id uuid,
    task character varying(32) CONSTRAINT metering_usagelog_task_not_null NOT NULL,
    request_id character varying(128) CONSTRAINT metering_usagelog_request_id_not_null NOT NULL,
    request_model character varying(128) CONSTRAINT metering_usagelog_request_model_not_null NOT NULL,
    response_model character varying(128) CONSTRAINT metering_usagelog_response_model_not_null NOT NULL,
    model_class character varying(16) CONSTRAINT metering_usagelog_model_class_not_null NOT NULL,
    provider_name character varying(64) CONSTRAINT metering_usagelog_provider_name_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_usagelog_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_usagelog_output_tokens_not_null NOT NULL,
    cached_input_tokens bigint CONSTRAINT metering_usagelog_cached_input_tokens_not_null NOT NULL,
    cache_write_tokens bigint CONSTRAINT metering_usagelog_cache_write_tokens_not_null NOT NULL,
    reasoning_tokens bigint CONSTRAINT metering_usagelog_reasoning_tokens_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_usagelog_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_usagelog_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_usagelog_steps_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_usagelog_cost_nano_usd_not_null NOT NULL,
    latency_ms integer CONSTRAINT metering_usagelog_latency_ms_not_null NOT NULL,
    outcome character varying(12) CONSTRAINT metering_usagelog_outcome_not_null NOT NULL,
    estimated boolean CONSTRAINT metering_usagelog_estimated_not_null NOT NULL,
    started_at timestamp with time zone CONSTRAINT metering_usagelog_started_at_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_usagelog_recorded_at_not_null NOT NULL,
    agent_id character varying(128),
    microdao_id character varying(128),
    channel_id character varying(128),
    conversation_id character varying(128),
    trace_id character varying(128),
    partly_priced boolean DEFAULT false CONSTRAINT metering_usagelog_partly_priced_not_null NOT NULL,
    service_tier character varying(32) DEFAULT ''::character varying CONSTRAINT metering_usagelog_service_tier_not_null NOT NULL,
    estimate_reason character varying(16) DEFAULT ''::character varying CONSTRAINT metering_usagelog_estimate_reason_not_null NOT NULL,
    reported character varying(1000) DEFAULT ''::character varying CONSTRAINT metering_usagelog_reported_not_null NOT NULL,
    cache_write_12h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_12h_tokens_not_null NOT NULL,
    cache_write_1h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_1h_tokens_not_null NOT NULL,
    fee_units character varying(200) DEFAULT ''::character varying CONSTRAINT metering_usagelog_fee_units_not_null NOT NULL,
    list_cost_nano_usd bigint,
    vendor_cost_nano_usd bigint,
    own_key boolean DEFAULT false CONSTRAINT metering_usagelog_own_key_not_null NOT NULL,
    model_alias character varying(128),
    tags text[] DEFAULT '{}'::text[] CONSTRAINT metering_usagelog_tags_not_null NOT NULL,
    CONSTRAINT usagelog_estimate_reason CHECK ((((estimate_reason)::text = ''::text) OR (((estimate_reason)::text = ANY ((ARRAY['missing'::character varying, 'contradictory'::character varying, 'cut'::character varying, 'unanswered'::character varying, 'impossible'::character varying])::text[])) AND estimated))),
    CONSTRAINT usagelog_not_negative CHECK (((input_tokens >= 0) AND (output_tokens >= 0) AND (cost_nano_usd >= 0) AND (api_calls >= 0) AND (files >= 0)))
);

CREATE TABLE metering_usagelog_y2027m02 (
    id uuid CONSTRAINT metering_usagelog_id_not_null NOT NULL,
    reservation_id uuid CONSTRAINT metering_usagelog_reservation_id_not_null NOT NULL,
    attempt smallint CONSTRAINT metering_usagelog_attempt_not_null NOT NULL,
    tenant_id uuid CONSTRAINT metering_usagelog_tenant_id_not_null NOT NULL,
    team_id uuid,
    user_id uuid,
    token_id uuid,
    task character varying(32) CONSTRAINT metering_usagelog_task_not_null NOT NULL,
    request_id character varying(128) CONSTRAINT metering_usagelog_request_id_not_null NOT NULL,
    request_model character varying(128) CONSTRAINT metering_usagelog_request_model_not_null NOT NULL,
    response_model character varying(128) CONSTRAINT metering_usagelog_response_model_not_null NOT NULL,
    model_class character varying(16) CONSTRAINT metering_usagelog_model_class_not_null NOT NULL,
    provider_name character varying(64) CONSTRAINT metering_usagelog_provider_name_not_null NOT NULL,
    input_tokens bigint CONSTRAINT metering_usagelog_input_tokens_not_null NOT NULL,
    output_tokens bigint CONSTRAINT metering_usagelog_output_tokens_not_null NOT NULL,
    cached_input_tokens bigint CONSTRAINT metering_usagelog_cached_input_tokens_not_null NOT NULL,
    cache_write_tokens bigint CONSTRAINT metering_usagelog_cache_write_tokens_not_null NOT NULL,
    reasoning_tokens bigint CONSTRAINT metering_usagelog_reasoning_tokens_not_null NOT NULL,
    api_calls bigint CONSTRAINT metering_usagelog_api_calls_not_null NOT NULL,
    files bigint CONSTRAINT metering_usagelog_files_not_null NOT NULL,
    steps bigint CONSTRAINT metering_usagelog_steps_not_null NOT NULL,
    cost_nano_usd bigint CONSTRAINT metering_usagelog_cost_nano_usd_not_null NOT NULL,
    latency_ms integer CONSTRAINT metering_usagelog_latency_ms_not_null NOT NULL,
    outcome character varying(12) CONSTRAINT metering_usagelog_outcome_not_null NOT NULL,
    estimated boolean CONSTRAINT metering_usagelog_estimated_not_null NOT NULL,
    started_at timestamp with time zone CONSTRAINT metering_usagelog_started_at_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT metering_usagelog_recorded_at_not_null NOT NULL,
    agent_id character varying(128),
    microdao_id character varying(128),
    channel_id character varying(128),
    conversation_id character varying(128),
    trace_id character varying(128),
    partly_priced boolean DEFAULT false CONSTRAINT metering_usagelog_partly_priced_not_null NOT NULL,
    service_tier character varying(32) DEFAULT ''::character varying CONSTRAINT metering_usagelog_service_tier_not_null NOT NULL,
    estimate_reason character varying(16) DEFAULT ''::character varying CONSTRAINT metering_usagelog_estimate_reason_not_null NOT NULL,
    reported character varying(1000) DEFAULT ''::character varying CONSTRAINT metering_usagelog_reported_not_null NOT NULL,
    cache_write_12h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_12h_tokens_not_null NOT NULL,
    cache_write_1h_tokens bigint DEFAULT 0 CONSTRAINT metering_usagelog_cache_write_1h_tokens_not_null NOT NULL,
    fee_units character varying(200) DEFAULT ''::character varying CONSTRAINT metering_usagelog_fee_units_not_null NOT NULL,
    list_cost_nano_usd bigint,
    vendor_cost_nano_usd bigint,
    own_key boolean DEFAULT false CONSTRAINT metering_usagelog_own_key_not_null NOT NULL,
    model_alias character varying(128),
    tags text[] DEFAULT '{}'::text[] CONSTRAINT metering_usagelog_tags_not_null NOT NULL,
    CONSTRAINT usagelog_estimate_reason CHECK ((((estimate_reason)::text = ''::text) OR (((estimate_reason)::text = ANY ((ARRAY['missing'::character varying, 'contradictory'::character varying, 'cut'::character varying, 'unanswered'::character varying, 'impossible'::character varying])::text[])) AND estimated))),
    CONSTRAINT usagelog_not_negative CHECK (((input_tokens >= 0) AND (output_tokens >= 0) AND (cost_nano_usd >= 0) AND (api_calls >= 0) AND (files >= 0)))
);

CREATE TABLE metering_usagemeter (
    id bigint NOT NULL,
    tenant_id uuid,
    subject_type character varying(12) NOT NULL,
    subject_id character varying(128) NOT NULL,
    dimension character varying(16) NOT NULL,
    "window" character varying(8) NOT NULL,
    window_start timestamp with time zone NOT NULL,
    window_end timestamp with time zone,
    timezone character varying(64) NOT NULL,
    week_start smallint NOT NULL,
    used bigint NOT NULL,
    held bigint NOT NULL,
    overrun bigint NOT NULL,
    unenforced bigint NOT NULL,
    uncovered bigint NOT NULL,
    highest_limit bigint NOT NULL,
    alert_at bigint DEFAULT '9223372036854775807'::bigint NOT NULL,
    rearms_at timestamp with time zone,
    counted_at timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    model_class character varying(16) DEFAULT ''::character varying NOT NULL,
    opened_late boolean DEFAULT false NOT NULL,
    retired boolean DEFAULT false NOT NULL,
    task character varying(32) DEFAULT ''::character varying NOT NULL,
    watching bigint DEFAULT 0 NOT NULL,
    CONSTRAINT meter_not_negative CHECK (((held >= 0) AND (overrun >= 0) AND (uncovered >= 0) AND (unenforced >= 0) AND (used >= 0))),
    CONSTRAINT meter_window CHECK (((window_end IS NULL) OR (window_end > window_start))),
    CONSTRAINT metering_usagemeter_week_start_check CHECK ((week_start >= 0))
)
WITH (fillfactor='30', autovacuum_vacuum_scale_factor='0.02');

ALTER TABLE metering_usagemeter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_usagemeter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_usagereservation (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    state smallint NOT NULL,
    version integer NOT NULL,
    provisional boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    lease_expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    body_digest bigint NOT NULL,
    end_digest bigint,
    meter_ids bigint[] NOT NULL,
    amounts bigint[] NOT NULL,
    unenforced bigint[] NOT NULL,
    flags smallint[] NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost_nano_usd bigint NOT NULL,
    api_calls bigint NOT NULL,
    files bigint NOT NULL,
    steps bigint NOT NULL,
    team_id uuid,
    user_id uuid,
    token_id uuid,
    task character varying(32) NOT NULL,
    request_id character varying(128) NOT NULL,
    request_model character varying(128) NOT NULL,
    model_class character varying(16) NOT NULL,
    provider_name character varying(64) NOT NULL,
    agent_id character varying(128),
    microdao_id character varying(128),
    channel_id character varying(128),
    conversation_id character varying(128),
    trace_id character varying(128),
    idempotency_key character varying(255),
    idempotency_digest bigint,
    model_alias character varying(128),
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT reservation_provisional CHECK (((NOT provisional) OR (state = 3))),
    CONSTRAINT reservation_state CHECK (((state >= 0) AND (state <= 3)))
)
WITH (autovacuum_vacuum_scale_factor='0.05');

CREATE TABLE metering_usagerollup (
    id bigint NOT NULL,
    zone character varying(64) NOT NULL,
    level smallint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    tenant_id uuid NOT NULL,
    task character varying(32) NOT NULL,
    request_model character varying(128) NOT NULL,
    model_class character varying(16) NOT NULL,
    provider_name character varying(64) NOT NULL,
    team_id uuid,
    user_id uuid,
    token_id uuid,
    agent_id character varying(128),
    microdao_id character varying(128),
    channel_id character varying(128),
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    conversation_id character varying(128),
    requests bigint NOT NULL,
    model_requests bigint NOT NULL,
    provider_requests bigint NOT NULL,
    pair_requests bigint NOT NULL,
    attempts bigint NOT NULL,
    corrections bigint NOT NULL,
    answered bigint NOT NULL,
    failed bigint NOT NULL,
    cached bigint NOT NULL,
    estimated bigint NOT NULL,
    provisional bigint NOT NULL,
    partly_priced bigint NOT NULL,
    own_key bigint NOT NULL,
    cost_nano_usd bigint NOT NULL,
    saved_nano_usd bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cached_input_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    api_calls bigint NOT NULL,
    files bigint NOT NULL,
    latencies numeric(600,0) NOT NULL,
    alone boolean DEFAULT false NOT NULL,
    estimated_nano_usd bigint DEFAULT 0 NOT NULL
);

ALTER TABLE metering_usagerollup ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_usagerollup_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_user (
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(200) NOT NULL,
    role character varying(12) NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    signup_token_id uuid,
    tenant_id uuid,
    CONSTRAINT user_role_fits_tenant CHECK (((((role)::text = 'SUPER_ADMIN'::text) AND (tenant_id IS NULL)) OR (((role)::text = ANY ((ARRAY['TENANT_ADMIN'::character varying, 'MEMBER'::character varying])::text[])) AND (tenant_id IS NOT NULL))))
);

CREATE TABLE metering_user_groups (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    group_id integer NOT NULL
);

ALTER TABLE metering_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_user_user_permissions (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE metering_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME metering_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE metering_vendoralert (
    id uuid NOT NULL,
    kind character varying(32) NOT NULL,
    provider_name character varying(64) NOT NULL,
    model character varying(128) NOT NULL,
    day date NOT NULL,
    reservation_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    reported character varying(1000) NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost_nano_usd bigint NOT NULL,
    times_seen bigint NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    addressed_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    acknowledged_by_id uuid,
    CONSTRAINT vendor_alert_acknowledged_when CHECK (((acknowledged_by_id IS NULL) OR (acknowledged_at IS NOT NULL))),
    CONSTRAINT vendor_alert_kind CHECK (((kind)::text = 'impossible_usage'::text)),
    CONSTRAINT vendor_alert_seen CHECK ((times_seen > 0))
);

CREATE TABLE metering_webhookendpoint (
    id uuid NOT NULL,
    kind character varying(8) NOT NULL,
    name character varying(64) NOT NULL,
    sealed_url bytea NOT NULL,
    shown_url character varying(200) NOT NULL,
    events character varying(40)[] NOT NULL,
    sealed_secret bytea,
    sealed_old_secret bytea,
    old_secret_until timestamp with time zone,
    is_active boolean NOT NULL,
    disabled_reason character varying(200) NOT NULL,
    failures integer NOT NULL,
    failing_since timestamp with time zone,
    retry_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    tenant_id uuid,
    CONSTRAINT endpoint_old_secret_until CHECK ((((old_secret_until IS NULL) AND (sealed_old_secret IS NULL)) OR ((old_secret_until IS NOT NULL) AND (sealed_old_secret IS NOT NULL)))),
    CONSTRAINT endpoint_secret CHECK (((((kind)::text = 'webhook'::text) AND (sealed_secret IS NOT NULL)) OR (((kind)::text = ANY ((ARRAY['slack'::character varying, 'teams'::character varying])::text[])) AND (sealed_secret IS NULL)))),
    CONSTRAINT metering_webhookendpoint_failures_check CHECK ((failures >= 0))
);

ALTER TABLE ONLY metering_ledgerentry ATTACH PARTITION metering_ledgerentry_y2026m10 FOR VALUES FROM ('01a0f4c2-c400-0000-0000-000000000000') TO ('01a19467-e800-0000-0000-000000000000');

ALTER TABLE ONLY metering_ledgerentry ATTACH PARTITION metering_ledgerentry_y2026m11 FOR VALUES FROM ('01a19467-e800-0000-0000-000000000000') TO ('01a22ee6-b000-0000-0000-000000000000');

ALTER TABLE ONLY metering_ledgerentry ATTACH PARTITION metering_ledgerentry_y2026m12 FOR VALUES FROM ('01a22ee6-b000-0000-0000-000000000000') TO ('01a2ce8b-d400-0000-0000-000000000000');

ALTER TABLE ONLY metering_ledgerentry ATTACH PARTITION metering_ledgerentry_y2027m01 FOR VALUES FROM ('01a2ce8b-d400-0000-0000-000000000000') TO ('01a36e30-f800-0000-0000-000000000000');

ALTER TABLE ONLY metering_ledgerentry ATTACH PARTITION metering_ledgerentry_y2027m02 FOR VALUES FROM ('01a36e30-f800-0000-0000-000000000000') TO ('01a3fe63-0800-0000-0000-000000000000');

ALTER TABLE ONLY metering_usagelog ATTACH PARTITION metering_usagelog_y2026m10 FOR VALUES FROM ('01a0f4c2-c400-0000-0000-000000000000') TO ('01a19467-e800-0000-0000-000000000000');

ALTER TABLE ONLY metering_usagelog ATTACH PARTITION metering_usagelog_y2026m11 FOR VALUES FROM ('01a19467-e800-0000-0000-000000000000') TO ('01a22ee6-b000-0000-0000-000000000000');

ALTER TABLE ONLY metering_usagelog ATTACH PARTITION metering_usagelog_y2026m12 FOR VALUES FROM ('01a22ee6-b000-0000-0000-000000000000') TO ('01a2ce8b-d400-0000-0000-000000000000');

ALTER TABLE ONLY metering_usagelog ATTACH PARTITION metering_usagelog_y2027m01 FOR VALUES FROM ('01a2ce8b-d400-0000-0000-000000000000') TO ('01a36e30-f800-0000-0000-000000000000');

ALTER TABLE ONLY metering_usagelog ATTACH PARTITION metering_usagelog_y2027m02 FOR VALUES FROM ('01a36e30-f800-0000-0000-000000000000') TO ('01a3fe63-0800-0000-0000-000000000000');

ALTER TABLE ONLY metering_quotaalert
    ADD CONSTRAINT alert_once UNIQUE (meter_id, budget_id, threshold, episode);

ALTER TABLE ONLY metering_budget
    ADD CONSTRAINT budget_once UNIQUE NULLS NOT DISTINCT (scope, tenant_id, scope_id, per, task_id, model_class, dimension, "window", set_by);

ALTER TABLE ONLY metering_closingbalance
    ADD CONSTRAINT closing_balance_once UNIQUE (month, meter_id);

ALTER TABLE ONLY metering_policydecision
    ADD CONSTRAINT decision_once_a_minute UNIQUE NULLS NOT DISTINCT (minute, tenant_id, user_id, token_id, task, verdict, code, rule, rule_id);

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT delivery_once UNIQUE (alert_id, channel, recipient);

ALTER TABLE ONLY metering_webhookendpoint
    ADD CONSTRAINT endpoint_name_once UNIQUE NULLS NOT DISTINCT (tenant_id, name);

ALTER TABLE ONLY metering_externalidentity
    ADD CONSTRAINT external_identity_once UNIQUE (issuer, subject);

ALTER TABLE ONLY metering_externalidentity
    ADD CONSTRAINT external_identity_one_of_person UNIQUE (issuer, user_id);

ALTER TABLE ONLY metering_groupmapping
    ADD CONSTRAINT group_mapping_once UNIQUE NULLS NOT DISTINCT ("group", tenant_id, team_id);

ALTER TABLE ONLY metering_taskjobattempt
    ADD CONSTRAINT job_attempt_number UNIQUE (reservation_id, number);

ALTER TABLE ONLY metering_taskjobevent
    ADD CONSTRAINT job_event_number UNIQUE (job_id, number);

ALTER TABLE ONLY metering_taskjob
    ADD CONSTRAINT job_key UNIQUE (tenant_id, key);

ALTER TABLE ONLY metering_membership
    ADD CONSTRAINT membership_once UNIQUE (team_id, user_id);

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT metering_alertdelivery_password_reset_id_key UNIQUE (password_reset_id);

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT metering_alertdelivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_atitoken
    ADD CONSTRAINT metering_atitoken_digest_key UNIQUE (digest);

ALTER TABLE ONLY metering_atitoken
    ADD CONSTRAINT metering_atitoken_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_atitoken
    ADD CONSTRAINT metering_atitoken_prefix_key UNIQUE (prefix);

ALTER TABLE ONLY metering_auditevent
    ADD CONSTRAINT metering_auditevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_billingprofile
    ADD CONSTRAINT metering_billingprofile_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY metering_budget
    ADD CONSTRAINT metering_budget_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_budgetoverride
    ADD CONSTRAINT metering_budgetoverride_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_callcontent
    ADD CONSTRAINT metering_callcontent_pkey PRIMARY KEY (reservation_id);

ALTER TABLE ONLY metering_closingbalance
    ADD CONSTRAINT metering_closingbalance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_decisionrequest
    ADD CONSTRAINT metering_decisionrequest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_devicelogin
    ADD CONSTRAINT metering_devicelogin_digest_key UNIQUE (digest);

ALTER TABLE ONLY metering_devicelogin
    ADD CONSTRAINT metering_devicelogin_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_devicelogin
    ADD CONSTRAINT metering_devicelogin_user_code_digest_key UNIQUE (user_code_digest);

ALTER TABLE ONLY metering_emaildomain
    ADD CONSTRAINT metering_emaildomain_domain_key UNIQUE (domain);

ALTER TABLE ONLY metering_emaildomain
    ADD CONSTRAINT metering_emaildomain_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_episode
    ADD CONSTRAINT metering_episode_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_exportposition
    ADD CONSTRAINT metering_exportposition_pkey PRIMARY KEY (target);

ALTER TABLE ONLY metering_externalidentity
    ADD CONSTRAINT metering_externalidentity_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_feature
    ADD CONSTRAINT metering_feature_pkey PRIMARY KEY (code);

ALTER TABLE ONLY metering_groupmapping
    ADD CONSTRAINT metering_groupmapping_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_invitation
    ADD CONSTRAINT metering_invitation_digest_key UNIQUE (digest);

ALTER TABLE ONLY metering_invitation
    ADD CONSTRAINT metering_invitation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_keptanswer
    ADD CONSTRAINT metering_keptanswer_pkey PRIMARY KEY (reservation_id);

ALTER TABLE ONLY metering_ledgerentry
    ADD CONSTRAINT metering_ledgerentry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_ledgerentry_y2026m10
    ADD CONSTRAINT metering_ledgerentry_y2026m10_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_ledgerentry_y2026m11
    ADD CONSTRAINT metering_ledgerentry_y2026m11_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_ledgerentry_y2026m12
    ADD CONSTRAINT metering_ledgerentry_y2026m12_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_ledgerentry_y2027m01
    ADD CONSTRAINT metering_ledgerentry_y2027m01_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_ledgerentry_y2027m02
    ADD CONSTRAINT metering_ledgerentry_y2027m02_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_ledgerperiod
    ADD CONSTRAINT metering_ledgerperiod_pkey PRIMARY KEY (month);

ALTER TABLE ONLY metering_limitwatch
    ADD CONSTRAINT metering_limitwatch_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_llmmodel
    ADD CONSTRAINT metering_llmmodel_pkey PRIMARY KEY (name);

ALTER TABLE ONLY metering_loginsession
    ADD CONSTRAINT metering_loginsession_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_membership
    ADD CONSTRAINT metering_membership_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_meterrecount
    ADD CONSTRAINT metering_meterrecount_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_modelclass
    ADD CONSTRAINT metering_modelclass_pkey PRIMARY KEY (code);

ALTER TABLE ONLY metering_modelclass
    ADD CONSTRAINT metering_modelclass_rank_key UNIQUE (rank);

ALTER TABLE ONLY metering_modelprice
    ADD CONSTRAINT metering_modelprice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_notice
    ADD CONSTRAINT metering_notice_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY metering_notice
    ADD CONSTRAINT metering_notice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_notification
    ADD CONSTRAINT metering_notification_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_openingentry
    ADD CONSTRAINT metering_openingentry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_passwordreset
    ADD CONSTRAINT metering_passwordreset_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_plan
    ADD CONSTRAINT metering_plan_pkey PRIMARY KEY (code);

ALTER TABLE ONLY metering_planfeature
    ADD CONSTRAINT metering_planfeature_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_planllmaccess_allowed_classes
    ADD CONSTRAINT metering_planllmaccess_a_planllmaccess_id_modelcl_2c362bcb_uniq UNIQUE (planllmaccess_id, modelclass_id);

ALTER TABLE ONLY metering_planllmaccess_allowed_classes
    ADD CONSTRAINT metering_planllmaccess_allowed_classes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_planllmaccess
    ADD CONSTRAINT metering_planllmaccess_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_planuse
    ADD CONSTRAINT metering_planuse_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_policydecision
    ADD CONSTRAINT metering_policydecision_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_policyrule
    ADD CONSTRAINT metering_policyrule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_provider
    ADD CONSTRAINT metering_provider_pkey PRIMARY KEY (name);

ALTER TABLE ONLY metering_providerkey
    ADD CONSTRAINT metering_providerkey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_quotaalert
    ADD CONSTRAINT metering_quotaalert_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_quotarequest
    ADD CONSTRAINT metering_quotarequest_override_id_key UNIQUE (override_id);

ALTER TABLE ONLY metering_quotarequest
    ADD CONSTRAINT metering_quotarequest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_reconciledday
    ADD CONSTRAINT metering_reconciledday_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_rolledunit
    ADD CONSTRAINT metering_rolledunit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_rolledzone
    ADD CONSTRAINT metering_rolledzone_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY metering_rollupprogress
    ADD CONSTRAINT metering_rollupprogress_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_savedview
    ADD CONSTRAINT metering_savedview_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_servedhour
    ADD CONSTRAINT metering_servedhour_pkey PRIMARY KEY (hour);

ALTER TABLE ONLY metering_statement
    ADD CONSTRAINT metering_statement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_task
    ADD CONSTRAINT metering_task_pkey PRIMARY KEY (code);

ALTER TABLE ONLY metering_taskdraft
    ADD CONSTRAINT metering_taskdraft_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_taskjob
    ADD CONSTRAINT metering_taskjob_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_taskjobattempt
    ADD CONSTRAINT metering_taskjobattempt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_taskjobevent
    ADD CONSTRAINT metering_taskjobevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_team
    ADD CONSTRAINT metering_team_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_tenant
    ADD CONSTRAINT metering_tenant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_tenant
    ADD CONSTRAINT metering_tenant_slug_key UNIQUE (slug);

ALTER TABLE ONLY metering_usagelog
    ADD CONSTRAINT metering_usagelog_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_usagelog_y2026m10
    ADD CONSTRAINT metering_usagelog_y2026m10_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_usagelog_y2026m11
    ADD CONSTRAINT metering_usagelog_y2026m11_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_usagelog_y2026m12
    ADD CONSTRAINT metering_usagelog_y2026m12_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_usagelog_y2027m01
    ADD CONSTRAINT metering_usagelog_y2027m01_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_usagelog_y2027m02
    ADD CONSTRAINT metering_usagelog_y2027m02_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_usagemeter
    ADD CONSTRAINT metering_usagemeter_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_usagereservation
    ADD CONSTRAINT metering_usagereservation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_usagerollup
    ADD CONSTRAINT metering_usagerollup_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_user
    ADD CONSTRAINT metering_user_email_key UNIQUE (email);

ALTER TABLE ONLY metering_user_groups
    ADD CONSTRAINT metering_user_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_user_groups
    ADD CONSTRAINT metering_user_groups_user_id_group_id_93158210_uniq UNIQUE (user_id, group_id);

ALTER TABLE ONLY metering_user
    ADD CONSTRAINT metering_user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_user_user_permissions
    ADD CONSTRAINT metering_user_user_permi_user_id_permission_id_c267c29a_uniq UNIQUE (user_id, permission_id);

ALTER TABLE ONLY metering_user_user_permissions
    ADD CONSTRAINT metering_user_user_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_vendoralert
    ADD CONSTRAINT metering_vendoralert_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_webhookendpoint
    ADD CONSTRAINT metering_webhookendpoint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT notice_delivery_once UNIQUE (notice_id, channel, recipient);

ALTER TABLE ONLY metering_notification
    ADD CONSTRAINT notification_of_alert_once UNIQUE (alert_id, user_id);

ALTER TABLE ONLY metering_notification
    ADD CONSTRAINT notification_of_notice_once UNIQUE (notice_id, user_id);

ALTER TABLE ONLY metering_notification
    ADD CONSTRAINT notification_of_vendor_once UNIQUE (vendor_alert_id, user_id);

ALTER TABLE ONLY metering_planfeature
    ADD CONSTRAINT plan_feature_once UNIQUE (plan_id, feature_id);

ALTER TABLE ONLY metering_planllmaccess
    ADD CONSTRAINT plan_task_access_once UNIQUE (plan_id, task_id);

ALTER TABLE ONLY metering_planuse
    ADD CONSTRAINT plan_use_once UNIQUE (tenant_id, plan);

ALTER TABLE ONLY metering_modelprice
    ADD CONSTRAINT price_once_per_date UNIQUE (model_id, effective_from);

ALTER TABLE ONLY metering_providerkey
    ADD CONSTRAINT provider_key_once UNIQUE NULLS NOT DISTINCT (provider_id, tenant_id, label);

ALTER TABLE ONLY metering_reconciledday
    ADD CONSTRAINT reconciled_day_once UNIQUE (provider_name, day, model);

ALTER TABLE ONLY metering_rolledunit
    ADD CONSTRAINT rolled_unit_once UNIQUE (zone, starts_at);

ALTER TABLE ONLY metering_savedview
    ADD CONSTRAINT saved_view_once UNIQUE (user_id, name);

ALTER TABLE ONLY metering_statement
    ADD CONSTRAINT statement_number UNIQUE (tenant_id, number);

ALTER TABLE ONLY metering_statement
    ADD CONSTRAINT statement_once UNIQUE (tenant_id, month);

ALTER TABLE ONLY metering_team
    ADD CONSTRAINT team_slug_per_tenant UNIQUE (tenant_id, slug);

ALTER TABLE ONLY metering_vendoralert
    ADD CONSTRAINT vendor_alert_once UNIQUE (kind, provider_name, model, day);

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT vendor_delivery_once UNIQUE (vendor_alert_id, channel, recipient);

ALTER TABLE ONLY metering_limitwatch
    ADD CONSTRAINT watch_once UNIQUE (meter_id, budget_id);

CREATE INDEX alert_tenant_id ON metering_quotaalert USING btree (tenant_id, id);

CREATE INDEX alert_unaddressed ON metering_quotaalert USING btree (id) WHERE (addressed_at IS NULL);

CREATE INDEX audit_at ON metering_auditevent USING btree (at, id);

CREATE INDEX audit_tenant_at ON metering_auditevent USING btree (tenant_id, at);

CREATE UNIQUE INDEX billing_customer_once ON metering_billingprofile USING btree (customer_id) WHERE (NOT ((customer_id)::text = ''::text));

CREATE INDEX budget_scope ON metering_budget USING btree (scope, scope_id);

CREATE INDEX callcontent_expires ON metering_callcontent USING btree (expires_at);

CREATE INDEX callcontent_tenant ON metering_callcontent USING btree (tenant_id, created_at);

CREATE INDEX decision_denied ON metering_policydecision USING btree (tenant_id, id) WHERE ((verdict)::text = 'denied'::text);

CREATE INDEX decision_first_request ON metering_policydecision USING btree (request_id);

CREATE INDEX decision_request_decision ON metering_decisionrequest USING btree (decision_id);

CREATE INDEX decision_request_digest ON metering_decisionrequest USING btree (digest);

CREATE INDEX decision_tenant_minute ON metering_policydecision USING btree (tenant_id, minute);

CREATE INDEX delivery_of_endpoint ON metering_alertdelivery USING btree (endpoint_id, id) WHERE (endpoint_id IS NOT NULL);

CREATE INDEX delivery_under_way ON metering_alertdelivery USING btree (next_attempt_at) WHERE ((state)::text = ANY ((ARRAY['pending'::character varying, 'sending'::character varying])::text[]));

CREATE INDEX delivery_without_server ON metering_alertdelivery USING btree (next_attempt_at) WHERE ((state)::text = 'no_server'::text);

CREATE INDEX device_login_address ON metering_devicelogin USING btree (address, created_at);

CREATE INDEX device_login_expiry ON metering_devicelogin USING btree (expires_at);

CREATE INDEX draft_expires ON metering_taskdraft USING btree (expires_at);

CREATE INDEX entry_corrected_at ON ONLY metering_ledgerentry USING btree (recorded_at) WHERE (kind = 5);

CREATE INDEX entry_correction ON ONLY metering_ledgerentry USING btree (tenant_id, id) WHERE (kind = 5);

CREATE INDEX entry_recorded ON ONLY metering_ledgerentry USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX episode_ended ON metering_episode USING btree (ended_at) WHERE (ended_at IS NOT NULL);

CREATE UNIQUE INDEX episode_goes_on_once ON metering_episode USING btree (type, subject) WHERE (ended_at IS NULL);

CREATE INDEX invitation_email ON metering_invitation USING btree (email, expires_at);

CREATE UNIQUE INDEX invitation_open_once ON metering_invitation USING btree (tenant_id, email) WHERE ((accepted_at IS NULL) AND (withdrawn_at IS NULL));

CREATE INDEX job_expires ON metering_taskjob USING btree (expires_at);

CREATE INDEX job_owner ON metering_taskjob USING btree (token_id, id);

CREATE INDEX job_waiting ON metering_taskjob USING btree (not_before) WHERE ((status)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[]));

CREATE INDEX keptanswer_expires ON metering_keptanswer USING btree (expires_at);

CREATE UNIQUE INDEX meter_natural_key ON metering_usagemeter USING btree (subject_type, subject_id, dimension, "window", task, model_class, tenant_id, window_start) NULLS NOT DISTINCT WHERE (NOT retired);

CREATE INDEX metering_alertdelivery_alert_id_fee26e27 ON metering_alertdelivery USING btree (alert_id);

CREATE INDEX metering_alertdelivery_endpoint_id_5f087612 ON metering_alertdelivery USING btree (endpoint_id);

CREATE INDEX metering_alertdelivery_invitation_id_b6e8b315 ON metering_alertdelivery USING btree (invitation_id);

CREATE INDEX metering_alertdelivery_notice_id_01903795 ON metering_alertdelivery USING btree (notice_id);

CREATE INDEX metering_alertdelivery_vendor_alert_id_e4271db2 ON metering_alertdelivery USING btree (vendor_alert_id);

CREATE INDEX metering_atitoken_plan_tier_29375e2a ON metering_atitoken USING btree (plan_tier);

CREATE INDEX metering_atitoken_plan_tier_29375e2a_like ON metering_atitoken USING btree (plan_tier varchar_pattern_ops);

CREATE INDEX metering_atitoken_prefix_3544e8a3_like ON metering_atitoken USING btree (prefix varchar_pattern_ops);

CREATE INDEX metering_atitoken_team_id_d3a70f18 ON metering_atitoken USING btree (team_id);

CREATE INDEX metering_atitoken_tenant_id_c75a3c27 ON metering_atitoken USING btree (tenant_id);

CREATE INDEX metering_atitoken_user_id_be8d99b7 ON metering_atitoken USING btree (user_id);

CREATE INDEX metering_billingprofile_recipient_id_2d105951 ON metering_billingprofile USING btree (recipient_id);

CREATE INDEX metering_budget_model_class_c4c06f7d ON metering_budget USING btree (model_class);

CREATE INDEX metering_budget_model_class_c4c06f7d_like ON metering_budget USING btree (model_class varchar_pattern_ops);

CREATE INDEX metering_budget_task_id_1468c283 ON metering_budget USING btree (task_id);

CREATE INDEX metering_budget_task_id_1468c283_like ON metering_budget USING btree (task_id varchar_pattern_ops);

CREATE INDEX metering_budget_tenant_id_b7bc81d8 ON metering_budget USING btree (tenant_id);

CREATE INDEX metering_budgetoverride_budget_id_b3642314 ON metering_budgetoverride USING btree (budget_id);

CREATE INDEX metering_budgetoverride_tenant_id_57792fa6 ON metering_budgetoverride USING btree (tenant_id);

CREATE INDEX metering_devicelogin_session_id_d7d46eaa ON metering_devicelogin USING btree (session_id);

CREATE INDEX metering_devicelogin_user_id_38770b66 ON metering_devicelogin USING btree (user_id);

CREATE INDEX metering_emaildomain_domain_5beedc52_like ON metering_emaildomain USING btree (domain varchar_pattern_ops);

CREATE INDEX metering_emaildomain_tenant_id_e18c8f3b ON metering_emaildomain USING btree (tenant_id);

CREATE INDEX metering_exportposition_target_3f8f68be_like ON metering_exportposition USING btree (target varchar_pattern_ops);

CREATE INDEX metering_externalidentity_user_id_b68a753c ON metering_externalidentity USING btree (user_id);

CREATE INDEX metering_feature_code_042bd2f6_like ON metering_feature USING btree (code varchar_pattern_ops);

CREATE INDEX metering_groupmapping_team_id_00507466 ON metering_groupmapping USING btree (team_id);

CREATE INDEX metering_groupmapping_tenant_id_ec3411a8 ON metering_groupmapping USING btree (tenant_id);

CREATE INDEX metering_groupmapping_token_id_a5064812 ON metering_groupmapping USING btree (token_id);

CREATE INDEX metering_invitation_invited_by_id_199a28d8 ON metering_invitation USING btree (invited_by_id);

CREATE INDEX metering_invitation_team_id_e4f7913f ON metering_invitation USING btree (team_id);

CREATE INDEX metering_invitation_tenant_id_ad982ca4 ON metering_invitation USING btree (tenant_id);

CREATE INDEX metering_invitation_token_id_6ac7fe29 ON metering_invitation USING btree (token_id);

CREATE INDEX metering_invitation_user_id_5adb7ce1 ON metering_invitation USING btree (user_id);

CREATE INDEX metering_ledgerentry_y2026m10_recorded_at_idx ON metering_ledgerentry_y2026m10 USING btree (recorded_at) WHERE (kind = 5);

CREATE INDEX metering_ledgerentry_y2026m10_recorded_at_idx1 ON metering_ledgerentry_y2026m10 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_ledgerentry_y2026m10_tenant_id_id_idx ON metering_ledgerentry_y2026m10 USING btree (tenant_id, id) WHERE (kind = 5);

CREATE INDEX metering_ledgerentry_y2026m11_recorded_at_idx ON metering_ledgerentry_y2026m11 USING btree (recorded_at) WHERE (kind = 5);

CREATE INDEX metering_ledgerentry_y2026m11_recorded_at_idx1 ON metering_ledgerentry_y2026m11 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_ledgerentry_y2026m11_tenant_id_id_idx ON metering_ledgerentry_y2026m11 USING btree (tenant_id, id) WHERE (kind = 5);

CREATE INDEX metering_ledgerentry_y2026m12_recorded_at_idx ON metering_ledgerentry_y2026m12 USING btree (recorded_at) WHERE (kind = 5);

CREATE INDEX metering_ledgerentry_y2026m12_recorded_at_idx1 ON metering_ledgerentry_y2026m12 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_ledgerentry_y2026m12_tenant_id_id_idx ON metering_ledgerentry_y2026m12 USING btree (tenant_id, id) WHERE (kind = 5);

CREATE INDEX metering_ledgerentry_y2027m01_recorded_at_idx ON metering_ledgerentry_y2027m01 USING btree (recorded_at) WHERE (kind = 5);

CREATE INDEX metering_ledgerentry_y2027m01_recorded_at_idx1 ON metering_ledgerentry_y2027m01 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_ledgerentry_y2027m01_tenant_id_id_idx ON metering_ledgerentry_y2027m01 USING btree (tenant_id, id) WHERE (kind = 5);

CREATE INDEX metering_ledgerentry_y2027m02_recorded_at_idx ON metering_ledgerentry_y2027m02 USING btree (recorded_at) WHERE (kind = 5);

CREATE INDEX metering_ledgerentry_y2027m02_recorded_at_idx1 ON metering_ledgerentry_y2027m02 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_ledgerentry_y2027m02_tenant_id_id_idx ON metering_ledgerentry_y2027m02 USING btree (tenant_id, id) WHERE (kind = 5);

CREATE INDEX metering_llmmodel_model_class_id_bc1660d6 ON metering_llmmodel USING btree (model_class_id);

CREATE INDEX metering_llmmodel_model_class_id_bc1660d6_like ON metering_llmmodel USING btree (model_class_id varchar_pattern_ops);

CREATE INDEX metering_llmmodel_name_29ced42b_like ON metering_llmmodel USING btree (name varchar_pattern_ops);

CREATE INDEX metering_llmmodel_provider_id_b4c5db92 ON metering_llmmodel USING btree (provider_id);

CREATE INDEX metering_llmmodel_provider_id_b4c5db92_like ON metering_llmmodel USING btree (provider_id varchar_pattern_ops);

CREATE INDEX metering_loginsession_user_id_68a2cb16 ON metering_loginsession USING btree (user_id);

CREATE INDEX metering_membership_team_id_85f01e69 ON metering_membership USING btree (team_id);

CREATE INDEX metering_membership_user_id_8b638b8a ON metering_membership USING btree (user_id);

CREATE INDEX metering_modelclass_code_16b47617_like ON metering_modelclass USING btree (code varchar_pattern_ops);

CREATE INDEX metering_modelprice_model_id_5bb2ae8d ON metering_modelprice USING btree (model_id);

CREATE INDEX metering_modelprice_model_id_5bb2ae8d_like ON metering_modelprice USING btree (model_id varchar_pattern_ops);

CREATE INDEX metering_notice_dedupe_key_eccd14f1_like ON metering_notice USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX metering_notice_tenant_id_a8d9cc0d ON metering_notice USING btree (tenant_id);

CREATE INDEX metering_notice_user_id_5a7f8b07 ON metering_notice USING btree (user_id);

CREATE INDEX metering_notification_alert_id_737b407e ON metering_notification USING btree (alert_id);

CREATE INDEX metering_notification_notice_id_3facd5d6 ON metering_notification USING btree (notice_id);

CREATE INDEX metering_notification_user_id_98ee8ddb ON metering_notification USING btree (user_id);

CREATE INDEX metering_notification_vendor_alert_id_60cab5ef ON metering_notification USING btree (vendor_alert_id);

CREATE INDEX metering_passwordreset_user_id_c38cd565 ON metering_passwordreset USING btree (user_id);

CREATE INDEX metering_plan_code_01de6087_like ON metering_plan USING btree (code varchar_pattern_ops);

CREATE INDEX metering_planfeature_feature_id_c8f27b82 ON metering_planfeature USING btree (feature_id);

CREATE INDEX metering_planfeature_feature_id_c8f27b82_like ON metering_planfeature USING btree (feature_id varchar_pattern_ops);

CREATE INDEX metering_planfeature_plan_id_0a90fd3d ON metering_planfeature USING btree (plan_id);

CREATE INDEX metering_planfeature_plan_id_0a90fd3d_like ON metering_planfeature USING btree (plan_id varchar_pattern_ops);

CREATE INDEX metering_planllmaccess_a_modelclass_id_8e05f34f_like ON metering_planllmaccess_allowed_classes USING btree (modelclass_id varchar_pattern_ops);

CREATE INDEX metering_planllmaccess_all_planllmaccess_id_05ef886a ON metering_planllmaccess_allowed_classes USING btree (planllmaccess_id);

CREATE INDEX metering_planllmaccess_allowed_classes_modelclass_id_8e05f34f ON metering_planllmaccess_allowed_classes USING btree (modelclass_id);

CREATE INDEX metering_planllmaccess_default_class_id_1975680f ON metering_planllmaccess USING btree (default_class_id);

CREATE INDEX metering_planllmaccess_default_class_id_1975680f_like ON metering_planllmaccess USING btree (default_class_id varchar_pattern_ops);

CREATE INDEX metering_planllmaccess_plan_id_3c359030 ON metering_planllmaccess USING btree (plan_id);

CREATE INDEX metering_planllmaccess_plan_id_3c359030_like ON metering_planllmaccess USING btree (plan_id varchar_pattern_ops);

CREATE INDEX metering_planllmaccess_task_id_4bfa580c ON metering_planllmaccess USING btree (task_id);

CREATE INDEX metering_planllmaccess_task_id_4bfa580c_like ON metering_planllmaccess USING btree (task_id varchar_pattern_ops);

CREATE INDEX metering_planuse_plan_67874e6b ON metering_planuse USING btree (plan);

CREATE INDEX metering_planuse_plan_67874e6b_like ON metering_planuse USING btree (plan varchar_pattern_ops);

CREATE INDEX metering_planuse_tenant_id_5cb747ca ON metering_planuse USING btree (tenant_id);

CREATE INDEX metering_policyrule_task_id_2dab848f ON metering_policyrule USING btree (task_id);

CREATE INDEX metering_policyrule_task_id_2dab848f_like ON metering_policyrule USING btree (task_id varchar_pattern_ops);

CREATE INDEX metering_policyrule_tenant_id_f762341e ON metering_policyrule USING btree (tenant_id);

CREATE INDEX metering_provider_name_4de9e265_like ON metering_provider USING btree (name varchar_pattern_ops);

CREATE INDEX metering_providerkey_provider_id_0f7efd29 ON metering_providerkey USING btree (provider_id);

CREATE INDEX metering_providerkey_provider_id_0f7efd29_like ON metering_providerkey USING btree (provider_id varchar_pattern_ops);

CREATE INDEX metering_providerkey_tenant_id_7abcc08b ON metering_providerkey USING btree (tenant_id);

CREATE INDEX metering_quotaalert_acknowledged_by_id_12d6204d ON metering_quotaalert USING btree (acknowledged_by_id);

CREATE INDEX metering_quotarequest_budget_id_e5fcffd2 ON metering_quotarequest USING btree (budget_id);

CREATE INDEX metering_quotarequest_tenant_id_61b241c8 ON metering_quotarequest USING btree (tenant_id);

CREATE INDEX metering_quotarequest_user_id_a145c810 ON metering_quotarequest USING btree (user_id);

CREATE INDEX metering_savedview_user_id_6ecd2ebc ON metering_savedview USING btree (user_id);

CREATE INDEX metering_statement_tenant_id_225267bd ON metering_statement USING btree (tenant_id);

CREATE INDEX metering_task_code_7c186b38_like ON metering_task USING btree (code varchar_pattern_ops);

CREATE INDEX metering_task_feature_id_0b642ec9 ON metering_task USING btree (feature_id);

CREATE INDEX metering_task_feature_id_0b642ec9_like ON metering_task USING btree (feature_id varchar_pattern_ops);

CREATE INDEX metering_taskjobattempt_job_id_f492fe04 ON metering_taskjobattempt USING btree (job_id);

CREATE INDEX metering_taskjobevent_job_id_0f9e86c7 ON metering_taskjobevent USING btree (job_id);

CREATE INDEX metering_team_slug_bf06825d ON metering_team USING btree (slug);

CREATE INDEX metering_team_slug_bf06825d_like ON metering_team USING btree (slug varchar_pattern_ops);

CREATE INDEX metering_team_tenant_id_5fb4ef5a ON metering_team USING btree (tenant_id);

CREATE INDEX metering_tenant_slug_c78a825a_like ON metering_tenant USING btree (slug varchar_pattern_ops);

CREATE INDEX usagelog_conversation ON ONLY metering_usagelog USING btree (conversation_id, tenant_id, id) WHERE (conversation_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m10_conversation_id_tenant_id_id_idx ON metering_usagelog_y2026m10 USING btree (conversation_id, tenant_id, id) WHERE (conversation_id IS NOT NULL);

CREATE INDEX usagelog_recorded ON ONLY metering_usagelog USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_usagelog_y2026m10_recorded_at_idx ON metering_usagelog_y2026m10 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX usagelog_impossible ON ONLY metering_usagelog USING btree (recorded_at) WHERE ((estimate_reason)::text = 'impossible'::text);

CREATE INDEX metering_usagelog_y2026m10_recorded_at_idx1 ON metering_usagelog_y2026m10 USING btree (recorded_at) WHERE ((estimate_reason)::text = 'impossible'::text);

CREATE INDEX usagelog_callers_request ON ONLY metering_usagelog USING btree (request_id) WHERE (NOT ((request_id)::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7'::text));

CREATE INDEX metering_usagelog_y2026m10_request_id_idx ON metering_usagelog_y2026m10 USING btree (request_id) WHERE (NOT ((request_id)::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7'::text));

CREATE INDEX usagelog_tags ON ONLY metering_usagelog USING gin (tags) WHERE (NOT (tags = '{}'::text[]));

CREATE INDEX metering_usagelog_y2026m10_tags_idx ON metering_usagelog_y2026m10 USING gin (tags) WHERE (NOT (tags = '{}'::text[]));

CREATE INDEX usagelog_agent_id ON ONLY metering_usagelog USING btree (tenant_id, agent_id, id) WHERE (agent_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m10_tenant_id_agent_id_id_idx ON metering_usagelog_y2026m10 USING btree (tenant_id, agent_id, id) WHERE (agent_id IS NOT NULL);

CREATE INDEX usagelog_tenant_id ON ONLY metering_usagelog USING btree (tenant_id, id);

CREATE INDEX metering_usagelog_y2026m10_tenant_id_id_idx ON metering_usagelog_y2026m10 USING btree (tenant_id, id);

CREATE INDEX usagelog_team_id ON ONLY metering_usagelog USING btree (tenant_id, team_id, id) WHERE (team_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m10_tenant_id_team_id_id_idx ON metering_usagelog_y2026m10 USING btree (tenant_id, team_id, id) WHERE (team_id IS NOT NULL);

CREATE INDEX usagelog_bare_token ON ONLY metering_usagelog USING btree (tenant_id, token_id, id) WHERE ((token_id IS NOT NULL) AND (user_id IS NULL));

CREATE INDEX metering_usagelog_y2026m10_tenant_id_token_id_id_idx ON metering_usagelog_y2026m10 USING btree (tenant_id, token_id, id) WHERE ((token_id IS NOT NULL) AND (user_id IS NULL));

CREATE INDEX usagelog_user_id ON ONLY metering_usagelog USING btree (tenant_id, user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m10_tenant_id_user_id_id_idx ON metering_usagelog_y2026m10 USING btree (tenant_id, user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX usagelog_trace ON ONLY metering_usagelog USING btree (trace_id) WHERE (trace_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m10_trace_id_idx ON metering_usagelog_y2026m10 USING btree (trace_id) WHERE (trace_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m11_conversation_id_tenant_id_id_idx ON metering_usagelog_y2026m11 USING btree (conversation_id, tenant_id, id) WHERE (conversation_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m11_recorded_at_idx ON metering_usagelog_y2026m11 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_usagelog_y2026m11_recorded_at_idx1 ON metering_usagelog_y2026m11 USING btree (recorded_at) WHERE ((estimate_reason)::text = 'impossible'::text);

CREATE INDEX metering_usagelog_y2026m11_request_id_idx ON metering_usagelog_y2026m11 USING btree (request_id) WHERE (NOT ((request_id)::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7'::text));

CREATE INDEX metering_usagelog_y2026m11_tags_idx ON metering_usagelog_y2026m11 USING gin (tags) WHERE (NOT (tags = '{}'::text[]));

CREATE INDEX metering_usagelog_y2026m11_tenant_id_agent_id_id_idx ON metering_usagelog_y2026m11 USING btree (tenant_id, agent_id, id) WHERE (agent_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m11_tenant_id_id_idx ON metering_usagelog_y2026m11 USING btree (tenant_id, id);

CREATE INDEX metering_usagelog_y2026m11_tenant_id_team_id_id_idx ON metering_usagelog_y2026m11 USING btree (tenant_id, team_id, id) WHERE (team_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m11_tenant_id_token_id_id_idx ON metering_usagelog_y2026m11 USING btree (tenant_id, token_id, id) WHERE ((token_id IS NOT NULL) AND (user_id IS NULL));

CREATE INDEX metering_usagelog_y2026m11_tenant_id_user_id_id_idx ON metering_usagelog_y2026m11 USING btree (tenant_id, user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m11_trace_id_idx ON metering_usagelog_y2026m11 USING btree (trace_id) WHERE (trace_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m12_conversation_id_tenant_id_id_idx ON metering_usagelog_y2026m12 USING btree (conversation_id, tenant_id, id) WHERE (conversation_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m12_recorded_at_idx ON metering_usagelog_y2026m12 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_usagelog_y2026m12_recorded_at_idx1 ON metering_usagelog_y2026m12 USING btree (recorded_at) WHERE ((estimate_reason)::text = 'impossible'::text);

CREATE INDEX metering_usagelog_y2026m12_request_id_idx ON metering_usagelog_y2026m12 USING btree (request_id) WHERE (NOT ((request_id)::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7'::text));

CREATE INDEX metering_usagelog_y2026m12_tags_idx ON metering_usagelog_y2026m12 USING gin (tags) WHERE (NOT (tags = '{}'::text[]));

CREATE INDEX metering_usagelog_y2026m12_tenant_id_agent_id_id_idx ON metering_usagelog_y2026m12 USING btree (tenant_id, agent_id, id) WHERE (agent_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m12_tenant_id_id_idx ON metering_usagelog_y2026m12 USING btree (tenant_id, id);

CREATE INDEX metering_usagelog_y2026m12_tenant_id_team_id_id_idx ON metering_usagelog_y2026m12 USING btree (tenant_id, team_id, id) WHERE (team_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m12_tenant_id_token_id_id_idx ON metering_usagelog_y2026m12 USING btree (tenant_id, token_id, id) WHERE ((token_id IS NOT NULL) AND (user_id IS NULL));

CREATE INDEX metering_usagelog_y2026m12_tenant_id_user_id_id_idx ON metering_usagelog_y2026m12 USING btree (tenant_id, user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2026m12_trace_id_idx ON metering_usagelog_y2026m12 USING btree (trace_id) WHERE (trace_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m01_conversation_id_tenant_id_id_idx ON metering_usagelog_y2027m01 USING btree (conversation_id, tenant_id, id) WHERE (conversation_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m01_recorded_at_idx ON metering_usagelog_y2027m01 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_usagelog_y2027m01_recorded_at_idx1 ON metering_usagelog_y2027m01 USING btree (recorded_at) WHERE ((estimate_reason)::text = 'impossible'::text);

CREATE INDEX metering_usagelog_y2027m01_request_id_idx ON metering_usagelog_y2027m01 USING btree (request_id) WHERE (NOT ((request_id)::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7'::text));

CREATE INDEX metering_usagelog_y2027m01_tags_idx ON metering_usagelog_y2027m01 USING gin (tags) WHERE (NOT (tags = '{}'::text[]));

CREATE INDEX metering_usagelog_y2027m01_tenant_id_agent_id_id_idx ON metering_usagelog_y2027m01 USING btree (tenant_id, agent_id, id) WHERE (agent_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m01_tenant_id_id_idx ON metering_usagelog_y2027m01 USING btree (tenant_id, id);

CREATE INDEX metering_usagelog_y2027m01_tenant_id_team_id_id_idx ON metering_usagelog_y2027m01 USING btree (tenant_id, team_id, id) WHERE (team_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m01_tenant_id_token_id_id_idx ON metering_usagelog_y2027m01 USING btree (tenant_id, token_id, id) WHERE ((token_id IS NOT NULL) AND (user_id IS NULL));

CREATE INDEX metering_usagelog_y2027m01_tenant_id_user_id_id_idx ON metering_usagelog_y2027m01 USING btree (tenant_id, user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m01_trace_id_idx ON metering_usagelog_y2027m01 USING btree (trace_id) WHERE (trace_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m02_conversation_id_tenant_id_id_idx ON metering_usagelog_y2027m02 USING btree (conversation_id, tenant_id, id) WHERE (conversation_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m02_recorded_at_idx ON metering_usagelog_y2027m02 USING brin (recorded_at) WITH (autosummarize='on');

CREATE INDEX metering_usagelog_y2027m02_recorded_at_idx1 ON metering_usagelog_y2027m02 USING btree (recorded_at) WHERE ((estimate_reason)::text = 'impossible'::text);

CREATE INDEX metering_usagelog_y2027m02_request_id_idx ON metering_usagelog_y2027m02 USING btree (request_id) WHERE (NOT ((request_id)::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7'::text));

CREATE INDEX metering_usagelog_y2027m02_tags_idx ON metering_usagelog_y2027m02 USING gin (tags) WHERE (NOT (tags = '{}'::text[]));

CREATE INDEX metering_usagelog_y2027m02_tenant_id_agent_id_id_idx ON metering_usagelog_y2027m02 USING btree (tenant_id, agent_id, id) WHERE (agent_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m02_tenant_id_id_idx ON metering_usagelog_y2027m02 USING btree (tenant_id, id);

CREATE INDEX metering_usagelog_y2027m02_tenant_id_team_id_id_idx ON metering_usagelog_y2027m02 USING btree (tenant_id, team_id, id) WHERE (team_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m02_tenant_id_token_id_id_idx ON metering_usagelog_y2027m02 USING btree (tenant_id, token_id, id) WHERE ((token_id IS NOT NULL) AND (user_id IS NULL));

CREATE INDEX metering_usagelog_y2027m02_tenant_id_user_id_id_idx ON metering_usagelog_y2027m02 USING btree (tenant_id, user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX metering_usagelog_y2027m02_trace_id_idx ON metering_usagelog_y2027m02 USING btree (trace_id) WHERE (trace_id IS NOT NULL);

CREATE INDEX metering_user_email_b0c5b430_like ON metering_user USING btree (email varchar_pattern_ops);

CREATE INDEX metering_user_groups_group_id_3b445c1a ON metering_user_groups USING btree (group_id);

CREATE INDEX metering_user_groups_user_id_01843137 ON metering_user_groups USING btree (user_id);

CREATE INDEX metering_user_signup_token_id_128c1839 ON metering_user USING btree (signup_token_id);

CREATE INDEX metering_user_tenant_id_7f952f77 ON metering_user USING btree (tenant_id);

CREATE INDEX metering_user_user_permissions_permission_id_49333da4 ON metering_user_user_permissions USING btree (permission_id);

CREATE INDEX metering_user_user_permissions_user_id_db318c7b ON metering_user_user_permissions USING btree (user_id);

CREATE INDEX metering_vendoralert_acknowledged_by_id_64e17f2c ON metering_vendoralert USING btree (acknowledged_by_id);

CREATE INDEX metering_webhookendpoint_tenant_id_7de70cd0 ON metering_webhookendpoint USING btree (tenant_id);

CREATE INDEX notice_tenant_id ON metering_notice USING btree (tenant_id, id);

CREATE INDEX notice_unaddressed ON metering_notice USING btree (id) WHERE (addressed_at IS NULL);

CREATE INDEX notification_created ON metering_notification USING btree (created_at);

CREATE INDEX notification_unread ON metering_notification USING btree (user_id) WHERE (read_at IS NULL);

CREATE INDEX notification_user_id ON metering_notification USING btree (user_id, id);

CREATE INDEX opening_meter ON metering_openingentry USING btree (meter_id);

CREATE INDEX override_standing ON metering_budgetoverride USING btree (budget_id, tenant_id) WHERE (removed_at IS NULL);

CREATE INDEX override_tenant ON metering_budgetoverride USING btree (tenant_id, id);

CREATE INDEX policyrule_scope ON metering_policyrule USING btree (scope, scope_id);

CREATE INDEX quota_request_open ON metering_quotarequest USING btree (id) WHERE ((state)::text = 'open'::text);

CREATE UNIQUE INDEX quota_request_open_once ON metering_quotarequest USING btree (tenant_id, budget_id, subject_id) NULLS NOT DISTINCT WHERE ((state)::text = 'open'::text);

CREATE INDEX quota_request_tenant ON metering_quotarequest USING btree (tenant_id, id);

CREATE INDEX recount_due ON metering_meterrecount USING btree (due_at);

CREATE INDEX reservation_held ON metering_usagereservation USING btree (lease_expires_at) WHERE (state = 0);

CREATE UNIQUE INDEX reservation_idempotency_key ON metering_usagereservation USING btree (tenant_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);

CREATE INDEX reservation_released ON metering_usagereservation USING btree (tenant_id, id) WHERE (state = 2);

CREATE INDEX reset_address ON metering_passwordreset USING btree (address, created_at);

CREATE INDEX reset_email ON metering_passwordreset USING btree (email, created_at);

CREATE INDEX reset_unaddressed ON metering_passwordreset USING btree (id) WHERE (addressed_at IS NULL);

CREATE INDEX rollup_conversation ON metering_usagerollup USING btree (conversation_id, starts_at) WHERE (conversation_id IS NOT NULL);

CREATE INDEX rollup_largest ON metering_usagerollup USING btree (zone, starts_at, alone, cost_nano_usd DESC) WHERE (level = 6);

CREATE INDEX rollup_tenant_largest ON metering_usagerollup USING btree (tenant_id, zone, starts_at, alone, cost_nano_usd DESC) WHERE (level = 6);

CREATE INDEX rollup_tenant_unit ON metering_usagerollup USING btree (tenant_id, zone, level, starts_at);

CREATE INDEX rollup_unit ON metering_usagerollup USING btree (zone, level, starts_at);

CREATE UNIQUE INDEX token_previous_unique ON metering_atitoken USING btree (previous_digest) WHERE (previous_digest IS NOT NULL);

CREATE UNIQUE INDEX top_up_once ON metering_budgetoverride USING btree (budget_id, tenant_id, reference) NULLS NOT DISTINCT WHERE (((kind)::text = 'top_up'::text) AND (removed_at IS NULL));

CREATE INDEX vendor_alert_last_seen ON metering_vendoralert USING btree (last_seen_at);

CREATE INDEX vendor_alert_unaddressed ON metering_vendoralert USING btree (id) WHERE (addressed_at IS NULL);

ALTER INDEX metering_ledgerentry_pkey ATTACH PARTITION metering_ledgerentry_y2026m10_pkey;

ALTER INDEX entry_corrected_at ATTACH PARTITION metering_ledgerentry_y2026m10_recorded_at_idx;

ALTER INDEX entry_recorded ATTACH PARTITION metering_ledgerentry_y2026m10_recorded_at_idx1;

ALTER INDEX entry_correction ATTACH PARTITION metering_ledgerentry_y2026m10_tenant_id_id_idx;

ALTER INDEX metering_ledgerentry_pkey ATTACH PARTITION metering_ledgerentry_y2026m11_pkey;

ALTER INDEX entry_corrected_at ATTACH PARTITION metering_ledgerentry_y2026m11_recorded_at_idx;

ALTER INDEX entry_recorded ATTACH PARTITION metering_ledgerentry_y2026m11_recorded_at_idx1;

ALTER INDEX entry_correction ATTACH PARTITION metering_ledgerentry_y2026m11_tenant_id_id_idx;

ALTER INDEX metering_ledgerentry_pkey ATTACH PARTITION metering_ledgerentry_y2026m12_pkey;

ALTER INDEX entry_corrected_at ATTACH PARTITION metering_ledgerentry_y2026m12_recorded_at_idx;

ALTER INDEX entry_recorded ATTACH PARTITION metering_ledgerentry_y2026m12_recorded_at_idx1;

ALTER INDEX entry_correction ATTACH PARTITION metering_ledgerentry_y2026m12_tenant_id_id_idx;

ALTER INDEX metering_ledgerentry_pkey ATTACH PARTITION metering_ledgerentry_y2027m01_pkey;

ALTER INDEX entry_corrected_at ATTACH PARTITION metering_ledgerentry_y2027m01_recorded_at_idx;

ALTER INDEX entry_recorded ATTACH PARTITION metering_ledgerentry_y2027m01_recorded_at_idx1;

ALTER INDEX entry_correction ATTACH PARTITION metering_ledgerentry_y2027m01_tenant_id_id_idx;

ALTER INDEX metering_ledgerentry_pkey ATTACH PARTITION metering_ledgerentry_y2027m02_pkey;

ALTER INDEX entry_corrected_at ATTACH PARTITION metering_ledgerentry_y2027m02_recorded_at_idx;

ALTER INDEX entry_recorded ATTACH PARTITION metering_ledgerentry_y2027m02_recorded_at_idx1;

ALTER INDEX entry_correction ATTACH PARTITION metering_ledgerentry_y2027m02_tenant_id_id_idx;

ALTER INDEX usagelog_conversation ATTACH PARTITION metering_usagelog_y2026m10_conversation_id_tenant_id_id_idx;

ALTER INDEX metering_usagelog_pkey ATTACH PARTITION metering_usagelog_y2026m10_pkey;

ALTER INDEX usagelog_recorded ATTACH PARTITION metering_usagelog_y2026m10_recorded_at_idx;

ALTER INDEX usagelog_impossible ATTACH PARTITION metering_usagelog_y2026m10_recorded_at_idx1;

ALTER INDEX usagelog_callers_request ATTACH PARTITION metering_usagelog_y2026m10_request_id_idx;

ALTER INDEX usagelog_tags ATTACH PARTITION metering_usagelog_y2026m10_tags_idx;

ALTER INDEX usagelog_agent_id ATTACH PARTITION metering_usagelog_y2026m10_tenant_id_agent_id_id_idx;

ALTER INDEX usagelog_tenant_id ATTACH PARTITION metering_usagelog_y2026m10_tenant_id_id_idx;

ALTER INDEX usagelog_team_id ATTACH PARTITION metering_usagelog_y2026m10_tenant_id_team_id_id_idx;

ALTER INDEX usagelog_bare_token ATTACH PARTITION metering_usagelog_y2026m10_tenant_id_token_id_id_idx;

ALTER INDEX usagelog_user_id ATTACH PARTITION metering_usagelog_y2026m10_tenant_id_user_id_id_idx;

ALTER INDEX usagelog_trace ATTACH PARTITION metering_usagelog_y2026m10_trace_id_idx;

ALTER INDEX usagelog_conversation ATTACH PARTITION metering_usagelog_y2026m11_conversation_id_tenant_id_id_idx;

ALTER INDEX metering_usagelog_pkey ATTACH PARTITION metering_usagelog_y2026m11_pkey;

ALTER INDEX usagelog_recorded ATTACH PARTITION metering_usagelog_y2026m11_recorded_at_idx;

ALTER INDEX usagelog_impossible ATTACH PARTITION metering_usagelog_y2026m11_recorded_at_idx1;

ALTER INDEX usagelog_callers_request ATTACH PARTITION metering_usagelog_y2026m11_request_id_idx;

ALTER INDEX usagelog_tags ATTACH PARTITION metering_usagelog_y2026m11_tags_idx;

ALTER INDEX usagelog_agent_id ATTACH PARTITION metering_usagelog_y2026m11_tenant_id_agent_id_id_idx;

ALTER INDEX usagelog_tenant_id ATTACH PARTITION metering_usagelog_y2026m11_tenant_id_id_idx;

ALTER INDEX usagelog_team_id ATTACH PARTITION metering_usagelog_y2026m11_tenant_id_team_id_id_idx;

ALTER INDEX usagelog_bare_token ATTACH PARTITION metering_usagelog_y2026m11_tenant_id_token_id_id_idx;

ALTER INDEX usagelog_user_id ATTACH PARTITION metering_usagelog_y2026m11_tenant_id_user_id_id_idx;

ALTER INDEX usagelog_trace ATTACH PARTITION metering_usagelog_y2026m11_trace_id_idx;

ALTER INDEX usagelog_conversation ATTACH PARTITION metering_usagelog_y2026m12_conversation_id_tenant_id_id_idx;

ALTER INDEX metering_usagelog_pkey ATTACH PARTITION metering_usagelog_y2026m12_pkey;

ALTER INDEX usagelog_recorded ATTACH PARTITION metering_usagelog_y2026m12_recorded_at_idx;

ALTER INDEX usagelog_impossible ATTACH PARTITION metering_usagelog_y2026m12_recorded_at_idx1;

ALTER INDEX usagelog_callers_request ATTACH PARTITION metering_usagelog_y2026m12_request_id_idx;

ALTER INDEX usagelog_tags ATTACH PARTITION metering_usagelog_y2026m12_tags_idx;

ALTER INDEX usagelog_agent_id ATTACH PARTITION metering_usagelog_y2026m12_tenant_id_agent_id_id_idx;

ALTER INDEX usagelog_tenant_id ATTACH PARTITION metering_usagelog_y2026m12_tenant_id_id_idx;

ALTER INDEX usagelog_team_id ATTACH PARTITION metering_usagelog_y2026m12_tenant_id_team_id_id_idx;

ALTER INDEX usagelog_bare_token ATTACH PARTITION metering_usagelog_y2026m12_tenant_id_token_id_id_idx;

ALTER INDEX usagelog_user_id ATTACH PARTITION metering_usagelog_y2026m12_tenant_id_user_id_id_idx;

ALTER INDEX usagelog_trace ATTACH PARTITION metering_usagelog_y2026m12_trace_id_idx;

ALTER INDEX usagelog_conversation ATTACH PARTITION metering_usagelog_y2027m01_conversation_id_tenant_id_id_idx;

ALTER INDEX metering_usagelog_pkey ATTACH PARTITION metering_usagelog_y2027m01_pkey;

ALTER INDEX usagelog_recorded ATTACH PARTITION metering_usagelog_y2027m01_recorded_at_idx;

ALTER INDEX usagelog_impossible ATTACH PARTITION metering_usagelog_y2027m01_recorded_at_idx1;

ALTER INDEX usagelog_callers_request ATTACH PARTITION metering_usagelog_y2027m01_request_id_idx;

ALTER INDEX usagelog_tags ATTACH PARTITION metering_usagelog_y2027m01_tags_idx;

ALTER INDEX usagelog_agent_id ATTACH PARTITION metering_usagelog_y2027m01_tenant_id_agent_id_id_idx;

ALTER INDEX usagelog_tenant_id ATTACH PARTITION metering_usagelog_y2027m01_tenant_id_id_idx;

ALTER INDEX usagelog_team_id ATTACH PARTITION metering_usagelog_y2027m01_tenant_id_team_id_id_idx;

ALTER INDEX usagelog_bare_token ATTACH PARTITION metering_usagelog_y2027m01_tenant_id_token_id_id_idx;

ALTER INDEX usagelog_user_id ATTACH PARTITION metering_usagelog_y2027m01_tenant_id_user_id_id_idx;

ALTER INDEX usagelog_trace ATTACH PARTITION metering_usagelog_y2027m01_trace_id_idx;

ALTER INDEX usagelog_conversation ATTACH PARTITION metering_usagelog_y2027m02_conversation_id_tenant_id_id_idx;

ALTER INDEX metering_usagelog_pkey ATTACH PARTITION metering_usagelog_y2027m02_pkey;

ALTER INDEX usagelog_recorded ATTACH PARTITION metering_usagelog_y2027m02_recorded_at_idx;

ALTER INDEX usagelog_impossible ATTACH PARTITION metering_usagelog_y2027m02_recorded_at_idx1;

ALTER INDEX usagelog_callers_request ATTACH PARTITION metering_usagelog_y2027m02_request_id_idx;

ALTER INDEX usagelog_tags ATTACH PARTITION metering_usagelog_y2027m02_tags_idx;

ALTER INDEX usagelog_agent_id ATTACH PARTITION metering_usagelog_y2027m02_tenant_id_agent_id_id_idx;

ALTER INDEX usagelog_tenant_id ATTACH PARTITION metering_usagelog_y2027m02_tenant_id_id_idx;

ALTER INDEX usagelog_team_id ATTACH PARTITION metering_usagelog_y2027m02_tenant_id_team_id_id_idx;

ALTER INDEX usagelog_bare_token ATTACH PARTITION metering_usagelog_y2027m02_tenant_id_token_id_id_idx;

ALTER INDEX usagelog_user_id ATTACH PARTITION metering_usagelog_y2027m02_tenant_id_user_id_id_idx;

ALTER INDEX usagelog_trace ATTACH PARTITION metering_usagelog_y2027m02_trace_id_idx;

CREATE TRIGGER metering_keep_plan_use AFTER INSERT OR UPDATE OF plan_tier, tenant_id ON metering_atitoken FOR EACH ROW EXECUTE FUNCTION metering_keep_plan_use();

CREATE TRIGGER metering_keep_since BEFORE INSERT OR UPDATE ON metering_budget FOR EACH ROW EXECUTE FUNCTION metering_keep_since('amount', 'hard', 'mode', 'enforce_percent', 'on_expiry', 'thresholds', 'created_at', 'counts_since');

CREATE TRIGGER metering_keep_since BEFORE INSERT OR UPDATE ON metering_policyrule FOR EACH ROW EXECUTE FUNCTION metering_keep_since('value', 'priority', 'mode', 'enforce_percent', 'created_at', 'counts_since');

CREATE TRIGGER metering_keep_statement BEFORE DELETE OR UPDATE ON metering_statement FOR EACH ROW EXECUTE FUNCTION metering_keep_statement();

CREATE TRIGGER metering_price_changed BEFORE UPDATE ON metering_modelprice FOR EACH ROW WHEN ((((to_jsonb(old.*) - 'changed_at'::text) - 'is_listed'::text) IS DISTINCT FROM ((to_jsonb(new.*) - 'changed_at'::text) - 'is_listed'::text))) EXECUTE FUNCTION metering_price_changed();

CREATE TRIGGER metering_price_gone AFTER DELETE ON metering_modelprice FOR EACH ROW EXECUTE FUNCTION metering_price_changed();

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_atitoken FOR EACH ROW EXECUTE FUNCTION metering_tell_change('tenant_id', 'last_used_at', 'signups_used');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_budget FOR EACH ROW EXECUTE FUNCTION metering_tell_change('tenant_id');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_budgetoverride FOR EACH ROW EXECUTE FUNCTION metering_tell_change('tenant_id', 'reason', 'reference', 'made_by', 'removed_by');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_feature FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_llmmodel FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER DELETE OR UPDATE ON metering_loginsession FOR EACH ROW EXECUTE FUNCTION metering_tell_change('tenant_id', 'refresh_id', 'previous_refresh_id', 'refreshed_at');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_membership FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_modelclass FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_modelprice FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_plan FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_planfeature FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_planllmaccess FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_planllmaccess_allowed_classes FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_planuse FOR EACH ROW EXECUTE FUNCTION metering_tell_change('tenant_id');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_policyrule FOR EACH ROW EXECUTE FUNCTION metering_tell_change('tenant_id');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_provider FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_providerkey FOR EACH ROW EXECUTE FUNCTION metering_tell_change('tenant_id');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_task FOR EACH ROW EXECUTE FUNCTION metering_tell_change('');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_team FOR EACH ROW EXECUTE FUNCTION metering_tell_change('tenant_id');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_tenant FOR EACH ROW EXECUTE FUNCTION metering_tell_change('id');

CREATE TRIGGER metering_tell_change AFTER INSERT OR DELETE OR UPDATE ON metering_user FOR EACH ROW EXECUTE FUNCTION metering_tell_change('tenant_id', 'last_login');

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_atitoken FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_budget FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_budgetoverride FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_feature FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_llmmodel FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_loginsession FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_membership FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_modelclass FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_modelprice FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_plan FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_planfeature FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_planllmaccess FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_planllmaccess_allowed_classes FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_planuse FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_policyrule FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_provider FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_providerkey FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_task FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_team FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_tenant FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

CREATE TRIGGER metering_tell_truncate AFTER TRUNCATE ON metering_user FOR EACH STATEMENT EXECUTE FUNCTION metering_tell_change();

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT metering_alertdelive_alert_id_fee26e27_fk_metering_ FOREIGN KEY (alert_id) REFERENCES metering_quotaalert(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT metering_alertdelive_endpoint_id_5f087612_fk_metering_ FOREIGN KEY (endpoint_id) REFERENCES metering_webhookendpoint(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT metering_alertdelive_invitation_id_b6e8b315_fk_metering_ FOREIGN KEY (invitation_id) REFERENCES metering_invitation(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT metering_alertdelive_password_reset_id_ac7a979e_fk_metering_ FOREIGN KEY (password_reset_id) REFERENCES metering_passwordreset(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT metering_alertdelive_vendor_alert_id_e4271db2_fk_metering_ FOREIGN KEY (vendor_alert_id) REFERENCES metering_vendoralert(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_alertdelivery
    ADD CONSTRAINT metering_alertdelivery_notice_id_01903795_fk_metering_notice_id FOREIGN KEY (notice_id) REFERENCES metering_notice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_atitoken
    ADD CONSTRAINT metering_atitoken_plan_tier_29375e2a_fk_metering_plan_code FOREIGN KEY (plan_tier) REFERENCES metering_plan(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_atitoken
    ADD CONSTRAINT metering_atitoken_team_id_d3a70f18_fk_metering_team_id FOREIGN KEY (team_id) REFERENCES metering_team(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_atitoken
    ADD CONSTRAINT metering_atitoken_tenant_id_c75a3c27_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_atitoken
    ADD CONSTRAINT metering_atitoken_user_id_be8d99b7_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_billingprofile
    ADD CONSTRAINT metering_billingprof_recipient_id_2d105951_fk_metering_ FOREIGN KEY (recipient_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_billingprofile
    ADD CONSTRAINT metering_billingprof_tenant_id_e79e27cb_fk_metering_ FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_budget
    ADD CONSTRAINT metering_budget_model_class_c4c06f7d_fk_metering_ FOREIGN KEY (model_class) REFERENCES metering_modelclass(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_budget
    ADD CONSTRAINT metering_budget_task_id_1468c283_fk_metering_task_code FOREIGN KEY (task_id) REFERENCES metering_task(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_budget
    ADD CONSTRAINT metering_budget_tenant_id_b7bc81d8_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_budgetoverride
    ADD CONSTRAINT metering_budgetoverr_budget_id_b3642314_fk_metering_ FOREIGN KEY (budget_id) REFERENCES metering_budget(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_budgetoverride
    ADD CONSTRAINT metering_budgetoverr_tenant_id_57792fa6_fk_metering_ FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_devicelogin
    ADD CONSTRAINT metering_devicelogin_session_id_d7d46eaa_fk_metering_ FOREIGN KEY (session_id) REFERENCES metering_loginsession(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_devicelogin
    ADD CONSTRAINT metering_devicelogin_user_id_38770b66_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_emaildomain
    ADD CONSTRAINT metering_emaildomain_tenant_id_e18c8f3b_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_externalidentity
    ADD CONSTRAINT metering_externalidentity_user_id_b68a753c_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_groupmapping
    ADD CONSTRAINT metering_groupmapping_team_id_00507466_fk_metering_team_id FOREIGN KEY (team_id) REFERENCES metering_team(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_groupmapping
    ADD CONSTRAINT metering_groupmapping_tenant_id_ec3411a8_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_groupmapping
    ADD CONSTRAINT metering_groupmapping_token_id_a5064812_fk_metering_atitoken_id FOREIGN KEY (token_id) REFERENCES metering_atitoken(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_invitation
    ADD CONSTRAINT metering_invitation_invited_by_id_199a28d8_fk_metering_user_id FOREIGN KEY (invited_by_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_invitation
    ADD CONSTRAINT metering_invitation_team_id_e4f7913f_fk_metering_team_id FOREIGN KEY (team_id) REFERENCES metering_team(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_invitation
    ADD CONSTRAINT metering_invitation_tenant_id_ad982ca4_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_invitation
    ADD CONSTRAINT metering_invitation_token_id_6ac7fe29_fk_metering_atitoken_id FOREIGN KEY (token_id) REFERENCES metering_atitoken(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_invitation
    ADD CONSTRAINT metering_invitation_user_id_5adb7ce1_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_llmmodel
    ADD CONSTRAINT metering_llmmodel_model_class_id_bc1660d6_fk_metering_ FOREIGN KEY (model_class_id) REFERENCES metering_modelclass(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_llmmodel
    ADD CONSTRAINT metering_llmmodel_provider_id_b4c5db92_fk_metering_ FOREIGN KEY (provider_id) REFERENCES metering_provider(name) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_loginsession
    ADD CONSTRAINT metering_loginsession_user_id_68a2cb16_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_membership
    ADD CONSTRAINT metering_membership_team_id_85f01e69_fk_metering_team_id FOREIGN KEY (team_id) REFERENCES metering_team(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_membership
    ADD CONSTRAINT metering_membership_user_id_8b638b8a_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_modelprice
    ADD CONSTRAINT metering_modelprice_model_id_5bb2ae8d_fk_metering_llmmodel_name FOREIGN KEY (model_id) REFERENCES metering_llmmodel(name) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_notice
    ADD CONSTRAINT metering_notice_tenant_id_a8d9cc0d_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_notice
    ADD CONSTRAINT metering_notice_user_id_5a7f8b07_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_notification
    ADD CONSTRAINT metering_notificatio_alert_id_737b407e_fk_metering_ FOREIGN KEY (alert_id) REFERENCES metering_quotaalert(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_notification
    ADD CONSTRAINT metering_notificatio_vendor_alert_id_60cab5ef_fk_metering_ FOREIGN KEY (vendor_alert_id) REFERENCES metering_vendoralert(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_notification
    ADD CONSTRAINT metering_notification_notice_id_3facd5d6_fk_metering_notice_id FOREIGN KEY (notice_id) REFERENCES metering_notice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_notification
    ADD CONSTRAINT metering_notification_user_id_98ee8ddb_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_passwordreset
    ADD CONSTRAINT metering_passwordreset_user_id_c38cd565_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_planfeature
    ADD CONSTRAINT metering_planfeature_feature_id_c8f27b82_fk_metering_ FOREIGN KEY (feature_id) REFERENCES metering_feature(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_planfeature
    ADD CONSTRAINT metering_planfeature_plan_id_0a90fd3d_fk_metering_plan_code FOREIGN KEY (plan_id) REFERENCES metering_plan(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_planllmaccess
    ADD CONSTRAINT metering_planllmacce_default_class_id_1975680f_fk_metering_ FOREIGN KEY (default_class_id) REFERENCES metering_modelclass(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_planllmaccess_allowed_classes
    ADD CONSTRAINT metering_planllmacce_modelclass_id_8e05f34f_fk_metering_ FOREIGN KEY (modelclass_id) REFERENCES metering_modelclass(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_planllmaccess_allowed_classes
    ADD CONSTRAINT metering_planllmacce_planllmaccess_id_05ef886a_fk_metering_ FOREIGN KEY (planllmaccess_id) REFERENCES metering_planllmaccess(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_planllmaccess
    ADD CONSTRAINT metering_planllmaccess_plan_id_3c359030_fk_metering_plan_code FOREIGN KEY (plan_id) REFERENCES metering_plan(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_planllmaccess
    ADD CONSTRAINT metering_planllmaccess_task_id_4bfa580c_fk_metering_task_code FOREIGN KEY (task_id) REFERENCES metering_task(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_planuse
    ADD CONSTRAINT metering_planuse_plan_67874e6b_fk_metering_plan_code FOREIGN KEY (plan) REFERENCES metering_plan(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_planuse
    ADD CONSTRAINT metering_planuse_tenant_id_5cb747ca_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_policyrule
    ADD CONSTRAINT metering_policyrule_task_id_2dab848f_fk_metering_task_code FOREIGN KEY (task_id) REFERENCES metering_task(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_policyrule
    ADD CONSTRAINT metering_policyrule_tenant_id_f762341e_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_providerkey
    ADD CONSTRAINT metering_providerkey_provider_id_0f7efd29_fk_metering_ FOREIGN KEY (provider_id) REFERENCES metering_provider(name) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_providerkey
    ADD CONSTRAINT metering_providerkey_tenant_id_7abcc08b_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_quotaalert
    ADD CONSTRAINT metering_quotaalert_acknowledged_by_id_12d6204d_fk_metering_ FOREIGN KEY (acknowledged_by_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_quotarequest
    ADD CONSTRAINT metering_quotareques_override_id_6ca21398_fk_metering_ FOREIGN KEY (override_id) REFERENCES metering_budgetoverride(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_quotarequest
    ADD CONSTRAINT metering_quotarequest_budget_id_e5fcffd2_fk_metering_budget_id FOREIGN KEY (budget_id) REFERENCES metering_budget(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_quotarequest
    ADD CONSTRAINT metering_quotarequest_tenant_id_61b241c8_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_quotarequest
    ADD CONSTRAINT metering_quotarequest_user_id_a145c810_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_savedview
    ADD CONSTRAINT metering_savedview_user_id_6ecd2ebc_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_statement
    ADD CONSTRAINT metering_statement_tenant_id_225267bd_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_task
    ADD CONSTRAINT metering_task_feature_id_0b642ec9_fk_metering_feature_code FOREIGN KEY (feature_id) REFERENCES metering_feature(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_taskjobattempt
    ADD CONSTRAINT metering_taskjobattempt_job_id_f492fe04_fk_metering_taskjob_id FOREIGN KEY (job_id) REFERENCES metering_taskjob(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_taskjobevent
    ADD CONSTRAINT metering_taskjobevent_job_id_0f9e86c7_fk_metering_taskjob_id FOREIGN KEY (job_id) REFERENCES metering_taskjob(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_team
    ADD CONSTRAINT metering_team_tenant_id_5fb4ef5a_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_user_groups
    ADD CONSTRAINT metering_user_groups_group_id_3b445c1a_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_user_groups
    ADD CONSTRAINT metering_user_groups_user_id_01843137_fk_metering_user_id FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_user
    ADD CONSTRAINT metering_user_signup_token_id_128c1839_fk_metering_atitoken_id FOREIGN KEY (signup_token_id) REFERENCES metering_atitoken(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_user
    ADD CONSTRAINT metering_user_tenant_id_7f952f77_fk_metering_tenant_id FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_user_user_permissions
    ADD CONSTRAINT metering_user_user_p_permission_id_49333da4_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_user_user_permissions
    ADD CONSTRAINT metering_user_user_p_user_id_db318c7b_fk_metering_ FOREIGN KEY (user_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_vendoralert
    ADD CONSTRAINT metering_vendoralert_acknowledged_by_id_64e17f2c_fk_metering_ FOREIGN KEY (acknowledged_by_id) REFERENCES metering_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY metering_webhookendpoint
    ADD CONSTRAINT metering_webhookendp_tenant_id_7de70cd0_fk_metering_ FOREIGN KEY (tenant_id) REFERENCES metering_tenant(id) DEFERRABLE INITIALLY DEFERRED;
