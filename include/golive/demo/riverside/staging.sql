-- What the people of Riverside set up ahead of the go-live, in a database of the new system's own schema.

update setting set value = 'river-2026' where name = 'sis.theme';
insert into setting (name, value) values ('sis.grade_precision', '2'), ('sis.week_starts_on', 'monday');

update term set title = 'Spring' where (school_year, code) = (2025, 'S2');
insert into term values
    (2026, 'S1', 'Fall', '2026-09-02', '2027-01-22'),
    (2026, 'S2', 'Spring', '2027-01-25', '2027-06-11');

-- Numbers that production gives out are others here.
delete from grading_mark;
delete from grading_scale;
alter table grading_scale alter scale_id restart with 70;
insert into grading_scale (code, title) values ('LETTER', 'Letter grades'), ('PASS', 'Pass or fail');
insert into grading_mark
select scale_id, mark, low_percent, points
from grading_scale
join (values
    ('LETTER', 'A', 90, 4.00), ('LETTER', 'B', 80, 3.00), ('LETTER', 'C', 70, 2.00), ('LETTER', 'D', 60, 1.00),
    ('LETTER', 'F', 0, 0.00), ('PASS', 'P', 60, null), ('PASS', 'F', 0, null)
) m (code, mark, low_percent, points) using (code);

update fee_type set standard_amount = 125.00 where fee_code = 'NVTUI';
insert into fee_type (fee_code, name, standard_amount) values ('NVLAB', 'Virtual laboratory', 35.00);
