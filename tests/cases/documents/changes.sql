update t set a = '{"b": 1, "a": 1.0, "a": 2}', b = '{"b": 1, "a": 1.00, "c": "\u20ac"}' where id = 1;
update t set g = 'MIXED' where id = 3;
