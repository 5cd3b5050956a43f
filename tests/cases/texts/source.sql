create table t (id int primary key, a text, b varchar(12), c char(5), d name, e "char", f text collate "C");
insert into t values
  (1, '', '', '', '', '', ''),
  (2, null, null, null, null, null, null),
  (3, 'NULL', '\N', '\.', 'null', 'x', E'\\.'),
  (4, E'tab\tnew\nline\rreturn\\backslash', E'a\x07b', E'a\nb', 'q"uo''te', '\', '{a,b}'),
  (5, 'ünï©ödé 😀 漢字', 'é', 'é', 'Ñ', 'z', E'e\u0301'),
  (6, '  spaces  ', ' s ', ' s ', ' ', ' ', ' '),
  (7, repeat('x', 300000), 'exactly12chr', 'five5', repeat('n', 63), 'a', E'\u001f\u001e');
