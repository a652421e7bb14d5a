"""What one would write by hand for `regcli fit FILE --penalty l1 --alpha 0.1`: the yardstick of `whole_process.py`."""

import sys

import pandas as pd
from sklearn.linear_model import Lasso
from sklearn.preprocessing import StandardScaler

frame = pd.read_csv(sys.argv[1])
features, target = frame.iloc[:, :-1], frame.iloc[:, -1]
model = Lasso(alpha=0.1).fit(StandardScaler().fit_transform(features), target)
for name, value in zip(features.columns, model.coef_, strict=True):
    print(f"{name:10} {value:12.6f}")
