select id, c1, c1499, c1500 from t
