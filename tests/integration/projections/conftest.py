import pytest

from infra.log import Log


@pytest.fixture
def log(order_book: Log) -> Log:
    return order_book
