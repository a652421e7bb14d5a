# The glmnet of family_paths.py: reads Z, y and the alphas from a folder, then runs the path once for every line it gets.
# A second argument, early, has it draw the same alphas itself, which is when its rules for when to stop hold.
suppressPackageStartupMessages(library(glmnet))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
name <- if (length(arguments) > 1) "glmnet_early" else "glmnet"
size <- scan(file.path(folder, "size.txt"), quiet = TRUE)
numbers <- function(name, count) readBin(file.path(folder, name), "double", count)
x <- matrix(numbers("Z.bin", size[1] * size[2]), size[1], size[2])
y <- numbers("y.bin", size[1])
lambda <- numbers("alphas.bin", size[3])
if (name == "glmnet") glmnet.control(fdev = 0, devmax = 1)
cat("glmnet", format(packageVersion("glmnet")), "\n")
orders <- file("stdin", "r")
repeat {
  order <- readLines(orders, 1)
  if (length(order) == 0) break
  begun <- sum(proc.time()[1:2])
  found <- if (name == "glmnet") {
    glmnet(x, y, family = "binomial", lambda = lambda, standardize = FALSE)
  } else {
    ratio <- lambda[length(lambda)] / lambda[1]
    glmnet(x, y, family = "binomial", nlambda = length(lambda), lambda.min.ratio = ratio, standardize = FALSE)
  }
  spent <- sum(proc.time()[1:2]) - begun
  writeBin(as.vector(rbind(found$a0, as.matrix(found$beta))), file.path(folder, paste0(name, ".bin")))
  cat(format(spent, digits = 17), "\n")
}
