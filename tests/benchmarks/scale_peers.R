# What one would write in R for regcli's commands: the glmnet of scale.py.
#   Rscript --vanilla scale_peers.R JOB FILE
# version tells who answers; classes is cv of a target of two classes.
suppressPackageStartupMessages({
  library(data.table)
  if (commandArgs(trailingOnly = TRUE)[1] != "reading") library(glmnet)
})
words <- commandArgs(trailingOnly = TRUE)
job <- words[1]
if (job == "version") {
  for (name in c("data.table", "glmnet")) cat(name, " ", format(packageVersion(name)), ", ", sep = "")
  cat("R", format(getRversion()), "\n")
  quit()
}
frame <- fread(words[2])
if (job == "reading") {
  print(dim(frame))
  quit()
}
x <- as.matrix(frame[, -ncol(frame), with = FALSE])
y <- frame[[ncol(frame)]]
if (job == "fit") {
  print(coef(glmnet(x, y, lambda = 0.1))[, 1])
} else if (job == "path") {
  found <- glmnet(x, y)
  print(found)
  print(coef(found)[, length(found$lambda)])
} else {
  set.seed(1)
  found <- cv.glmnet(x, y, nfolds = 10, family = if (job == "classes") "binomial" else "gaussian")
  cat("min", found$lambda.min, min(found$cvm), "\n")
  print(coef(found, s = "lambda.1se")[, 1])
}
