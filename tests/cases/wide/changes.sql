update t set c1499 = 'changed' where id = 7;
