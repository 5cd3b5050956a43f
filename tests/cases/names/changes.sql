update odd."Tab le" set "select" = 'w', "q""uote" = null, place = -1 where "Id" in (3, 4);
delete from odd."Tab le" where "Id" = 5;
update odd."Tab le" set golive_1 = 0, n = 1 where "Id" = 900;
