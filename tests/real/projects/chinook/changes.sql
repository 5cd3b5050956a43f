-- A few days of trade in the old shop, after the older orders had moved.

-- New staff: the later number leads the earlier one.
insert into "Employee" ("EmployeeId", "FirstName", "LastName", "Title", "ReportsTo", "BirthDate", "HireDate", "Email")
values (20, 'Ragnheiður', 'Þórsdóttir', 'Sales Manager', 1, '1980-02-29', '2026-01-05', 'ragnheidur@chinookcorp.com');
insert into "Employee" ("EmployeeId", "FirstName", "LastName", "Title", "ReportsTo", "BirthDate", "HireDate", "Email")
values (10, 'Ngọc', 'Nguyễn', 'Sales Support Agent', 20, '1999-12-31', '2026-01-06', 'ngoc@chinookcorp.com');
update "Employee" set "ReportsTo" = 20 where "EmployeeId" in (3, 4, 5);

insert into "Customer" ("CustomerId", "FirstName", "LastName", "Address", "City", "Country", "Email", "SupportRepId")
values (100, 'Σωκράτης', '👩🏽‍🚀', 'Ακρόπολη 1', 'Αθήνα', 'Greece', 'Sokrates@Example.gr', 10);

-- An order of today, one written late for a day before the watermark, and one that is corrected.
insert into "Invoice" ("InvoiceId", "CustomerId", "InvoiceDate", "BillingCountry", "Total")
values (1000, 100, '2026-03-08 01:59:59.999999', 'Greece', 0.99), (1001, 100, '2022-06-01', 'Greece', 1.98);
insert into "InvoiceLine" ("InvoiceLineId", "InvoiceId", "TrackId", "UnitPrice", "Quantity")
values (5000, 1000, 1, 0.99, 1), (5001, 1001, 2, 0.99, 2);
update "Invoice" set "Total" = 100.00, "BillingCity" = 'Malmö' where "InvoiceId" = 17;

-- Music that is renamed, moved to another genre, and withdrawn. A genre's name is every track's.
update "Track" set "Name" = '"Quoted", \back\slash' || chr(9) || chr(10), "Composer" = null where "TrackId" = 3;
update "Genre" set "Name" = 'Sci-Fi' where "Name" = 'Science Fiction';
update "Track" set "GenreId" = null, "Bytes" = 2147483647 where "TrackId" = 5;
delete from "PlaylistTrack" where "TrackId" % 50 = 0;
delete from "PlaylistTrack" where "PlaylistId" = 18;
delete from "Playlist" where "PlaylistId" = 18;
insert into "Playlist" values (19, null);
insert into "Playlist" values (20, 'Für Élise');
insert into "PlaylistTrack" values (19, 1), (20, 1), (20, 3503);

-- Free music, which the new shop does not know; what hangs on it stays behind with it.
insert into "Track" ("TrackId", "Name", "MediaTypeId", "Milliseconds", "UnitPrice") values (4000, 'Free', 1, 1000, 0);
insert into "PlaylistTrack" values (20, 4000);
insert into "InvoiceLine" ("InvoiceLineId", "InvoiceId", "TrackId", "UnitPrice", "Quantity") values (5002, 1000, 4000, 0, 1);
