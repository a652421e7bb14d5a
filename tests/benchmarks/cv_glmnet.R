# What one would write in R for `regcli cv FILE --penalty l1`, and with a second word for --family: a yardstick of
# cross_validation.py and family_cv.py.
suppressPackageStartupMessages({
  library(data.table)
  library(glmnet)
})
words <- commandArgs(trailingOnly = TRUE)
frame <- fread(words[1])
x <- as.matrix(frame[, -ncol(frame), with = FALSE])
y <- frame[[ncol(frame)]]
set.seed(1)
found <- cv.glmnet(x, y, nfolds = 10, family = if (length(words) > 1) words[2] else "gaussian")
cat("min", found$lambda.min, min(found$cvm), "\n")
print(coef(found, s = "lambda.1se")[, 1])
