"""Acts of a person on all his accounts, recusals that can be lifted, exams on which certificates rest."""

import django.contrib.postgres.constraints
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enforcement', '0004_one_post_each'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='certificate',
            name='certificate_needs_exam',
        ),
        migrations.RemoveConstraint(
            model_name='partyact',
            name='party_acts_exclude_each_other',
        ),
        migrations.AddField(
            model_name='partyact',
            name='person',
            field=models.CharField(blank=True, db_default='', editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name='partyact',
            name='recorded_by',
            field=models.CharField(blank=True, db_default='', max_length=80),
        ),
        migrations.AddField(
            model_name='recusal',
            name='lifted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='recusal',
            name='lifted_because',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='recusal',
            name='lifted_by',
            field=models.CharField(blank=True, db_default='', max_length=80),
        ),
        migrations.AddIndex(
            model_name='partyact',
            index=models.Index(fields=['source'], name='party_act_source'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='certificate',
            trigger=pgtrigger.compiler.Trigger(name='certificate_needs_exam', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.status <> 'revoked')", func="\n                    PERFORM pg_advisory_xact_lock(hashtext('exams of ' || (SELECT user_id FROM enforcement_officer WHERE id = NEW.officer_id)));\n                    IF NOT EXISTS (SELECT 1 FROM enforcement_exam e JOIN enforcement_officer o ON o.user_id = e.user_id\n                                   WHERE o.id = NEW.officer_id AND e.passed AND e.taken_on <= NEW.valid_from) THEN\n                        RAISE EXCEPTION 'certificate %: its holder has not passed the exam before it begins', NEW.number\n                            USING CONSTRAINT = 'certificate_needs_exam', ERRCODE = 'integrity_constraint_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='b3d46912f2e6611710019ef66361dc7176208a0f', operation='INSERT OR UPDATE OF "officer_id", "valid_from", "status"', pgid='pgtrigger_certificate_needs_exam_accef', table='enforcement_certificate', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exam',
            trigger=pgtrigger.compiler.Trigger(name='certificates_rest_on_exams', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.passed)', func="\n                    PERFORM pg_advisory_xact_lock(hashtext('exams of ' || OLD.user_id));  -- two sittings that fall at once\n                    IF EXISTS (SELECT 1 FROM enforcement_certificate c JOIN enforcement_officer o ON o.id = c.officer_id\n                               WHERE o.user_id = OLD.user_id AND c.status <> 'revoked' AND NOT EXISTS (\n                                   SELECT 1 FROM enforcement_exam e WHERE e.user_id = OLD.user_id AND e.passed AND e.taken_on <= c.valid_from)) THEN\n                        RAISE EXCEPTION 'a certificate of person % rests on this exam', OLD.user_id\n                            USING CONSTRAINT = 'certificates_rest_on_exams', ERRCODE = 'integrity_constraint_violation';\n                    END IF;\n                    RETURN NULL;\n                ", hash='7a78bdc9507543ec965b62c38a0587bf14ae9a3b', operation='UPDATE OR DELETE', pgid='pgtrigger_certificates_rest_on_exams_d3b2c', table='enforcement_exam', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='officer',
            trigger=pgtrigger.compiler.Trigger(name='officer_is_one_person', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."user_id" IS DISTINCT FROM (NEW."user_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='3fb81d57369b7c3ce7c2651cb91f79bb0dfbc1c0', operation='UPDATE', pgid='pgtrigger_officer_is_one_person_85791', table='enforcement_officer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='partyact',
            trigger=pgtrigger.compiler.Trigger(name='party_act_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='370ed79526a4af9a3f13d8930f150c489ffb0ac5', operation='DELETE', pgid='pgtrigger_party_act_never_deleted_8bbcb', table='enforcement_partyact', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='partyact',
            trigger=pgtrigger.compiler.Trigger(name='party_act_as_done', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."party" IS DISTINCT FROM (NEW."party") OR OLD."act" IS DISTINCT FROM (NEW."act") OR OLD."source" IS DISTINCT FROM (NEW."source"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='e35286fc6528c3d6b8759992f987154424569c2f', operation='UPDATE', pgid='pgtrigger_party_act_as_done_219cc', table='enforcement_partyact', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='partyact',
            trigger=pgtrigger.compiler.Trigger(name='party_act_of_a_person', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    -- Locked: a staff number that is being changed is waited for.\n                    SELECT CASE u.staff_number WHEN '' THEN 'account ' || u.id ELSE 'staff ' || u.staff_number END INTO NEW.person\n                    FROM enforcement_user u WHERE u.id = NEW.user_id FOR SHARE;\n                    RETURN NEW;\n                ", hash='7b75560f02a73277a3364a2dd66ab822a231f65c', operation='INSERT OR UPDATE', pgid='pgtrigger_party_act_of_a_person_710b8', table='enforcement_partyact', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='recusal',
            trigger=pgtrigger.compiler.Trigger(name='recusal_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='d7ab5f1fab4738d575c78138f6aa34beff0b4472', operation='DELETE', pgid='pgtrigger_recusal_never_deleted_33e9b', table='enforcement_recusal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='acts_follow_the_person', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."staff_number" IS DISTINCT FROM (NEW."staff_number"))', func="UPDATE enforcement_partyact SET person = '' WHERE user_id = NEW.id; RETURN NULL;", hash='545b2e13276386b68af16f5d0c4f59d4ea5110e5', operation='UPDATE OF "staff_number"', pgid='pgtrigger_acts_follow_the_person_ad777', table='enforcement_user', when='AFTER')),
        ),
        migrations.RunSQL("UPDATE enforcement_partyact SET person = ''", migrations.RunSQL.noop),  # the trigger fills it in
        migrations.AddConstraint(
            model_name='partyact',
            constraint=models.CheckConstraint(condition=models.Q(('party', ''), ('party_name', ''), _connector='OR', _negated=True), name='party_act_names_party'),
        ),
        migrations.AddConstraint(
            model_name='partyact',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('person', '='), ('party', '='), ('act', '<>')], name='party_acts_exclude_each_other'),
        ),
        migrations.AddConstraint(
            model_name='recusal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lifted_at', None), ('lifted_because', ''), ('lifted_by', '')), models.Q(('lifted_at', None), ('lifted_by', ''), ('lifted_because', ''), _connector='OR', _negated=True), _connector='OR'), name='recusal_lifted_by_somebody'),
        ),
    ]
