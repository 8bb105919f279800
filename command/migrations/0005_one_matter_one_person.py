"""What bars an officer from one case holds for all cases that are one matter with it, and what bars a person for all of his accounts;
an account that is closed acts on nothing."""

from importlib import import_module

from django.db import migrations

CREATE = """
-- Threads of the cases that are one matter with a case: followed, merged, and so on from each.
CREATE FUNCTION command_threads(matter bigint) RETURNS SETOF text LANGUAGE sql STABLE ROWS 3 AS $$
    WITH RECURSIVE one (id) AS (
        SELECT matter
        UNION  -- each case once: a circle comes to its end
        SELECT near.id FROM one, LATERAL (
            SELECT unnest(ARRAY[c.follows_id, c.merged_into_id]) FROM cases_case c WHERE c.id = one.id
            UNION ALL SELECT c.id FROM cases_case c WHERE c.follows_id = one.id
            UNION ALL SELECT c.id FROM cases_case c WHERE c.merged_into_id = one.id
        ) near (id) WHERE near.id IS NOT NULL
    )
    SELECT 'case:' || id FROM one
$$;

CREATE OR REPLACE FUNCTION command_bar(who bigint, matter bigint, moment timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    officer enforcement_officer%ROWTYPE;
    account enforcement_user%ROWTYPE;
    about cases_case%ROWTYPE;
    day date := (moment AT TIME ZONE 'Asia/Shanghai')::date;
    threads text[]; places text[]; departments text[]; whose text; officers bigint[];
BEGIN
    SELECT * INTO officer FROM enforcement_officer WHERE id = who;
    SELECT * INTO account FROM enforcement_user WHERE id = officer.user_id;
    SELECT * INTO about FROM cases_case WHERE id = matter;
    IF NOT account.is_active THEN RETURN 'closed'; END IF;
    officers := ARRAY(SELECT o.id FROM enforcement_officer o JOIN enforcement_user u ON u.id = o.user_id
                      WHERE o.id = who OR account.staff_number <> '' AND u.staff_number = account.staff_number);
    -- Suspended on another account: only what somebody has decided, not a post or an account that ended there.
    IF officer.suspended_at <= moment OR EXISTS (
        SELECT 1 FROM enforcement_officer o JOIN journal_entry e ON e.thread = 'account:' || o.user_id AND e.verb = 'officer_suspended'
        WHERE o.id = ANY(officers) AND o.suspended_at <= moment AND e.at >= o.suspended_at) THEN
        RETURN 'suspended';
    END IF;
    threads := ARRAY(SELECT command_threads(matter));
    places := ARRAY(SELECT code FROM grid_zone WHERE id IN (about.township_id, about.village_id, about.grid_id, about.area_id));
    IF EXISTS (SELECT 1 FROM enforcement_recusal r WHERE r.officer_id = ANY(officers)
               AND r.valid_from <= day AND (r.valid_to IS NULL OR r.valid_to >= day) AND (r.lifted_at IS NULL OR r.lifted_at > moment)
               AND (r.zone = ANY(places) OR r.thread = ANY(threads) OR EXISTS (
                    SELECT 1 FROM enforcement_partyact p WHERE p.source = ANY(threads) AND (p.party = r.party OR p.party_name = r.party_name)))) THEN
        RETURN 'recused';
    END IF;
    whose := CASE account.staff_number WHEN '' THEN 'account ' || account.id ELSE 'staff ' || account.staff_number END;
    IF EXISTS (SELECT 1 FROM enforcement_partyact a WHERE a.person = whose AND a.act <> 'inspecting'
               AND a.party IN (SELECT p.party FROM enforcement_partyact p WHERE p.source = ANY(threads))) THEN
        RETURN 'separated';
    END IF;
    IF officer.is_helper THEN RETURN ''; END IF;
    departments := ARRAY(SELECT DISTINCT i.department FROM cases_category_items c JOIN enforcement_item i ON i.id = c.item_id
                         WHERE c.category_id = about.category_id);
    RETURN (
        SELECT CASE WHEN count(*) = 0 THEN 'certificate' WHEN NOT bool_or(fits) THEN 'field' WHEN NOT bool_or(fits AND holds) THEN 'area' ELSE '' END
        FROM (
            SELECT departments = '{}' OR c.fields = '{}' OR c.fields && departments::varchar[] AS fits,
                   c.townships = '{}' OR COALESCE((SELECT z.code FROM grid_zone z WHERE z.id = about.township_id) = ANY(c.townships), false) AS holds
            FROM enforcement_certificate c WHERE c.officer_id = who AND c.status = 'valid' AND day BETWEEN c.valid_from AND c.valid_to
        ) held);
END $$;

CREATE OR REPLACE FUNCTION command_refuse_barred(who bigint, matter bigint, moment timestamptz, guard text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE why text := command_bar(who, matter, moment);
BEGIN
    IF why <> '' THEN
        RAISE EXCEPTION 'officer % %', (SELECT badge FROM enforcement_officer WHERE id = who),
            CASE why WHEN 'closed' THEN 'has a closed account' WHEN 'suspended' THEN 'is suspended' WHEN 'recused' THEN 'has to step aside'
                WHEN 'separated' THEN 'acted towards the party in another office' WHEN 'certificate' THEN 'has no valid certificate'
                WHEN 'field' THEN 'has no certificate for this field' ELSE 'has no certificate for this township' END
            USING CONSTRAINT = guard || '_' || why, ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$;
"""
_before = import_module("command.migrations.0003_right_to_act").CREATE.partition("CREATE FUNCTION resolved_by_its_lead")[0]
DROP = _before.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") + "DROP FUNCTION command_threads(bigint);"


class Migration(migrations.Migration):
    dependencies = [("command", "0004_acts_with_right"), ("journal", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
