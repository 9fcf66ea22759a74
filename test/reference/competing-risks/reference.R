# Cumulative incidence, Gray's test and the Fine-Gray model: expected.json, and the data of each case.
# Rscript reference.R, in this folder.
suppressMessages({library(survival); library(cmprsk); library(jsonlite); library(prodlim); library(riskRegression)})

set.seed(20250401)
transplant2 <- with(survival::transplant, data.frame(time = futime, cause = as.character(event), group = as.character(sex), age, stratum = as.character(abo)))
transplant2 <- transplant2[!is.na(transplant2$age) & transplant2$time > 0, ]
transplant2$cause <- ifelse(transplant2$cause == "withdraw", "death", transplant2$cause)
mg <- with(survival::mgus2, data.frame(time = ifelse(pstat == 1, ptime, futime),
  cause = ifelse(pstat == 1, "pcm", ifelse(death == 1, "death", "censored")), group = as.character(sex), age, mspike,
  stratum = ifelse(age > 72, "old", "young")))
mg <- mg[!is.na(mg$mspike), ]
# Heavily tied: whole weeks, three groups, three causes, two strata of which one censors more.
n <- 240
ties <- data.frame(time = 0, cause = "", group = sample(c("a", "b", "c"), n, TRUE, c(.5, .3, .2)), age = round(rnorm(n), 2),
  stratum = sample(c("s", "t"), n, TRUE))
u <- rexp(n, .08 * exp(.4 * (ties$group == "b") - .3 * ties$age))
cens <- rexp(n, ifelse(ties$stratum == "s", .03, .1))
ties$time <- ceiling(pmin(u, cens))
ties$cause <- ifelse(cens < u, "censored", sample(c("planned", "dropout", "moved"), n, TRUE, c(.5, .35, .15)))

describe <- function(d, cause, covariates, times, rho = 1) {
  write.csv(d$data, paste0(d$name, ".csv"), row.names = FALSE, quote = FALSE)
  x <- d$data
  causes <- d$causes
  code <- match(x$cause, c("censored", causes)) - 1
  groups <- sort(unique(x$group))
  fit <- cuminc(x$time, code, x$group)
  points <- timepoints(fit, times)
  plain <- function(tests) setNames(lapply(seq_along(causes), function(k) list(statistic = unname(tests[as.character(k), "stat"]), df = unname(tests[as.character(k), "df"]), p = unname(tests[as.character(k), "pv"]))), causes)
  state <- survfit(Surv(time, factor(cause, c("censored", causes))) ~ 1, data = x)
  overall <- summary(state, times = times)
  X <- model.matrix(covariates, x)[, -1, drop = FALSE]
  one <- function(...) {
    f <- crr(x$time, code, X, failcode = cause, cencode = 0, gtol = 1e-12, maxiter = 50, ...)
    new <- apply(X, 2, mean)
    pr <- predict(f, cov1 = matrix(new, 1))
    list(coef = unname(f$coef), se = unname(sqrt(diag(f$var))), vcov = unname(f$var), invinf = unname(f$invinf), logLik = f$loglik, logLikNull = f$loglik.null,
      converged = f$converged, incidenceAtMeans = sapply(times, function(t) { k <- sum(pr[, 1] <= t); if (k == 0) 0 else pr[k, 2] }),
      residuals = unname(colSums(f$res^2)))
  }
  list(causes = causes, groups = groups, times = times, names = colnames(X), event = causes[cause],
    incidence = setNames(lapply(groups, function(g) setNames(lapply(seq_along(causes), function(k) list(
      estimate = unname(points$est[paste(g, k), ]), variance = unname(points$var[paste(g, k), ]))), causes)), groups),
    all = list(eventFree = overall$pstate[, 1], incidence = setNames(lapply(seq_along(causes), function(k) overall$pstate[, k + 1]), causes)),
    gray = plain(fit$Tests), grayRho = plain(cuminc(x$time, code, x$group, rho = rho)$Tests), rho = rho,
    grayStrata = plain(cuminc(x$time, code, x$group, strata = x$stratum)$Tests),
    fineGray = one(), fineGrayStrata = one(cengroup = x$stratum))
}
out <- list(
  versions = list(R = R.version.string, cmprsk = as.character(packageVersion("cmprsk")), survival = as.character(packageVersion("survival"))),
  cases = list(
    transplant = describe(list(name = "transplant", data = transplant2, causes = c("ltx", "death")), 1, ~ group + age, c(30, 90, 365)),
    mgus2 = describe(list(name = "mgus2", data = mg, causes = c("pcm", "death")), 1, ~ group + age + mspike, c(12, 60, 120, 240)),
    ties = describe(list(name = "ties", data = ties, causes = c("planned", "dropout", "moved")), 2, ~ group + age, c(2, 5, 10, 20), rho = 0.5)))
write_json(out, "expected.json", digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
