update c set pos = case pos when 1 then 2 else 1 end where pos in (1, 2);
