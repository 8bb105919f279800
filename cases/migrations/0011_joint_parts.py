"""Joint action of several units on one case. Loaded counties get the time that a unit's centre has to answer."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

CREATE = """
CREATE FUNCTION no_part_left_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM cases_case c JOIN cases_jointpart p ON p.case_id = c.id
               WHERE c.id = NEW.id AND c.state <> 'in_hand' AND p.state IN ('asked', 'agreed')) THEN
        RAISE EXCEPTION 'case % is no longer in hand, but a unit has an open part in it', NEW.id USING CONSTRAINT = 'no_part_left_open';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER no_part_left_open AFTER UPDATE OF state ON cases_case
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no_part_left_open();
"""
DROP = "DROP TRIGGER no_part_left_open ON cases_case; DROP FUNCTION no_part_left_open();"


def answer_time(apps, schema_editor):
    for county in apps.get_model("grid", "County").objects.all():
        county.options.setdefault("joint_answer_s", 300)
        county.save(update_fields=["options"])


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0010_offers_between_centres'),
        ('enforcement', '0011_histories_of_new_fields'),
        ('grid', '0004_speeds_and_ways'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='JointPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_lead', models.BooleanField(default=False)),
                ('task', models.CharField(blank=True, max_length=200)),
                ('department', models.CharField(blank=True, max_length=24)),
                ('state', models.CharField(choices=[('asked', 'Waits for an answer'), ('agreed', 'Takes part'), ('refused', 'Refused'), ('done', 'Part done'), ('ended', 'Part ended')], max_length=8)),
                ('asked_at', models.DateTimeField()),
                ('agreed_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('words', models.CharField(blank=True, max_length=300)),
                ('asked_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='cases.case')),
                ('centre', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enforcement.organisation')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enforcement.organisation')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['asked', 'agreed'])), fields=['centre'], name='joint_part_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'agreed'])), fields=('case', 'organisation'), name='joint_part_once'), models.UniqueConstraint(condition=models.Q(('is_lead', True), ('state__in', ['asked', 'agreed'])), fields=('case',), name='joint_part_one_lead'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['asked', 'agreed']), ('ended_at__isnull', True)), models.Q(models.Q(('state__in', ['asked', 'agreed']), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='joint_part_ended_at_with_end'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['agreed', 'done']), _negated=True), models.Q(('agreed_at__gte', models.F('asked_at')), ('agreed_at__isnull', False)), _connector='OR'), name='joint_part_agreed_after_asked'), models.CheckConstraint(condition=models.Q(models.Q(('department', ''), ('is_lead', True)), models.Q(('is_lead', False), models.Q(('task', ''), _negated=True)), _connector='OR'), name='joint_part_says_what')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='jointpart',
            trigger=pgtrigger.compiler.Trigger(name='part_moves', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{agreed:done,agreed:ended,asked:agreed,asked:ended,asked:refused}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='a21116186127a9b325cb6b12cb72ecd43cf1331e', operation='UPDATE', pgid='pgtrigger_part_moves_5121b', table='cases_jointpart', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='jointpart',
            trigger=pgtrigger.compiler.Trigger(name='part_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='f084fb4afd4a8b6cf21430d40e0c1071804c2a46', operation='DELETE', pgid='pgtrigger_part_never_deleted_28b9d', table='cases_jointpart', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='jointpart',
            trigger=pgtrigger.compiler.Trigger(name='as_asked', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."case_id" IS DISTINCT FROM (NEW."case_id") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."centre_id" IS DISTINCT FROM (NEW."centre_id") OR OLD."is_lead" IS DISTINCT FROM (NEW."is_lead") OR OLD."task" IS DISTINCT FROM (NEW."task") OR OLD."department" IS DISTINCT FROM (NEW."department") OR OLD."asked_by_id" IS DISTINCT FROM (NEW."asked_by_id") OR OLD."asked_at" IS DISTINCT FROM (NEW."asked_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='85e5983001e949a96c34cfe9ab164a74435de127', operation='UPDATE', pgid='pgtrigger_as_asked_024c6', table='cases_jointpart', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='jointpart',
            trigger=pgtrigger.compiler.Trigger(name='may_be_asked', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE own bigint; orders boolean;', func="\n                    SELECT centre_id INTO own FROM cases_case WHERE id = NEW.case_id FOR SHARE;\n                    SELECT EXISTS (SELECT 1 FROM enforcement_user u JOIN enforcement_organisation o ON o.id = u.organisation_id\n                        JOIN enforcement_organisation c ON c.id = o.centre_id WHERE u.id = NEW.asked_by_id AND c.kind = 'county_centre') INTO orders;\n                    IF NEW.centre_id IS DISTINCT FROM (SELECT centre_id FROM enforcement_organisation WHERE id = NEW.organisation_id) THEN\n                        RAISE EXCEPTION 'unit % is of another centre', NEW.organisation_id USING CONSTRAINT = 'may_be_asked_centre';\n                    END IF;\n                    IF NEW.is_lead AND NEW.centre_id <> own THEN\n                        RAISE EXCEPTION 'who leads is a unit of the centre that has the case' USING CONSTRAINT = 'may_be_asked_lead';\n                    END IF;\n                    IF NOT (NEW.state = 'agreed' AND (NEW.centre_id = own OR orders) OR NEW.state = 'asked' AND NEW.centre_id <> own) THEN\n                        RAISE EXCEPTION 'a part cannot begin as %', NEW.state USING CONSTRAINT = 'may_be_asked_state';\n                    END IF;\n                    RETURN NEW;\n                ", hash='9dce0bb0feaaf7303a34b1d884fb01c5ac740d30', operation='INSERT', pgid='pgtrigger_may_be_asked_afab8', table='cases_jointpart', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='jointpart',
            trigger=pgtrigger.compiler.Trigger(name='part_is_told', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n                    IF NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id\n                                   AND e.subject = 'jointpart:' || NEW.id AND e.verb IN ('part_asked', 'part_ordered')) THEN\n                        RAISE EXCEPTION 'part % is not in the journal', NEW.id USING CONSTRAINT = 'part_is_told';\n                    END IF;\n                    RETURN NULL;\n                ", hash='b8d5a5e1f891bc4cda323185f870d29d7d3791c8', operation='INSERT', pgid='pgtrigger_part_is_told_a78ac', table='cases_jointpart', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='jointpart',
            trigger=pgtrigger.compiler.Trigger(name='part_state_is_told', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))', func="\n                    IF NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id\n                                   AND e.subject = 'jointpart:' || NEW.id AND e.data->>'to' = NEW.state) THEN\n                        RAISE EXCEPTION 'part % becomes % without a journal entry', NEW.id, NEW.state USING CONSTRAINT = 'part_state_is_told';\n                    END IF;\n                    RETURN NEW;\n                ", hash='3802c16117ca0ffa0691dfae04cfba387fe825f3', operation='UPDATE OF "state"', pgid='pgtrigger_part_state_is_told_2de8d', table='cases_jointpart', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='jointpart',
            trigger=pgtrigger.compiler.Trigger(name='part_of_case_in_hand', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n                    IF EXISTS (SELECT 1 FROM cases_case c JOIN cases_jointpart p ON p.case_id = c.id\n                               WHERE p.id = NEW.id AND p.state IN ('asked', 'agreed') AND c.state <> 'in_hand') THEN\n                        RAISE EXCEPTION 'part % is open, its case is not in hand', NEW.id USING CONSTRAINT = 'part_of_case_in_hand';\n                    END IF;\n                    RETURN NULL;\n                ", hash='709265d906724d3578c0276d32962f0bbfea360d', operation='INSERT OR UPDATE', pgid='pgtrigger_part_of_case_in_hand_5d256', table='cases_jointpart', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.RunSQL(CREATE, DROP),
        migrations.RunPython(answer_time, migrations.RunPython.noop),
    ]
