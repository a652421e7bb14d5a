# Rscript heart.coxph.R, in this folder: writes ../heart.csv and heart.coxph.json (R 4.2.2, survival 3.5-3).
library(survival)

rows <- heart
rows$transplant <- as.integer(as.character(rows$transplant))
write.csv(format(rows, digits = 15, trim = TRUE), "../heart.csv", row.names = FALSE, quote = FALSE)
rows <- read.csv("../heart.csv")
rows$w <- 1 + (seq_len(nrow(rows)) - 1) %% 3
# Months: many ties.
rows$from <- floor(rows$start / 30)
rows$to <- ceiling(rows$stop / 30)

number <- function(x) ifelse(is.finite(x), sprintf("%.14g", x), "null")
array <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
object <- function(x) paste0("{", paste0('"', names(x), '": ', unlist(x), collapse = ", "), "}")
list_of <- function(x) paste0("[", paste(x, collapse = ",\n"), "]")

control <- coxph.control(eps = 1e-15, iter.max = 100, toler.chol = 1e-16)
one <- function(id, ties, entry, weighted, strata) {
  x <- if (strata) "age + year + transplant + strata(surgery)" else "age + year + surgery + transplant"
  y <- switch(entry, days = "Surv(start, stop, event)", months = "Surv(from, to, event)", none = "Surv(stop, event)")
  w <- if (weighted) rows$w else rep(1, nrow(rows))
  data <- cbind(rows, weight = w)
  fit <- coxph(as.formula(paste(y, "~", x)), data = data, weights = weight, ties = ties, control = control,
               robust = FALSE)
  base <- basehaz(fit, centered = FALSE)
  group <- if (strata) as.integer(sub(".*=", "", as.character(base$strata))) else rep(0, nrow(base))
  count <- concordance(fit)$count
  count <- if (is.matrix(count)) colSums(count) else count
  object(list(
    id = paste0('"', id, '"'), ties = paste0('"', ties, '"'), entry = paste0('"', entry, '"'),
    weighted = if (weighted) "true" else "false", strata = if (strata) "true" else "false",
    columns = paste0("[", paste0('"', names(coef(fit)), '"', collapse = ", "), "]"),
    coef = array(coef(fit)), std_error = array(sqrt(diag(vcov(fit)))), loglik = array(fit$loglik),
    martingale = array(unname(residuals(fit, type = "martingale"))),
    base_stratum = array(group), base_time = array(base$time), base_hazard = array(base$hazard),
    concordant = number(count[["concordant"]]), discordant = number(count[["discordant"]]),
    tied = number(count[["tied.x"]])
  ))
}

fits <- c()
for (ties in c("breslow", "efron")) {
  for (entry in c("none", "days", "months")) {
    for (more in c("plain", "weights", "strata", "weights_strata")) {
      id <- paste(ties, entry, more, sep = "_")
      fits <- c(fits, one(id, ties, entry, grepl("weights", more), grepl("strata", more)))
    }
  }
}
curves <- c()
for (entry in c("none", "months")) {
  for (weighted in c(FALSE, TRUE)) {
    w <- if (weighted) rows$w else rep(1, nrow(rows))
    y <- if (entry == "none") Surv(rows$stop, rows$event) else Surv(rows$from, rows$to, rows$event)
    s <- survfit(y ~ 1, weights = w, conf.type = "log-log", robust = FALSE)
    keep <- s$n.event > 0
    curves <- c(curves, object(list(
      entry = paste0('"', entry, '"'), weighted = if (weighted) "true" else "false", time = array(s$time[keep]),
      survival = array(s$surv[keep]), lower = array(s$lower[keep]), upper = array(s$upper[keep])
    )))
  }
}
writeLines(object(list(
  software = '"R 4.2.2, survival 3.5-3: coxph at eps 1e-15, basehaz(centered = FALSE), concordance, survfit"',
  weights = '"1 + (0-based row) mod 3"', months = '"floor(start / 30), ceiling(stop / 30)"',
  fits = list_of(fits), kaplan_meier = list_of(curves)
)), "heart.coxph.json")
