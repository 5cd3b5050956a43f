-- Chinook as it is called where it comes from: "Album" with "AlbumId"; its PostgreSQL file writes album, album_id.

do $$
declare
    item record;
begin
    for item in
        select a.attrelid::regclass as name, a.attname, replace(initcap(replace(a.attname, '_', ' ')), ' ', '') as called
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attnum > 0
    loop
        execute format('alter table %s rename %I to %I', item.name, item.attname, item.called);
    end loop;
    for item in
        select c.oid::regclass as name, replace(initcap(replace(c.relname, '_', ' ')), ' ', '') as called
        from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    loop
        execute format('alter table %s rename to %I', item.name, item.called);
    end loop;
end $$;
