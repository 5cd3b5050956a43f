delete from t where a % 50 = 0;
insert into t values (50, 'new');
