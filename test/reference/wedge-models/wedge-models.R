# Expected values of test/reference/wedge-models: Rscript wedge-models.R
suppressPackageStartupMessages({
  library(lme4); library(lmerTest); library(pbkrtest); library(glmmTMB); library(nlme); library(splines); library(jsonlite)
})
read <- function(name) {
  d <- read.csv(paste0(name, ".csv"))
  d$unit <- factor(d$unit, levels = unique(d$unit)); d$f <- factor(d$period)
  first <- tapply(ifelse(d$treated == 1, d$period, Inf), d$unit, min)
  d$exposure <- ifelse(d$treated == 1, d$period - first[as.character(d$unit)] + 1, 0)
  d$cp <- interaction(d$unit, d$period, drop = TRUE)
  d
}
sections <- read("sections"); cohort <- read("cohort"); binary <- read("binary"); count <- read("count")

lmer_row <- function(formula, data, term = "treated", REML = TRUE) {
  m <- lmerTest::lmer(formula, data, REML = REML, control = lmerControl(optCtrl = list(ftol_abs = 1e-12, xtol_abs = 1e-10)))
  s <- summary(m)$coefficients[term, ]
  k <- if (REML) summary(m, ddf = "Kenward-Roger")$coefficients[term, ] else rep(NA, 4)
  v <- as.data.frame(VarCorr(m))
  list(estimate = s[[1]], se = s[[2]], df = s[[3]], krSe = k[[2]], krDf = k[[3]], logLik = as.numeric(logLik(m)),
       sd = setNames(as.list(v$sdcor), v$grp))
}
# (X'V^-1 X)^-1 at the estimates: glmmTMB's own standard errors also hold the uncertainty of the variances.
model_se <- function(data, X, decaySd, rho, sigma, clientSd) {
  same <- outer(data$unit, data$unit, "==")
  V <- same * decaySd^2 * rho^abs(outer(data$period, data$period, "-")) + diag(sigma^2, nrow(data))
  if (!is.null(clientSd)) V <- V + clientSd^2 * outer(data$client, data$client, "==")
  sqrt(solve(crossprod(X, solve(V, X)))["treated", "treated"])
}
tmb_row <- function(formula, data, REML) {
  m <- glmmTMB(formula, data, REML = REML, control = glmmTMBControl(optCtrl = list(rel.tol = 1e-14, x.tol = 1e-12, iter.max = 1000, eval.max = 2000)))
  b <- fixef(m)$cond[["treated"]]
  v <- VarCorr(m)$cond
  decay <- v[["unit"]]
  row <- list(estimate = b, logLik = as.numeric(logLik(m)), decaySd = attr(decay, "stddev")[[1]],
              rho = attr(decay, "correlation")[1, 2], sigma = sigma(m))
  if ("client" %in% names(v)) row$clientSd <- attr(v[["client"]], "stddev")[[1]]
  row$se <- model_se(data, getME(m, "X"), row$decaySd, row$rho, row$sigma, row$clientSd)
  row
}
glmer_row <- function(formula, data, family) {
  m <- glmer(formula, data, family = family, control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5)))
  s <- summary(m)$coefficients["treated", ]
  v <- as.data.frame(VarCorr(m))
  list(estimate = s[[1]], se = s[[2]], logLik = as.numeric(logLik(m)), sd = setNames(as.list(v$sdcor), v$grp))
}
# Laplace's approximation again, with exact derivatives: glmer's optimiser and its differenced Hessian are coarse.
tmb_glmm_row <- function(formula, data, family) {
  m <- glmmTMB(formula, data, family = family)
  v <- VarCorr(m)$cond
  list(estimate = fixef(m)$cond[["treated"]], se = sqrt(vcov(m)$cond["treated", "treated"]), logLik = as.numeric(logLik(m)),
       sd = lapply(v, function(one) attr(one, "stddev")[[1]]))
}
# Continuous time: one row at each time of a unit, so that gls has the same covariance with its nugget.
continuous <- do.call(rbind, lapply(split(sections, sections$unit), function(u) {
  u$time <- u$period + seq_len(nrow(u)) / (nrow(u) + 1) * 0.9
  u
}))
continuous <- continuous[seq(1, nrow(continuous), 2), ]
write.csv(continuous[, c("unit", "period", "treated", "client", "age", "y", "time")], "continuous.csv", row.names = FALSE, quote = FALSE)
gls_row <- function(data, method) {
  m <- gls(y ~ time + treated, data, correlation = corExp(form = ~ time | unit, nugget = TRUE), method = method,
           control = glsControl(tolerance = 1e-12, msTol = 1e-12, maxIter = 500, msMaxIter = 500))
  p <- coef(m$modelStruct$corStruct, unconstrained = FALSE)
  s <- summary(m)$tTable["treated", ]
  # gls has n - p in its standard errors with ML too: the factor takes it back.
  n <- nrow(data)
  list(estimate = s[[1]], se = s[[2]] * if (method == "ML") sqrt((n - 3) / n) else 1, logLik = as.numeric(logLik(m)), rho = exp(-1 / p[["range"]]),
       decaySd = m$sigma * sqrt(1 - p[["nugget"]]), sigma = m$sigma * sqrt(p[["nugget"]]))
}

