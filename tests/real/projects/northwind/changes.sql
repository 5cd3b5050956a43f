-- A week in the old system, after the older orders had moved.

-- Pictures at last: every byte there is.
update categories set picture = decode(string_agg, 'hex')
from (select string_agg(lpad(to_hex(n), 2, '0'), '' order by n) from generate_series(0, 255) n) bytes where category_id = 1;
update employees set photo = '\x00ff5c780a0d' where employee_id = 3;
update employees set photo = null, notes = E'Line\r\nline\ttab \\. \\N' where employee_id = 4;

-- Prices that no decimal can say, the smallest and the largest a float4 has.
update products set unit_price = 1.0::real / 3 where product_id = 1;
update products set unit_price = '1e-45' where product_id = 2;
update products set unit_price = '3.4028235e38' where product_id = 3;
update products set unit_price = '-0' where product_id = 4;
update products set unit_price = 'NaN' where product_id = 5;
update products set unit_price = null, discontinued = 1 where product_id = 6;

-- The staff is led by somebody new; the customer Alfreds Futterkiste gets another code with all that is his.
insert into employees (employee_id, last_name, first_name, reports_to) values (100, 'Ørsted-Ñandú', 'Zoë', null);
update employees set reports_to = 100 where employee_id = 2;
insert into customers select 'ÄLFKI', company_name || ' 株式会社', contact_name, contact_title, address, city, region,
    postal_code, country, phone, fax from customers where customer_id = 'ALFKI';
update orders set customer_id = 'ÄLFKI' where customer_id = 'ALFKI';
delete from customers where customer_id = 'ALFKI';

-- Orders: deleted with its lines, entered late for an old day, corrected without a change of date, of today.
delete from order_details where order_id = 10260;
delete from orders where order_id = 10260;
insert into orders (order_id, customer_id, employee_id, order_date, ship_via, freight, ship_name)
values (12000, 'VINET', 5, '1996-12-31', 1, 0.1, 'Vins et alcools'), (12001, 'ÄLFKI', 100, '2026-02-28', 2, 1e10, '');
insert into order_details values (12000, 1, 0.1, 1, 0.1), (12001, 1, 1.0::real / 3, 32767, 1);
update order_details set discount = 0.07 where order_id = 10248 and product_id = 11;
update order_details set product_id = 1 where order_id = 10248 and product_id = 42;
update orders set ship_country = 'Österreich' where order_id = 10258;

delete from employee_territories where employee_id = 9;
update region set region_description = 'Northern' where region_id = 4;
update us_states set state_region = 'Süden' where state_abbr = 'AL';
delete from us_states where state_abbr = 'WY';

-- What the new system refuses: shipped before it was ordered, with its line.
insert into orders (order_id, order_date, shipped_date, freight) values (12002, '2026-02-02', '2026-02-01', 0);
insert into order_details values (12002, 1, 1, 1, 0);
