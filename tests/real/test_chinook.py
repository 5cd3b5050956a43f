"""A music shop moves into other schemas under other names: split, merged, in another letter case."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.migration import Migration, rows
from tests.real.data import PROJECTS, load, move, needs_real_data, run_file
from tests.real.judges import Question, both_see, reader, referee

pytestmark = needs_real_data

QUESTIONS = {
    "artists": Question(
        """
        select "ArtistId" as id, "Name" as name
        from "Artist"
        """,
        """
        select artist_id as id, name
        from music.artist
        """,
        ["id"],
    ),
    "albums": Question(
        """
        select a."AlbumId" as id, a."Title" as title, b."Name" as artist
        from "Album" a join "Artist" b using ("ArtistId")
        """,
        """
        select album_id as id, title, name as artist
        from music.album join music.artist using (artist_id)
        """,
        ["id"],
    ),
    "formats": Question(
        """
        select "MediaTypeId" as id, "Name" as name
        from "MediaType"
        """,
        """
        select "FormatId" as id, "Name" as name
        from music."MediaFormat"
        """,
        ["id"],
    ),
    "tracks": Question(
        """
        select "TrackId" as id, "Name" as title, "AlbumId" as album, "MediaTypeId" as format, "Bytes" as bytes,
        round("Milliseconds" * 0.001, 3) as seconds, "UnitPrice" as price, "Composer" as composer, (select
        "Name"
        from "Genre" g
        where g."GenreId" = t."GenreId") as genre
        from "Track" t
        where "UnitPrice" <> 0
        """,
        """
        select track_id as id, title, album_id as album, format_id as format, bytes, seconds, price,
        nullif(array_to_string(composers, ', '), '') as composer, genre
        from music.track
        """,
        ["id"],
    ),
    "playlists": Question(
        """
        select "PlaylistId" as id, "Name" as name
        from "Playlist"
        where "PlaylistId" <> 19
        """,
        """
        select playlist_id as id, name
        from music.playlist
        where playlist_id <> 500
        """,
        ["id"],
    ),
    "what is on them": Question(
        """
        select "PlaylistId" as list, "TrackId" as track
        from "PlaylistTrack"
        where "PlaylistId" <> 19 and "TrackId" <> 4000
        """,
        """
        select playlist_id as list, track_id as track
        from music.playlist_track
        """,
        ["list", "track"],
    ),
    "staff and whom they report to": Question(
        """
        select e."EmployeeId" as id, e."FirstName" || ' ' || e."LastName" as name, e."Title" as job,
        m."FirstName" || ' ' || m."LastName" as manager, e."BirthDate"::date as born, e."HireDate"::date as
        hired, e."Email" as email
        from "Employee" e left join "Employee" m on m."EmployeeId" = e."ReportsTo"
        """,
        """
        select e.employee_id as id, e.full_name as name, e.job_title as job, m.full_name as manager, e.born_on
        as born, e.hired_on as hired, e.email
        from hr.employee e left join hr.employee m on m.employee_id = e.manager_id
        """,
        ["id"],
    ),
    "departments": Question(
        """
        select case when "Title" ~ '^Sales' then 'sales' when "Title" ~ '^IT' then 'it' else 'management' end as
        name, count(*) as people
        from "Employee" group by 1
        """,
        """
        select department::text as name, count(*) as people
        from hr.employee group by 1
        """,
        ["name"],
    ),
    "customers": Question(
        """
        select "CustomerId" as id, "FirstName" as first, "LastName" as last, "Company" as company,
        "SupportRepId" as rep, lower("Email") as email, "Address" as street, "City" as city, "State" as state,
        "PostalCode" as code, replace("Country", 'USA', 'United States') as country
        from "Customer"
        """,
        """
        select customer_id as id, first_name as first, last_name as last, company, adviser_id as rep, email,
        street, city, region as state, postal_code as code, country
        from sales.customer join sales.address using (customer_id)
        where customer_id < 9000
        """,
        ["id"],
    ),
    "orders": Question(
        """
        select "InvoiceId" as id, "CustomerId" as customer, "InvoiceDate" at time zone 'America/Edmonton' as
        placed, "BillingAddress" as street, "BillingCity" as city, "Total" as total
        from "Invoice"
        """,
        """
        select "OrderId" as id, "CustomerId" as customer, "PlacedAt" as placed, "Street" as street, "City" as
        city, "Total" as total
        from sales."Order"
        """,
        ["id"],
    ),
    "order lines": Question(
        """
        select "InvoiceId" as "order", "InvoiceLineId" as line, "TrackId" as track, "Quantity" as quantity,
        "UnitPrice" * "Quantity" as amount
        from "InvoiceLine"
        where "InvoiceLineId" <> 5002
        """,
        """
        select order_id as "order", line_id as line, track_id as track, quantity, amount
        from sales.order_line
        """,
        ["order", "line"],
    ),
    "turnover by country and year": Question(
        """
        select replace("BillingCountry", 'USA', 'United States') as country, extract(year from "InvoiceDate") as
        year, sum("Total") as total
        from "Invoice" group by 1, 2
        """,
        """
        select "Country" as country, extract(year from "PlacedAt" at time zone 'America/Edmonton') as year,
        sum("Total") as total
        from sales."Order" group by 1, 2
        """,
        ["country", "year"],
    ),
}

# The free track with the order line and the playlist's place that name it; the playlist without a name with its track.
LEFT_BEHIND = {
    ("music.track", ("4000",)),
    ("sales.order_line", ("1000", "5002")),
    ("music.playlist", ("19",)),
    ("music.playlist_track", ("4000", "20")),
    ("music.playlist_track", ("1", "19")),
}


@pytest.fixture(scope="module")
def opened(project: Callable[..., Migration], kept_database: Callable[..., str]) -> Migration:
    """Moved while the old shop was trading, and open."""
    source_url, target_url = kept_database("chinook"), kept_database("shop")
    load("chinook", "pg", source_url)
    run_file(source_url, PROJECTS / "chinook" / "letter_case.sql")
    run_file(target_url, PROJECTS / "chinook" / "target.sql")
    late = """select count(*) from sales."Order" where "PlacedAt" >= '2025-01-02'"""
    return move(project("chinook", source_url, target_url), late=late)


def test_the_referee_finds_both_sides_equal(opened: Migration) -> None:
    assert "EQUAL: 12 tables" in referee(opened)


@pytest.mark.parametrize("what", QUESTIONS)
def test_the_reader_finds_both_sides_equal(opened: Migration, what: str) -> None:
    assert reader(opened, QUESTIONS[what]) == []


def test_what_stays_behind_is_in_quarantine(opened: Migration) -> None:
    held = rows(opened.target_url, "select table_name, key from golive.quarantine")
    assert {(table, tuple(key)) for table, key in held} == LEFT_BEHIND


def test_the_new_shops_own_rows_are_left_alone(opened: Migration) -> None:
    own = rows(
        opened.target_url,
        "select first_name, street from sales.customer join sales.address using (customer_id) where origin = 'shop'",
    )
    assert own == [("Ada", "12 St James's Square")]
    assert rows(opened.target_url, "select name from music.playlist where origin = 'shop'") == [("Staff picks",)]


def test_the_next_order_gets_a_number_of_its_own(opened: Migration) -> None:
    query = """select nextval(pg_get_serial_sequence('sales."Order"', 'OrderId'))"""
    assert rows(opened.target_url, query)[0][0] == 1002


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("update music.track set title = 'Fast as a shark' where track_id = 3", "tracks"),
        ("delete from music.playlist_track where track_id = 1 and playlist_id = 17", "what is on them"),
        ("insert into sales.\"Order\" values (5000, 1, now(), null, null, 'Greece', 1)", "orders"),
    ],
    ids=["a cell changed", "a row gone", "a row more"],
)
def test_both_judges_see_a_difference(opened: Migration, statement: str, what: str) -> None:
    both_see(opened, statement, QUESTIONS[what])
