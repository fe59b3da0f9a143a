"""The i3 in France: sold by agency since 2013, given back to the dealers in 2019, with orders open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from domain.orders.novating import ConsentRecorded, NovateOrder, OrderNovated, RecordConsent
from domain.orders.state import Consent
from tests.examples import (
    AGENT_ID,
    CUSTOMER_ID,
    ORDER_ID,
    deposit_paid,
    informed,
    placed,
    quoted,
    sha,
    sign,
    signed,
)

NOVEMBER = datetime(2018, 11, 5, 10, tzinfo=UTC)
DECEMBER = datetime(2018, 12, 3, 10, tzinfo=UTC)
# Of the end only the year is known: 2019 is undetermined, and from 2020 on the dealers sell for sure.
IN_2019 = datetime(2019, 6, 3, 10, tzinfo=UTC)
IN_2020 = datetime(2020, 2, 3, 10, tzinfo=UTC)

placed_i3 = replace(placed, brand="BMW", model="i3", market="FR", deposit_due_at=NOVEMBER)
sign_i3 = replace(sign, promised_from=date(2020, 3, 1), promised_to=date(2020, 3, 14))
signed_i3 = replace(
    signed,
    signed_at=NOVEMBER,
    decided_by=("FR-BMW-i-agency",),
    promised_from=date(2020, 3, 1),
    promised_to=date(2020, 3, 14),
)
OFFERED_I3 = (placed_i3, deposit_paid, replace(quoted, valid_until=DECEMBER), informed)
CONTRACTED_I3 = (*OFFERED_I3, signed_i3)

tell_customers: RecordConsent = RecordConsent(
    order_id=ORDER_ID,
    by="customer",
    distribution_model="franchise",
    row="FR-BMW-franchise",
    doc_sha256=sha("6"),
    medium="paper",
)
tell_partners = replace(tell_customers, by="partner", partner_id=AGENT_ID, doc_sha256=sha("7"))
by_customer = ConsentRecorded(
    by="customer",
    consenter_id=CUSTOMER_ID,
    distribution_model="franchise",
    row="FR-BMW-franchise",
    doc_sha256=sha("6"),
    medium="paper",
    given_at=DECEMBER,
)
by_partner = replace(by_customer, by="partner", consenter_id=AGENT_ID, doc_sha256=sha("7"))
AGREED_I3 = (*CONTRACTED_I3, by_customer, by_partner)

novate = NovateOrder(order_id=ORDER_ID, distribution_model="franchise", seller="dealer", seller_id=AGENT_ID)


def consent(told: ConsentRecorded) -> Consent:
    """The consent as a novation cites it."""
    return Consent(
        by=told.by,
        consenter_id=told.consenter_id,
        distribution_model=told.distribution_model,
        row=told.row,
        doc_sha256=told.doc_sha256,
        medium=told.medium,
        given_at=told.given_at,
    )


novated = OrderNovated(
    from_model="agency_non_genuine",
    distribution_model="franchise",
    seller="dealer",
    seller_id=AGENT_ID,
    agent_id=None,
    price_setter="dealer",
    stock_owner="dealer",
    invoicer="dealer",
    rule="EU-01",
    rule_version=1,
    confidence="M",
    decided_by=("FR-BMW-franchise",),
    effective_on=date(2020, 2, 3),
    consents=(consent(by_customer), consent(by_partner)),
    plan_id=None,
    plan_version=None,
)
