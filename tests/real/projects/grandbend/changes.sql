-- What the district's people did in the old system after the older rows had moved, and before the freeze.

-- A new student, with a family and a day of absence.
insert into student (id, student_unique_id, name_first_name, name_last_surname, birth_data_birth_date)
values (2001, 700001, 'Łucja', 'O’Brien-Śliwa', '2013-02-28');
insert into contact (id, contact_unique_id, name_first_name, name_last_surname, address_city)
values (3001, 880001, 'Renée', 'Śliwa', 'Grand Bend');
insert into student_contact_association (id, student_unique_id, contact, relation, lives_with)
values (3001, 700001, '880001', 'Mother', 'true');
insert into student_school_attendance_event
    (id, attendance_event_date, attendance_event_attendance_event_category, student_unique_id, school_id,
     session_name, session_school_year, session_school_id, arrival_time)
values (5001, '2022-03-01', 'Tardy', 700001, 255901001, '2021-2022 Spring Semester', '2021-2022', 255901001, '23:59:59.999999'),
       -- entered late, for a day that had moved already
       (5002, '2021-09-03', 'Excused Absence', 604822, 255901001, '2021-2022 Fall Semester', '2021-2022', 255901001, null);

-- Corrections without a trace, for no table has a time of change.
update student set name_preferred_first_name = '' where id = 1;
update student set name_middle_name = null, citizenship_status = 'ünknown' where id between 10 and 20;
update student_school_attendance_event set attendance_event_attendance_event_reason = 'Ill' where id % 97 = 0;
update student_gradebook_entry set numeric_grade_earned = 99.9999 where id = 7;
update staff set years_of_prior_professional_experience = 0.0001 where id = 3;
update course_offering set course_code = 'ALG-2' where id = 2;

-- Gone from tables that nothing else names.
delete from student_school_attendance_event where id % 101 = 0;
delete from bell_schedule__class_period where id = 5;
delete from survey_section_response_staff_target_association;

-- A pupil leaves with everything.
delete from student_contact_association where student_unique_id = 604821;
delete from contact__telephone where parent_id = 2;

-- What the new system cannot take: a child without a surname, an absence of that child, one of a child that nobody knows.
insert into student (id, student_unique_id, name_first_name) values (2002, 700002, 'Cher');
insert into student_school_attendance_event (id, attendance_event_date, student_unique_id, school_id)
values (5003, '2022-04-01', 700002, 255901044), (5004, '2022-04-02', 999999, 255901044);
