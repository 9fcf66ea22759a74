# Near-tied times as survival resolves them (timefix).
# Run in this folder: Rscript make.R
suppressPackageStartupMessages({library(survival); library(jsonlite)})
cases <- list(
  list(time = c(0.1 + 0.2, 0.3, 0.5)),
  list(time = c(0.3, 0.1 + 0.2, 1 - 0.7, 1)),
  list(time = c(1, 1 + 1e-8, 1 + 2e-8, 1 + 3e-8, 2)),
  list(time = c(1, 1 + 1.4e-8, 1 + 4e-8, 2)),
  list(time = c(1e6, 1e6 + 0.01, 1e6 + 0.05, 1)),
  list(time = c(1e-9, 2e-9, 5, 0)),
  list(time = c(3.3 / 1.1, 3, 9 / 3, 7, 7 + 1e-7)),
  list(start = c(0, 0.1 + 0.2, 0), time = c(0.3, 1, 0.3)),
  list(start = c(0, 0.3, 0.7 + 0.1), time = c(0.1 + 0.2, 0.8, 4)))
digits17 <- function(x) I(sprintf("%.17g", as.numeric(x)))
out <- lapply(cases, function(k) {
  n <- length(k$time)
  y <- if (is.null(k$start)) Surv(k$time, rep(1, n)) else Surv(k$start, k$time, rep(1, n))
  z <- aeqSurv(y)
  list(start = digits17(k$start), time = digits17(k$time),
       resolved = list(start = digits17(if (!is.null(k$start)) z[, 1]), time = digits17(z[, ncol(z) - 1])))
})
writeLines(toJSON(list(about = "Near-tied times; numbers as texts of 17 digits",
  software = list(R = R.version.string, survival = as.character(packageVersion("survival"))), cases = out),
  auto_unbox = TRUE, null = "null", pretty = TRUE), "expected.json")
