-- What the people of Northgate set up ahead of the go-live, in a database of the new system's own schema.

update product set name = 'Northgate Cloud Hub', attributes = '{"region": "eu", "trial_days": 30}' where code = 'CLOUD';

insert into price_book (code, legal_entity, name, active) values ('NVCLOUD', 'NV', 'Cloud prices', true);
insert into price (price_book, product_code, valid_from, valid_until, amount) values
    ('NVCLOUD', 'CLOUD', '2026-07-01', '2027-01-01', 69.00),
    ('NVCLOUD', 'CLOUD', '2027-01-01', null, 74.00);

-- Numbers that production gives out are others here.
delete from licence_template;
alter table product alter product_id restart with 900;
insert into product (code, name, model) values ('SETUP', 'Not to be copied', 'named');
update product set product_id = default where code = 'CLOUD';
insert into licence_template (code, product_id, model, days, seats)
select t.code, product_id, t.model, t.days, t.seats
from product p
join (values
    ('PILOT', 'subscription'::licence_model, 30, 10), ('TEAM', 'subscription', 365, 25), ('CAMPUS', 'floating', null, 500)
) t (code, model, days, seats) on p.code = 'CLOUD';
