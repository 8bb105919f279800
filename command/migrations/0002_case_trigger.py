"""The other half of `ended_case_binds_nobody`: ending a case while an officer is bound to it fails at commit."""

from django.db import migrations

CREATE = """
CREATE FUNCTION case_end_binds_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM cases_case c JOIN command_dispatch d ON d.case_id = c.id
               WHERE c.id = NEW.id AND d.state IN ('sent', 'accepted', 'on_site')
               AND c.state NOT IN ('received', 'in_hand', 'resolved')) THEN
        RAISE EXCEPTION 'case % has ended but binds an officer', NEW.id USING CONSTRAINT = 'ended_case_binds_nobody';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER case_end_binds_nobody AFTER UPDATE OF state ON cases_case
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION case_end_binds_nobody();
"""
DROP = "DROP TRIGGER case_end_binds_nobody ON cases_case; DROP FUNCTION case_end_binds_nobody();"


class Migration(migrations.Migration):
    dependencies = [("command", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
