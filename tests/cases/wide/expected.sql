select id, c1, c499, c500 from t
