"""A trader's orders: composite keys, a staff that leads itself, pictures, prices in float4, a table without a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.migration import Migration, rows
from tests.real.data import PROJECTS, load, move, needs_real_data, run_file
from tests.real.judges import Question, both_see, reader, referee

pytestmark = needs_real_data

QUESTIONS = {
    "categories": Question(
        """
        select category_id as id, category_name as name, description, picture
        from categories
        """,
        """
        select category_id as id, name, description, picture
        from category
        """,
        ["id"],
    ),
    "suppliers": Question(
        """
        select supplier_id as id, company_name as company, contact_name as contact, city, country, homepage
        from suppliers
        """,
        """
        select supplier_id as id, company, contact, city, country, homepage
        from supplier
        """,
        ["id"],
    ),
    "products": Question(
        """
        select product_id as id, product_name as name, supplier_id, category_id, float4send(coalesce(unit_price,
        0)) as bits, coalesce(units_in_stock, 0) as stock, discontinued <> 0 as gone
        from products
        """,
        """
        select product_id as id, name, supplier_id, category_id, float4send(unit_price) as bits, in_stock as
        stock, discontinued as gone
        from product
        """,
        ["id"],
    ),
    "shippers": Question(
        """
        select shipper_id as id, company_name as company, phone
        from shippers
        """,
        """
        select shipper_id as id, company, phone
        from shipper
        """,
        ["id"],
    ),
    "territories": Question(
        """
        select territory_id as id, territory_description as name, region_description as region,
        count(employee_id) as people
        from territories join region using (region_id) left join employee_territories using (territory_id) group
        by 1, 2, 3
        """,
        """
        select territory_id as id, name, region::text, count(employee_id) as people
        from territory left join employee_territory using (territory_id) group by 1, 2, 3
        """,
        ["id"],
    ),
    "who works where": Question(
        """
        select employee_id, territory_id
        from employee_territories
        """,
        """
        select employee_id, territory_id
        from employee_territory
        """,
        ["employee_id", "territory_id"],
    ),
    "staff": Question(
        """
        select e.employee_id as id, e.first_name as first, e.last_name as last, m.last_name as manager,
        e.birth_date as born, e.hire_date as hired, e.photo, e.notes
        from employees e left join employees m on m.employee_id = e.reports_to
        """,
        """
        select e.employee_id as id, e.first_name as first, e.last_name as last, m.last_name as manager,
        e.born_on as born, e.hired_on as hired, e.photo, e.notes
        from employee e left join employee m on m.employee_id = e.manager_id
        """,
        ["id"],
    ),
    "customers": Question(
        """
        select customer_id as id, company_name as company, contact_name as contact, city, country, phone
        from customers
        """,
        """
        select customer_id as id, company, contact, city, country, phone
        from customer
        """,
        ["id"],
    ),
    "orders": Question(
        """
        select order_id as id, customer_id as customer, employee_id as seller, ship_via as shipper, order_date
        as ordered, shipped_date as shipped, float4send(freight) as freight, concat_ws(', ', ship_name,
        ship_address, ship_city, ship_country) as destination
        from orders
        where order_id < 12002
        """,
        """
        select order_id as id, customer_id as customer, employee_id as seller, shipper_id as shipper, ordered_on
        as ordered, shipped_on as shipped, float4send(freight) as freight, destination
        from "order"
        """,
        ["id"],
    ),
    "order lines": Question(
        """
        select order_id as "order", product_id as product, float4send(unit_price) as price, quantity,
        float4send(discount) as discount
        from order_details
        where order_id < 12002
        """,
        """
        select order_id as "order", product_id as product, float4send(unit_price) as price, quantity,
        float4send(discount) as discount
        from order_line
        """,
        ["order", "product"],
    ),
    "states, which have no key": Question(
        """
        select state_abbr as short, state_name as name, state_region as part_of
        from us_states
        """,
        """
        select abbreviation as short, name, part_of
        from state
        """,
        [],
    ),
    "turnover by customer": Question(
        """
        select company_name as company, round(sum(quantity * unit_price::numeric * (1 - discount::numeric)), 4)
        as total
        from order_details join orders using (order_id) join customers using (customer_id) group by 1
        """,
        """
        select company, round(sum(quantity * unit_price::numeric * (1 - discount::numeric)), 4) as total
        from order_line join "order" using (order_id) join customer using (customer_id) group by 1
        """,
        ["company"],
    ),
}


@pytest.fixture(scope="module")
def opened(project: Callable[..., Migration], kept_database: Callable[..., str]) -> Migration:
    """Moved while the old system was trading, and open."""
    source_url, target_url = kept_database("northwind"), kept_database("traders")
    load("northwind", "pg", source_url)
    run_file(target_url, PROJECTS / "northwind" / "target.sql")
    late = """select count(*) from "order" where ordered_on >= '1998-01-01'"""
    return move(project("northwind", source_url, target_url), late=late)


def test_the_referee_finds_both_sides_equal(opened: Migration) -> None:
    assert "EQUAL: 16 tables" in referee(opened)


@pytest.mark.parametrize("what", QUESTIONS)
def test_the_reader_finds_both_sides_equal(opened: Migration, what: str) -> None:
    assert reader(opened, QUESTIONS[what]) == []


def test_empty_tables_are_empty(opened: Migration) -> None:
    assert rows(opened.target_url, "table customer_kind union all table customer_kind_of_customer") == []


def test_what_stays_behind_is_in_quarantine(opened: Migration) -> None:
    held = rows(opened.target_url, "select table_name, key, state from golive.quarantine order by 1")
    assert held == [("public.order", ["12002"], "23514"), ("public.order_line", ["12002", "1"], "23503")]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("update order_line set discount = 0.1501 where order_id = 10250 and product_id = 51", "order lines"),
        ("delete from employee_territory where employee_id = 1 and territory_id = '06897'", "who works where"),
        ("insert into state values ('AK', 'Alaska', 'north')", "states, which have no key"),
    ],
    ids=["a cell changed", "a row gone", "a row more"],
)
def test_both_judges_see_a_difference(opened: Migration, statement: str, what: str) -> None:
    both_see(opened, statement, QUESTIONS[what])
