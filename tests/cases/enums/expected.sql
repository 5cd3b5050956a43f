select id, v, w, s from t where id <> 'mid'
-- target
select id, v, w, s from t
