create table t (id int, day date, v text, primary key (id, day)) partition by range (day);
create table t_2024 partition of t for values from ('2024-01-01') to ('2025-01-01');
create table t_2025 partition of t for values from ('2025-01-01') to ('2026-01-01') partition by hash (id);
create table t_2025_0 partition of t_2025 for values with (modulus 2, remainder 0);
create table t_2025_1 partition of t_2025 for values with (modulus 2, remainder 1);