expected <- list(
  nested = lmer_row(y ~ f + treated + age + (1 | unit) + (1 | cp), sections),
  nestedMl = lmer_row(y ~ f + treated + age + (1 | unit) + (1 | cp), sections, REML = FALSE),
  spline = lmer_row(y ~ ns(period, 3) + treated + (1 | unit) + (1 | cp), sections),
  linear = lmer_row(y ~ period + treated + (1 | unit) + (1 | cp), sections),
  fixedUnits = lmer_row(y ~ f + treated + unit + (1 | cp), sections),
  cohort = lmer_row(y ~ f + treated + (1 | unit) + (1 | cp) + (1 | client), cohort),
  randomExposure = lmer_row(y ~ f + treated + (1 | unit) + (1 | cp) + (0 + treated | exposure), sections),
  withoutExposure = as.numeric(logLik(lmer(y ~ f + treated + (1 | unit) + (1 | cp), sections))),
  leastSquares = as.list(summary(lm(y ~ f + treated + unit, sections))$coefficients["treated", ]),
  decayReml = tmb_row(y ~ f + treated + age + ar1(f + 0 | unit), sections, TRUE),
  decayMl = tmb_row(y ~ f + treated + age + ar1(f + 0 | unit), sections, FALSE),
  decayCohort = tmb_row(y ~ f + treated + ar1(f + 0 | unit) + (1 | client), cohort, TRUE),
  decayTreatment = local({
    m <- glmmTMB(y ~ f + treated + ar1(f + 0 | unit) + (0 + treated | unit), sections, REML = TRUE)
    v <- VarCorr(m)$cond
    list(estimate = fixef(m)$cond[["treated"]], logLik = as.numeric(logLik(m)), decaySd = attr(v[[1]], "stddev")[[1]],
         rho = attr(v[[1]], "correlation")[1, 2], sigma = sigma(m), treatedSd = attr(v[[2]], "stddev")[[1]])
  }),
  continuousReml = gls_row(continuous, "REML"),
  continuousMl = gls_row(continuous, "ML"),
  binomial = glmer_row(y ~ f + treated + (1 | unit) + (1 | cp), binary, binomial),
  poisson = glmer_row(y ~ f + treated + (1 | unit) + (1 | cp), count, poisson),
  binomialTmb = tmb_glmm_row(y ~ f + treated + (1 | unit) + (1 | cp), binary, binomial),
  poissonTmb = tmb_glmm_row(y ~ f + treated + (1 | unit) + (1 | cp), count, poisson),
  versions = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
                  lmerTest = as.character(packageVersion("lmerTest")), pbkrtest = as.character(packageVersion("pbkrtest")),
                  glmmTMB = as.character(packageVersion("glmmTMB")), nlme = as.character(packageVersion("nlme")))
)
writeLines(toJSON(expected, auto_unbox = TRUE, digits = 12, pretty = TRUE), "expected.json")
