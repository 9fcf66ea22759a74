# Which clusters a Cox model of design A should have: 12 units, each with five therapists of four clients, arms given to
# therapists within units; no effect on average. Lognormal frailties of units and of therapists, and an effect of each unit's own,
# with the variances given. Share of trials whose 95 % interval leaves out a hazard ratio of 1, and half its width (log scale).
# Small-sample correction: t with clusters less coefficients, and 12/11 on the variance where said (about what
# Kauermann-Carroll gives 12 units of like size; coxph has none). 700 trials, so a share of 0.05 has a standard error of 0.008.
#
#                              therapists,    therapists   units     units,      units, 12/11,
#                              strata of units                       12/11       strata of units
#   variances 0.3, 0.1, 0      0.096 (0.44)   0.023 (0.52) 0.049 (0.50)  0.036 (0.52)  0.049 (0.56)
#   variances 0.1, 0.1, 0      0.084 (0.45)   0.037 (0.50) 0.057 (0.50)  0.047 (0.52)  0.049 (0.56)
#   variances 0.3, 0.1, 0.3    0.114 (0.47)   0.061 (0.53) 0.053 (0.57)  0.043 (0.60)  0.051 (0.65)
suppressPackageStartupMessages(library(survival))
set.seed(2)

trial <- function(of_units, of_therapists, of_effects) {
  unit <- rep(1:12, each = 5)
  arm <- unlist(lapply(1:12, function(i) sample(rep(0:1, if (i %% 2) c(2, 3) else c(3, 2)))))
  units <- rnorm(12, 0, sqrt(of_units)); effects <- rnorm(12, 0, sqrt(of_effects)); therapists <- rnorm(60, 0, sqrt(of_therapists))
  d <- data.frame(therapist = rep(1:60, each = 4))
  d$unit <- unit[d$therapist]; d$arm <- arm[d$therapist]; d$x <- rnorm(nrow(d))
  hazard <- 0.6 * exp(units[d$unit] + effects[d$unit] * (d$arm - 0.5) + therapists[d$therapist] + 0.2 * d$x)
  dropout <- rexp(nrow(d), hazard); other <- rexp(nrow(d), 1)
  d$time <- pmin(dropout, other, 1); d$event <- as.numeric(dropout <= pmin(other, 1))
  rejects <- function(formula, cluster, df, factor = 1) {
    model <- do.call(coxph, list(formula, d, cluster = cluster))
    half <- qt(0.975, df) * sqrt(vcov(model)[1, 1] * factor)
    c(abs(coef(model)[[1]]) > half, half)
  }
  plain <- Surv(time, event) ~ arm + x
  within <- Surv(time, event) ~ arm + x + strata(unit)
  c(rejects(within, d$therapist, 58), rejects(plain, d$therapist, 58), rejects(plain, d$unit, 10), rejects(plain, d$unit, 10, 12 / 11), rejects(within, d$unit, 10, 12 / 11))
}

for (v in list(c(0.3, 0.1, 0), c(0.1, 0.1, 0), c(0.3, 0.1, 0.3))) {
  print(v)
  print(matrix(round(rowMeans(replicate(700, trial(v[1], v[2], v[3]))), 3), 2))
}
