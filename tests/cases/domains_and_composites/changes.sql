update t set d = row(row(2, null), null) where id = 3;
