"""Orders that belong to a unit's part in a joint action: sent to that unit's people only, with a certificate for the part's own field."""

from importlib import import_module

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

_RIGHTS = import_module("command.migrations.0005_one_matter_one_person").CREATE
_BEFORE = _RIGHTS[_RIGHTS.index("CREATE OR REPLACE FUNCTION command_bar"):]
_CHANGES = (
    ("command_bar(who bigint, matter bigint, moment timestamptz)", "command_bar(who bigint, matter bigint, moment timestamptz, errand bigint DEFAULT NULL)"),
    ("SELECT DISTINCT i.department FROM cases_category_items c JOIN enforcement_item i ON i.id = c.item_id",
     "SELECT p.department FROM cases_jointpart p WHERE p.id = errand AND p.department <> ''"
     " UNION SELECT i.department FROM cases_category_items c JOIN enforcement_item i ON i.id = c.item_id"),
    ("WHERE c.category_id = about.category_id",
     "WHERE c.category_id = about.category_id AND NOT EXISTS (SELECT 1 FROM cases_jointpart p WHERE p.id = errand AND p.department <> '')"),
    ("command_refuse_barred(who bigint, matter bigint, moment timestamptz, guard text)",
     "command_refuse_barred(who bigint, matter bigint, moment timestamptz, guard text, errand bigint DEFAULT NULL)"),
    ("command_bar(who, matter, moment)", "command_bar(who, matter, moment, errand)"),
)  # fmt: skip


def _changed(text: str) -> str:
    for old, new in _CHANGES:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


