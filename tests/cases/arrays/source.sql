create table t (id int primary key, a int[], b text[], c numeric(8, 2)[], d date[], e bytea[], f bool[], g float8[], h varchar(4)[], i char(3)[], j timestamptz[], k jsonb[]);
insert into t values
  (1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
  (2, '{{1,2},{3,null}}', array['NULL', null, '', 'a,b', '{x}', '"', '\', E'\n'], '{1.5,NaN}', '{infinity,0044-03-15 BC}', array['\x00ff'::bytea, null], '{t,f,null}', '{-0,NaN,Infinity}', '{abcd,null}', '{a,bcd}', '{infinity}', array['{"a": [1, null]}'::jsonb]),
  (3, '[0:1]={1,2}', '[-1:0][2:2]={{a},{b}}', null, null, null, null, null, null, null, null, null);
