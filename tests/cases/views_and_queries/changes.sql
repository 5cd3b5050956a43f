update base set gone = true where id = 7;
