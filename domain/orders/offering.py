"""The customer gets a price, and is told what the law wants told before a contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain.checks import hashes
from domain.context import Context
from domain.kernel import Refused, replace
from domain.money import Money
from domain.orders.asking import OrderReport, OrderRequest, flags, in_currency, positive
from domain.orders.configuring import orderable
from domain.orders.state import Order, OrderEvent, Quote
from domain.words import Medium, Party


class QuoteIssued(OrderEvent):
    """A binding price until `valid_until`, set by `price_authority`. `net` + `tax` = `gross`."""

    list_price: Money
    net: Money
    tax: Money
    gross: Money
    options: tuple[str, ...]
    price_authority: Party
    valid_until: datetime

    def evolve(self, order: Order, /) -> Order:
        quote = Quote(
            gross=order.minor(self.gross),
            net=order.minor(self.net),
            options=self.options,
            price_authority=self.price_authority,
            valid_until=self.valid_until,
        )
        return replace(order, quote=quote)


class PrecontractInfoGiven(OrderEvent):
    """The customer was given the pre-contract information as the document with this SHA-256 (hex).
    `language` is an ISO 639-1 code."""

    doc_sha256: str
    medium: Medium
    language: str
    includes_withdrawal_form: bool
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        return replace(
            order,
            informed=True,
            fully_informed=order.fully_informed or self.includes_withdrawal_form,
            told=order.hears(f"information {self.doc_sha256}"),
        )


class IssueQuote(OrderRequest):
    """Offer a price. Until the contract a later quote replaces an earlier one."""

    list_price: Money
    net: Money
    tax: Money
    gross: Money
    options: tuple[str, ...] = ()
    price_authority: Party
    valid_until: datetime

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if order.contract is not None:
            raise Refused("contracted", "the contract is signed: ask for a change instead of a quote")
        positive(order, list_price=self.list_price, net=self.net, gross=self.gross)
        in_currency(order, tax=self.tax)
        if self.net + self.tax != self.gross:
            raise Refused(
                "amount",
                "net {net} and tax {tax} do not make gross {gross}",
                net=self.net,
                tax=self.tax,
                gross=self.gross,
            )
        if self.valid_until <= context.occurred_at:
            raise Refused(
                "past", "valid_until is {valid_until}: that has passed", valid_until=self.valid_until
            )
        orderable(order, self.options, context.occurred_at, context)
        yield QuoteIssued(
            list_price=self.list_price,
            net=self.net,
            tax=self.tax,
            gross=self.gross,
            options=self.options,
            price_authority=self.price_authority,
            valid_until=self.valid_until,
        )


class GivePrecontractInfo(OrderReport):
    """The customer was given this document. The same document again tells nothing new."""

    doc_sha256: str
    medium: Medium
    language: str
    includes_withdrawal_form: bool

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        hashes(doc_sha256=self.doc_sha256)
        if f"information {self.doc_sha256}" in order.told:
            return
        yield PrecontractInfoGiven(
            doc_sha256=self.doc_sha256,
            medium=self.medium,
            language=self.language,
            includes_withdrawal_form=self.includes_withdrawal_form,
            contradicts=flags(order, contracted=order.contract is not None),
        )
