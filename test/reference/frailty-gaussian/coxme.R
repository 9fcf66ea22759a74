# The same models by coxme on the data of the cases here (make.R) and of two more, `centres` and `near-zero`, which it writes.
# Writes coxme.json. coxme 2.2-22 was built from its source as published on GitHub's mirror of CRAN.
suppressMessages(library(coxme))
library(jsonlite)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))

# All of the information matrix, where coxme would leave out entries between the levels of groups that are many and small.
# Thirty Newton steps for each trial of the variances; the search goes on until it finds nothing better by 1e-14.
# coxme warns that this is less than the tolerance of its last fit.
tight <- suppressWarnings(coxme.control(
  eps = 1e-12, toler.chol = 1e-13, iter.max = 100, inner.iter = 30, sparse = c(1e6, 0),
  optpar = list(method = "BFGS", control = list(reltol = 1e-14, ndeps = 1e-4, maxit = 500))
))
tightly <- function(terms) { tight$optpar$control$ndeps <- rep(1e-4, terms); tight }

fits <- list()
record <- function(id, data, formula, terms = 1, ties = "efron", weights = NULL, start = NULL) {
  d <- read.csv(file.path(here, paste0(data, ".csv")))
  d$.w <- if (is.null(weights)) rep(1, nrow(d)) else d[[weights]]
  f <- coxme(formula, d, ties = ties, weights = .w, vinit = start, control = tightly(terms))
  modes <- ranef(f)
  fits[[id]] <<- list(
    data = data, weights = weights, formula = gsub("\\s+", " ", paste(deparse(formula), collapse = " ")), ties = ties, events = f$n[1],
    null = f$loglik[["NULL"]], integrated = f$loglik[["Integrated"]], penalised = f$loglik[["Penalized"]],
    effectiveDf = f$df[2], coef = as.list(fixef(f)), se = as.list(sqrt(diag(vcov(f)))),
    variance = lapply(VarCorr(f), unname), modes = lapply(modes, as.list)
  )
}
# The data of the bench, as in scripts/bench.ts: of the size of a trial of 37 centres of very unequal sizes.
set.seed(13)
n <- 2323
centre <- sample(37, n, TRUE, 1 / (1:37))
trt <- rbinom(n, 1, 0.5)
time <- ceiling(rexp(n, exp(0.7 * trt + rnorm(37, 0, 0.35)[centre]) / 3000))
end <- ceiling(runif(n, 500, 6000))
write.csv(data.frame(time = pmin(time, end), event = as.numeric(time <= end), trt, centre), file.path(here, "centres.csv"), row.names = FALSE)

# A variance near zero that is not zero: the likelihood is 0.004 above that without frailty.
set.seed(31)
n <- 240
centre <- rep(1:12, each = 20)
x <- round(rnorm(n), 2)
time <- ceiling(20 * rexp(n, exp(0.5 * x + rnorm(12, 0, 0.1)[centre])))
write.csv(data.frame(time, event = rbinom(n, 1, 0.8), x, centre), file.path(here, "near-zero.csv"), row.names = FALSE)

lung <- Surv(time, status) ~ age + female + ecog + (1 | inst)
strata <- Surv(time, status) ~ age + ecog + strata(female) + (1 | inst)
record("lung", "lung", lung)
record("lung-breslow", "lung", lung, ties = "breslow")
record("lung-strata", "lung-strata", strata)
record("lung-strata-breslow", "lung-strata", strata, ties = "breslow")
record("kidney", "kidney", Surv(time, status) ~ age + female + (1 | id))
record("rats", "rats", Surv(time, status) ~ rx + (1 | litter))
record("kidney-intervals", "kidney-intervals", Surv(start, time, status) ~ age + female + offset(shift) + (1 | id), weights = "weight")
record("nested", "nested", Surv(time, status) ~ arm + age + (1 | unit / therapist), terms = 2)
record("nested-strata-breslow", "nested", Surv(time, status) ~ age + strata(arm) + (1 | unit / therapist), terms = 2, ties = "breslow")
record("crossed", "crossed", Surv(time, status) ~ arm + (1 | therapist) + (1 | office), terms = 2)
record("zero", "zero", Surv(time, status) ~ x + (1 | centre))
# From its own start, 0.0004, coxme makes 500 steps and has come to 0.0011, with a likelihood 0.0026 lower; it does not say
# that the search has not ended. From 0.003 it ends at the maximum.
record("near-zero", "near-zero", Surv(time, event) ~ x + (1 | centre), start = 0.003)
record("centres", "centres", Surv(time, event) ~ trt + (1 | centre))

write(toJSON(list(r = R.version.string, coxme = packageDescription("coxme")$Version, bdsmatrix = as.character(packageVersion("bdsmatrix")),
                  survival = as.character(packageVersion("survival")), cases = fits),
             digits = 15, auto_unbox = TRUE, pretty = TRUE, null = "null"), file.path(here, "coxme.json"))
