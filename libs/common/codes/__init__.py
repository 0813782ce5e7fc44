"""Codes that the state gives: organisations, residents, divisions, telephone numbers, items.

Pure checks; each returns the value or raises a `WrongCode`. A check never mends its input: what
people type is first passed through `clean_code` or `clean_phone`, so that the mending is visible.
"""

from common.codes.credit import WrongCreditCode as WrongCreditCode
from common.codes.credit import check_credit_code as check_credit_code
from common.codes.credit import credit_check_character as credit_check_character
from common.codes.division import Division as Division
from common.codes.division import Level as Level
from common.codes.division import WrongDivisionCode as WrongDivisionCode
from common.codes.item import WrongItemCode as WrongItemCode
from common.codes.item import check_catalog_code as check_catalog_code
from common.codes.item import check_task_code as check_task_code
from common.codes.phone import Phone as Phone
from common.codes.phone import PhoneKind as PhoneKind
from common.codes.phone import WrongPhone as WrongPhone
from common.codes.phone import check_phone as check_phone
from common.codes.phone import clean_phone as clean_phone
from common.codes.resident import ResidentId as ResidentId
from common.codes.resident import WrongResidentId as WrongResidentId
from common.codes.resident import check_resident_id as check_resident_id
from common.codes.resident import resident_check_character as resident_check_character
from common.codes.wrong import WrongCode as WrongCode
from common.codes.wrong import clean_code as clean_code
