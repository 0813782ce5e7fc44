"""Hold contracts to their awards: none is signed without one that stands, none is left behind.

Revision: 0030, after 0029. Who signs locks the award against who takes it back, and the other way.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

CHECK = "ck_contract_termination_reason"
BEFORE = (
    *("completed", "mutual", "breach", "buyer_breach", "funds_cut", "policy_change"),
    *("provider_dissolved", "force_majeure", "superseded"),
)
HAS_AWARD = """
CREATE FUNCTION contract_has_award() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM award WHERE id = NEW.award_id AND status = 'active' AND NOT is_shared FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a contract is signed on an award that stands'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_contract_has_award';
  END IF;
  RETURN NEW;
END $$
"""
HAS_NO_CONTRACT = """
CREATE FUNCTION award_has_no_contract() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM contract
    WHERE tender_id = NEW.tender_id AND award_id = NEW.id AND status = 'active'
  ) THEN
    RAISE EXCEPTION 'an award is not taken back under a contract in force'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_award_has_no_contract';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    _allow(*BEFORE, "revoked")
    op.execute(HAS_AWARD)
    op.execute(
        "CREATE TRIGGER has_award BEFORE INSERT OR UPDATE OF status ON contract FOR EACH ROW"
        " WHEN (NEW.status = 'active') EXECUTE FUNCTION contract_has_award()"
    )
    op.execute(HAS_NO_CONTRACT)
    op.execute(
        "CREATE TRIGGER has_no_contract BEFORE UPDATE OF status ON award FOR EACH ROW"
        " WHEN (OLD.status = 'active' AND NEW.status <> 'active')"
        " EXECUTE FUNCTION award_has_no_contract()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER has_no_contract ON award")
    op.execute("DROP FUNCTION award_has_no_contract()")
    op.execute("DROP TRIGGER has_award ON contract")
    op.execute("DROP FUNCTION contract_has_award()")
    op.execute(
        "UPDATE contract SET termination_reason = 'policy_change'"
        " WHERE termination_reason = 'revoked'"
    )
    _allow(*BEFORE)


def _allow(*reasons: str) -> None:
    named = ", ".join(f"'{each}'" for each in reasons)
    op.drop_constraint(op.f(CHECK), "contract")
    op.create_check_constraint(op.f(CHECK), "contract", f"termination_reason IN ({named})")
