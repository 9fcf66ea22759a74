# The noncentral t distribution by numerical integration of its definition, and confidence limits of the noncentrality by
# uniroot. R's own pt(ncp = ) agrees to about 1e-11 where the noncentrality is small, and is wrong in the third digit at
# df = 1, t = 9, ncp = 30. Run in this folder: Rscript make.R
library(jsonlite)
p_by_integration <- function(t, df, ncp) {
  f <- function(s) pnorm(t * s - ncp) * 2 * s * df * dchisq(df * s^2, df)
  # In pieces between quantiles of S, so that no mass is missed.
  edges <- sqrt(qchisq(c(1e-17, 1e-8, 1e-3, .05, .25, .5, .75, .95, 1 - 1e-3), df) / df)
  edges <- c(edges, sqrt(qchisq(c(1e-6, 1e-12, 1e-18, 1e-25), df, lower.tail = FALSE) / df))
  sum(sapply(seq_len(length(edges) - 1), function(i) integrate(f, edges[i], edges[i + 1], rel.tol = 1e-13, abs.tol = 0, subdivisions = 5000)$value))
}
grid <- expand.grid(df = c(1, 2.5, 8, 95, 1200), ncp = c(-4, -0.3, 0, 1.5, 6, 30), t = c(-6, -0.7, 0, 1.3, 5, 28))
grid <- rbind(grid, data.frame(df = c(5, 5, 40), ncp = c(1800, -1100, 2500), t = c(2000, -1500, 2400)))
grid$p <- mapply(p_by_integration, grid$t, grid$df, grid$ncp)
small <- abs(grid$ncp) < 10
stopifnot(max(abs(grid$p - suppressWarnings(pt(grid$t, grid$df, grid$ncp)))[small]) < 1e-10)
limit <- function(t, df, below) uniroot(function(d) p_by_integration(t, df, d) - below, c(t - 15, t + 15), tol = 1e-14)$root
intervals <- expand.grid(t = c(-2.2, 0, 0.4, 3.5, 7), df = c(3, 12, 95, 1200), level = c(0.9, 0.95, 0.99))
intervals$lower <- (mapply(function(t, df, level) limit(t, df, 1 - (1 - level) / 2), intervals$t, intervals$df, intervals$level))
intervals$upper <- (mapply(function(t, df, level) limit(t, df, (1 - level) / 2), intervals$t, intervals$df, intervals$level))
correction <- data.frame(df = c(2, 3, 8, 95, 1200, 1e6))
correction$J <- exp(lgamma(correction$df / 2) - log(sqrt(correction$df / 2)) - lgamma((correction$df - 1) / 2))
writeLines(toJSON(list(about = "Noncentral t: probabilities, limits of the noncentrality, Hedges' correction", software = list(R = R.version.string),
  probabilities = grid, intervals = intervals, correction = correction), auto_unbox = TRUE, digits = NA, pretty = FALSE), "expected.json")
