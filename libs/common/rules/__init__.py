"""Rules that a law or a policy sets, as dated rows: what they demand, where, since when, how sure.

Pure values. A number that nobody has confirmed stays empty, and asking for it is refused by name.
Their table is `common.rules_table`.
"""

from common.rules.bounds import RuleValueOutOfBounds as RuleValueOutOfBounds
from common.rules.bounds import check_bounds as check_bounds
from common.rules.reading import WrongRules as WrongRules
from common.rules.reading import packaged_rules as packaged_rules
from common.rules.reading import read_rules as read_rules
from common.rules.reading import read_rules_csv as read_rules_csv
from common.rules.rule import Applied as Applied
from common.rules.rule import Confidence as Confidence
from common.rules.rule import Operator as Operator
from common.rules.rule import Rule as Rule
from common.rules.rule import RuleNotSet as RuleNotSet
from common.rules.rule import Scalar as Scalar
from common.rules.rule import WrongRule as WrongRule
from common.rules.rule import short_jurisdiction as short_jurisdiction
from common.rules.table import NoRule as NoRule
from common.rules.table import RulesDisagree as RulesDisagree
from common.rules.table import RulesInForce as RulesInForce
from common.rules.table import RulesOverlap as RulesOverlap
from common.rules.table import RuleTable as RuleTable
