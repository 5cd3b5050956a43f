create type floats as range (subtype = float8, subtype_diff = float8mi);
create table t (id int primary key, a int4range, b numrange, c tstzrange, d daterange, e int8multirange, f floats, g datemultirange, h nummultirange);
