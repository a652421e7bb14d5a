"""What one would write by hand for `regcli cv FILE --penalty l1`: a yardstick of `cross_validation.py`.

The scaler learns from all rows before the folds are cut: the leak is part of what one would write.
"""

import sys

import pandas as pd
from sklearn.linear_model import LassoCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

frame = pd.read_csv(sys.argv[1])
features, target = frame.iloc[:, :-1], frame.iloc[:, -1]
model = make_pipeline(StandardScaler(), LassoCV(alphas=100, cv=10, n_jobs=2)).fit(features, target)
lasso = model[-1]
print("min", lasso.alpha_, lasso.mse_path_.mean(axis=1).min())
for name, value in zip(features.columns, lasso.coef_, strict=True):
    print(name, value)
