select id, child, 0 from p where id <> 1501 union all select * from c where id <> 1501
-- target
select id, child, 0 from p union all select * from c
