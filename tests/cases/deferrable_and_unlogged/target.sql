create unlogged table p (id int primary key, child int);
create unlogged table c (id int primary key, p int references p deferrable initially deferred, pos int not null unique deferrable initially deferred);
alter table p add foreign key (child) references c deferrable initially deferred;
