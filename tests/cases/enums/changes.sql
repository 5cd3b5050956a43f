update t set v = 'mid' where id = 'high';
