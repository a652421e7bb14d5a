# What one would write in R for `regcli cv FILE --penalty l1`: a yardstick of cross_validation.py.
suppressPackageStartupMessages({
  library(data.table)
  library(glmnet)
})
frame <- fread(commandArgs(trailingOnly = TRUE)[1])
x <- as.matrix(frame[, -ncol(frame), with = FALSE])
y <- frame[[ncol(frame)]]
set.seed(1)
found <- cv.glmnet(x, y, nfolds = 10)
cat("min", found$lambda.min, min(found$cvm), "\n")
print(coef(found, s = "lambda.1se")[, 1])
