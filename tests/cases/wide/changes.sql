update t set c499 = 'changed' where id = 7;
