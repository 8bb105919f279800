"""The right to act against plain SQL: what bars an officer from a case at a moment, in the order and words of `enforcement.qualification`."""

from django.db import migrations

CREATE = """
CREATE FUNCTION command_bar(who bigint, matter bigint, moment timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    officer enforcement_officer%ROWTYPE;
    about cases_case%ROWTYPE;
    day date := (moment AT TIME ZONE 'Asia/Shanghai')::date;
    threads text[]; places text[]; departments text[]; whose text;
BEGIN
    SELECT * INTO officer FROM enforcement_officer WHERE id = who;
    SELECT * INTO about FROM cases_case WHERE id = matter;
    IF officer.suspended_at <= moment THEN RETURN 'suspended'; END IF;
    threads := array_remove(ARRAY['case:' || matter, 'case:' || about.follows_id], NULL);
    places := ARRAY(SELECT code FROM grid_zone WHERE id IN (about.township_id, about.village_id, about.grid_id, about.area_id));
    IF EXISTS (SELECT 1 FROM enforcement_recusal r WHERE r.officer_id = who AND r.valid_from <= day AND (r.valid_to IS NULL OR r.valid_to >= day)
               AND (r.lifted_at IS NULL OR r.lifted_at > moment)
               AND (r.zone = ANY(places) OR r.thread = ANY(threads) OR EXISTS (
                    SELECT 1 FROM enforcement_partyact p WHERE p.source = ANY(threads) AND (p.party = r.party OR p.party_name = r.party_name)))) THEN
        RETURN 'recused';
    END IF;
    SELECT CASE u.staff_number WHEN '' THEN 'account ' || u.id ELSE 'staff ' || u.staff_number END INTO whose
    FROM enforcement_user u WHERE u.id = officer.user_id;
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

CREATE FUNCTION command_refuse_barred(who bigint, matter bigint, moment timestamptz, guard text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE why text := command_bar(who, matter, moment);
BEGIN
    IF why <> '' THEN
        RAISE EXCEPTION 'officer % %', (SELECT badge FROM enforcement_officer WHERE id = who),
            CASE why WHEN 'suspended' THEN 'is suspended' WHEN 'recused' THEN 'has to step aside'
                WHEN 'separated' THEN 'acted towards the party in another office' WHEN 'certificate' THEN 'has no valid certificate'
                WHEN 'field' THEN 'has no certificate for this field' ELSE 'has no certificate for this township' END
            USING CONSTRAINT = guard || '_' || why, ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$;

CREATE FUNCTION resolved_by_its_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM command_dispatch d JOIN journal_entry e ON e.thread = 'case:' || NEW.id AND e.subject = 'dispatch:' || d.id
                   WHERE d.case_id = NEW.id AND d.is_lead AND d.state = 'finished' AND e.verb = 'finished' AND e.number > (
                       SELECT max(number) FROM journal_entry WHERE thread = 'case:' || NEW.id AND data->>'to' = 'in_hand')) THEN
        RAISE EXCEPTION 'case % becomes resolved, but its lead has not finished', NEW.id USING CONSTRAINT = 'resolved_by_its_lead';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER resolved_by_its_lead BEFORE UPDATE OF state ON cases_case FOR EACH ROW
    WHEN (NEW.state = 'resolved' AND OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION resolved_by_its_lead();
"""
DROP = """
DROP TRIGGER resolved_by_its_lead ON cases_case;
DROP FUNCTION resolved_by_its_lead();
DROP FUNCTION command_refuse_barred(bigint, bigint, timestamptz, text);
DROP FUNCTION command_bar(bigint, bigint, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("command", "0002_case_trigger"), ("enforcement", "0005_right_to_act"), ("cases", "0002_list_number")]
    operations = [migrations.RunSQL(CREATE, DROP)]
