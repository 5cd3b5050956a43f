create schema "Old Sch.ema";
create table "Old Sch.ema"."x" (i int);
create schema odd;
create table odd."Tab le" ("Id" int primary key, "select" text, "a.b" int, "q""uote" text, n int, s int, t int, src int, place int, "order" int, golive_1 int, "%s" text, "{}" text, reason text, key text);
create table "sixty_three_letters_long_name_of_a_table_that_goes_on_and_on_ab" ("sixty_three_letters_long_name_of_a_column_that_goes_on_and_on_a" int primary key);
