# The glmnet of path_shapes.py: reads Z, y and the alphas from a folder, then runs the path once for every line it gets.
suppressPackageStartupMessages(library(glmnet))
folder <- commandArgs(trailingOnly = TRUE)[1]
size <- scan(file.path(folder, "size.txt"), quiet = TRUE)
numbers <- function(name, count) readBin(file.path(folder, name), "double", count)
x <- matrix(numbers("Z.bin", size[1] * size[2]), size[1], size[2])
y <- numbers("y.bin", size[1])
lambda <- numbers("alphas.bin", size[3])
glmnet.control(fdev = 0, devmax = 1)
cat("glmnet", format(packageVersion("glmnet")), "\n")
orders <- file("stdin", "r")
repeat {
  order <- readLines(orders, 1)
  if (length(order) == 0) break
  begun <- sum(proc.time()[1:2])
  found <- glmnet(x, y, lambda = lambda, standardize = FALSE, intercept = FALSE)
  spent <- sum(proc.time()[1:2]) - begun
  writeBin(as.vector(as.matrix(found$beta)), file.path(folder, "glmnet.bin"))
  cat(format(spent, digits = 17), "\n")
}