DROP_OLD = "DROP FUNCTION command_refuse_barred(bigint, bigint, timestamptz, text); DROP FUNCTION command_bar(bigint, bigint, timestamptz);"
CREATE = DROP_OLD + _changed(_BEFORE) + """
-- Whether a unit of a centre is another one or stands below it.
CREATE FUNCTION command_is_of(unit bigint, other bigint, centre bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up (id, parent_id) AS (
        SELECT o.id, o.parent_id FROM enforcement_organisation o WHERE o.id = unit
        UNION SELECT o.id, o.parent_id FROM up JOIN enforcement_organisation o ON o.id = up.parent_id
    )
    SELECT EXISTS (SELECT 1 FROM up WHERE id = other) AND EXISTS (SELECT 1 FROM enforcement_organisation WHERE id = unit AND centre_id = centre)
$$;

CREATE FUNCTION ended_part_binds_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM cases_jointpart p JOIN command_dispatch d ON d.part_id = p.id
               WHERE p.id = NEW.id AND p.state <> 'agreed' AND d.state IN ('sent', 'accepted', 'on_site')) THEN
        RAISE EXCEPTION 'part % has ended but binds an officer', NEW.id USING CONSTRAINT = 'ended_part_binds_nobody';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ended_part_binds_nobody AFTER UPDATE OF state ON cases_jointpart
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ended_part_binds_nobody();
"""
DROP = """
DROP TRIGGER ended_part_binds_nobody ON cases_jointpart;
DROP FUNCTION ended_part_binds_nobody();
DROP FUNCTION command_is_of(bigint, bigint, bigint);
DROP FUNCTION command_refuse_barred(bigint, bigint, timestamptz, text, bigint);
DROP FUNCTION command_bar(bigint, bigint, timestamptz, bigint);
""" + _BEFORE


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0011_joint_parts'),
        ('command', '0007_help_calls'),
        ('enforcement', '0011_histories_of_new_fields'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        pgtrigger.migrations.RemoveTrigger(
            model_name='dispatch',
            name='as_sent',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='dispatch',
            name='may_act',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='dispatch',
            name='may_be_sent',
        ),
        migrations.AddField(
            model_name='dispatch',
            name='is_first',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='dispatch',
            name='part',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='cases.jointpart'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dispatch',
            trigger=pgtrigger.compiler.Trigger(name='as_sent', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."case_id" IS DISTINCT FROM (NEW."case_id") OR OLD."officer_id" IS DISTINCT FROM (NEW."officer_id") OR OLD."is_lead" IS DISTINCT FROM (NEW."is_lead") OR OLD."part_id" IS DISTINCT FROM (NEW."part_id") OR OLD."is_first" IS DISTINCT FROM (NEW."is_first") OR OLD."sent_at" IS DISTINCT FROM (NEW."sent_at") OR OLD."sent_by_id" IS DISTINCT FROM (NEW."sent_by_id") OR OLD."certificate" IS DISTINCT FROM (NEW."certificate"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='2a93fb16b1cab7d6dc328637d93506e5b043e095', operation='UPDATE', pgid='pgtrigger_as_sent_b1747', table='command_dispatch', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dispatch',
            trigger=pgtrigger.compiler.Trigger(name='may_be_sent', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE who enforcement_officer%ROWTYPE; whose cases_jointpart%ROWTYPE;', func="\n                    PERFORM 1 FROM cases_case WHERE id = NEW.case_id FOR SHARE;  -- whoever ends the case waits, or is waited for\n                    IF NEW.state <> 'sent' OR NEW.delivered_at IS NOT NULL OR NEW.seen_at IS NOT NULL THEN\n                        RAISE EXCEPTION 'an order begins as sent, not as %', NEW.state USING CONSTRAINT = 'may_be_sent_state';\n                    END IF;\n                    -- The rights are looked at as of sent_at: no choosing a better moment than the case has come to.\n                    IF NEW.sent_at < (SELECT max(at) FROM journal_entry WHERE thread = 'case:' || NEW.case_id) - interval '1 minute' THEN\n                        RAISE EXCEPTION 'the order is back-dated: case % has gone on since', NEW.case_id\n                            USING CONSTRAINT = 'may_be_sent_backdated';\n                    END IF;\n                    SELECT * INTO who FROM enforcement_officer WHERE id = NEW.officer_id;\n                    IF (NEW.is_lead OR NEW.is_first) AND who.is_helper THEN\n                        RAISE EXCEPTION 'helper % never leads', who.badge USING CONSTRAINT = 'may_be_sent_helper';\n                    END IF;\n                    -- In a joint action each unit sends its own people: for its part, or as the unit that leads.\n                    SELECT * INTO whose FROM cases_jointpart p WHERE p.case_id = NEW.case_id AND CASE WHEN NEW.part_id IS NULL\n                        THEN p.is_lead AND p.state = 'agreed' ELSE p.id = NEW.part_id AND NOT p.is_lead AND p.state = 'agreed' END FOR SHARE;\n                    IF whose.id IS NULL AND NEW.part_id IS NOT NULL THEN\n                        RAISE EXCEPTION 'part % is not one of case % that stands', NEW.part_id, NEW.case_id USING CONSTRAINT = 'may_be_sent_part';\n                    END IF;\n                    IF whose.id IS NOT NULL AND NOT command_is_of(who.organisation_id, whose.organisation_id, whose.centre_id) THEN\n                        RAISE EXCEPTION 'officer % is not of the unit whose part it is', who.badge USING CONSTRAINT = 'may_be_sent_unit';\n                    END IF;\n                    PERFORM command_refuse_barred(NEW.officer_id, NEW.case_id, NEW.sent_at, 'may_be_sent', NEW.part_id);\n                    IF NOT EXISTS (SELECT 1 FROM enforcement_duty d WHERE d.user_id = who.user_id\n                        AND d.starts_at <= NEW.sent_at AND d.ends_at > NEW.sent_at) THEN\n                        RAISE EXCEPTION 'officer % is off duty', who.badge USING CONSTRAINT = 'may_be_sent_duty';\n                    END IF;\n                    RETURN NEW;\n                ", hash='81ff07cc2daa6d5b8a4996699c911be5954a3ec9', operation='INSERT', pgid='pgtrigger_may_be_sent_2c18d', table='command_dispatch', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dispatch',
            trigger=pgtrigger.compiler.Trigger(name='may_act', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('accepted', 'on_site', 'finished'))", declare='DECLARE told text;', func="\n                    SELECT e.verb INTO told FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id\n                        AND e.subject = 'dispatch:' || NEW.id AND e.data->>'to' = NEW.state ORDER BY e.number DESC LIMIT 1;\n                    IF told = 'released' AND NEW.state = 'finished' THEN\n                        IF NEW.is_lead OR NEW.is_first THEN\n                            RAISE EXCEPTION 'the lead of order % finishes, nobody releases him', NEW.id USING CONSTRAINT = 'may_act_released';\n                        END IF;\n                        RETURN NEW;\n                    END IF;\n                    PERFORM command_refuse_barred(NEW.officer_id, NEW.case_id,\n                        (SELECT max(at) FROM journal_entry WHERE thread = 'case:' || NEW.case_id), 'may_act', NEW.part_id);\n                    RETURN NEW;\n                ", hash='6901a971e5b25b9adffef858c27a7735c2155a43', operation='UPDATE OF "state"', pgid='pgtrigger_may_act_67051', table='command_dispatch', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='dispatch',
            constraint=models.UniqueConstraint(condition=models.Q(('is_first', True), ('state__in', ['sent', 'accepted', 'on_site'])), fields=('part',), name='part_one_active_first'),
        ),
        migrations.AddConstraint(
            model_name='dispatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('is_first', False), ('part__isnull', True)), models.Q(('is_lead', False), ('part__isnull', False)), _connector='OR'), name='dispatch_first_of_a_part'),
        ),
    ]
