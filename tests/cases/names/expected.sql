select * from odd."Tab le"
