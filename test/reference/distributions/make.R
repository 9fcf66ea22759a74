# Tails of t and F and quantiles of t. Run in this folder: Rscript make.R
library(jsonlite)
t <- expand.grid(t = c(1e-6, 0.01, 0.5, 1, 1.96, 2.5, 3, 4, 5, 6, 7, 8.5, 15, 30),
                 df = c(0.5, 1, 2, 2.7, 5, 6.6, 11.9, 25, 40, 60, 98.5, 110, 130, 150, 182, 210, 300, 1000, 1e5))
f <- expand.grid(F = c(0.01, 0.5, 1, 2, 4, 7, 8.52, 15, 30, 60), k = c(1, 2, 3, 5, 6, 10, 20),
                 df = c(1, 2.5, 5, 9.7, 25, 60, 110, 150, 210, 300, 1000, 1e5))
q <- expand.grid(p = c(0.005, 0.025, 0.1, 0.9, 0.95, 0.975, 0.995, 0.9995), df = unique(t$df))
list(about = "t: two-sided p; f: upper tail; q: quantiles. All from R's pt, pf, qt",
     software = list(R = R.version.string),
     t = cbind(t$t, t$df, 2 * pt(-t$t, t$df)), f = cbind(f$F, f$k, f$df, pf(f$F, f$k, f$df, lower.tail = FALSE)),
     q = cbind(q$p, q$df, qt(q$p, q$df))) |>
  toJSON(auto_unbox = TRUE, digits = I(17), pretty = FALSE) |>
  gsub(pattern = "],[", replacement = "],\n[", fixed = TRUE) |>
  writeLines("expected.json")
