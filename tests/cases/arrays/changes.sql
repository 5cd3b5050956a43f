update t set a = '{1,2}' where id = 3;
update t set b = array[null] where id = 1;
