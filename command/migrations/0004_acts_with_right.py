"""Orders and acts ask `command_bar`."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('command', '0003_right_to_act'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='dispatch',
            name='dispatch_moves',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='dispatch',
            name='may_be_sent',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dispatch',
            trigger=pgtrigger.compiler.Trigger(name='dispatch_moves', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{accepted:declined,accepted:finished,accepted:on_site,accepted:recalled,on_site:declined,on_site:finished,on_site:recalled,sent:accepted,sent:declined,sent:expired,sent:recalled}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='6b3b7f5c7dafc29f5eef809d55189da40c73038e', operation='UPDATE', pgid='pgtrigger_dispatch_moves_df6e9', table='command_dispatch', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dispatch',
            trigger=pgtrigger.compiler.Trigger(name='may_be_sent', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE who enforcement_officer%ROWTYPE;', func="\n                    PERFORM 1 FROM cases_case WHERE id = NEW.case_id FOR SHARE;  -- whoever ends the case waits, or is waited for\n                    IF NEW.state <> 'sent' THEN\n                        RAISE EXCEPTION 'an order begins as sent, not as %', NEW.state USING CONSTRAINT = 'may_be_sent_state';\n                    END IF;\n                    -- The rights are looked at as of sent_at: no choosing a better moment than the case has come to.\n                    IF NEW.sent_at < (SELECT max(at) FROM journal_entry WHERE thread = 'case:' || NEW.case_id) - interval '1 minute' THEN\n                        RAISE EXCEPTION 'the order is back-dated: case % has gone on since', NEW.case_id\n                            USING CONSTRAINT = 'may_be_sent_backdated';\n                    END IF;\n                    SELECT * INTO who FROM enforcement_officer WHERE id = NEW.officer_id;\n                    IF NEW.is_lead AND who.is_helper THEN\n                        RAISE EXCEPTION 'helper % never leads', who.badge USING CONSTRAINT = 'may_be_sent_helper';\n                    END IF;\n                    PERFORM command_refuse_barred(NEW.officer_id, NEW.case_id, NEW.sent_at, 'may_be_sent');\n                    IF NOT EXISTS (SELECT 1 FROM enforcement_duty d WHERE d.user_id = who.user_id\n                        AND d.starts_at <= NEW.sent_at AND d.ends_at > NEW.sent_at) THEN\n                        RAISE EXCEPTION 'officer % is off duty', who.badge USING CONSTRAINT = 'may_be_sent_duty';\n                    END IF;\n                    RETURN NEW;\n                ", hash='c530116780a6dd4b37f9feba079c2007f141dfef', operation='INSERT', pgid='pgtrigger_may_be_sent_2c18d', table='command_dispatch', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dispatch',
            trigger=pgtrigger.compiler.Trigger(name='may_act', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('accepted', 'on_site', 'finished'))", declare='DECLARE told text;', func="\n                    SELECT e.verb INTO told FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id\n                        AND e.subject = 'dispatch:' || NEW.id AND e.data->>'to' = NEW.state ORDER BY e.number DESC LIMIT 1;\n                    IF told = 'released' AND NEW.state = 'finished' THEN\n                        IF NEW.is_lead THEN\n                            RAISE EXCEPTION 'the lead of order % finishes, nobody releases him', NEW.id USING CONSTRAINT = 'may_act_released';\n                        END IF;\n                        RETURN NEW;\n                    END IF;\n                    PERFORM command_refuse_barred(NEW.officer_id, NEW.case_id,\n                        (SELECT max(at) FROM journal_entry WHERE thread = 'case:' || NEW.case_id), 'may_act');\n                    RETURN NEW;\n                ", hash='cb532d1ee2e368b80bbe0d7c674702f0af94be4e', operation='UPDATE OF "state"', pgid='pgtrigger_may_act_67051', table='command_dispatch', when='BEFORE')),
        ),
    ]
