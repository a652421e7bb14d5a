"""What one would write by hand for `regcli compare FILE`: a yardstick of `comparison.py`.

The same models, folds and grids in number: nested cross-validation of ten folds, five inside, 100 alphas, three shares
of L1. Unlike regcli's, the inner folds leak the scaling of the rows they are judged by.
"""

import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.linear_model import ElasticNetCV, LassoCV, LinearRegression, RidgeCV
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")
frame = pd.read_csv(sys.argv[1])
features, target = frame.iloc[:, :-1], frame.iloc[:, -1]
models = {
    "ols": LinearRegression(),
    "ridge": RidgeCV(alphas=np.logspace(5, -2, 100), cv=5),
    "lasso": LassoCV(alphas=100, eps=1e-4, cv=5),
    "elasticnet": ElasticNetCV(l1_ratio=[0.1, 0.5, 0.9], alphas=100, eps=1e-4, cv=5),
}
folds = KFold(10, shuffle=True, random_state=0)
for name, model in models.items():
    pipeline = make_pipeline(StandardScaler(), model)
    errors = -cross_val_score(pipeline, features, target, cv=folds, scoring="neg_mean_squared_error", n_jobs=2)
    print(name, errors.mean(), errors.std() / 10**0.5)
    pipeline.fit(features, target)
