# Survival curves, quantiles, restricted means and tests by survival. Run in this folder: Rscript make.R
suppressPackageStartupMessages({library(survival); library(jsonlite)})
# n a multiple of 4 and so on: flat parts at the quartiles happen. Left truncation: entry after 0.
lung <- survival::lung
lung <- data.frame(time = lung$time, status = lung$status - 1, sex = c("male", "female")[lung$sex],
                   ecog = lung$ph.ecog, age = lung$age)
lung <- lung[!is.na(lung$ecog), ]
lung$ecog[lung$ecog == 3] <- 2
lung$entry <- pmax(0, floor((lung$age - 50) * 3))
lung$entry <- ifelse(lung$entry < lung$time, lung$entry, 0)
lung$weight <- 1 + lung$age %% 3
lung$sex <- factor(lung$sex, c("male", "female"))
ovarian <- survival::ovarian
ovarian <- data.frame(time = ovarian$futime, status = ovarian$fustat, sex = factor(c("male", "female")[ovarian$rx], c("male", "female")),
                      ecog = ovarian$ecog.ps, age = round(ovarian$age), entry = floor(ovarian$age), weight = 1 + ovarian$resid.ds)
# No ties, for the log-rank test with left truncation (the score test of coxph).
untied <- data.frame(time = order(order(lung$time, lung$age, seq_len(nrow(lung)))) + 100, status = lung$status,
                     sex = lung$sex, ecog = lung$ecog, age = lung$age, weight = lung$weight)
untied$entry <- ifelse(lung$age > 65, untied$time - 30, 0)
# Times that are flat at 0.75, 0.5 and 0.25.
flat <- data.frame(time = c(2, 4, 5, 7, 8, 9, 11, 12), status = c(1, 1, 0, 1, 1, 0, 1, 0)[c(1, 2, 1, 2, 1, 2, 1, 2)],
                   sex = factor(rep(c("male", "female"), each = 4), c("male", "female")), ecog = 1, age = 50, entry = 0, weight = 1)
data <- rbind(cbind(set = "lung", lung), cbind(set = "ovarian", ovarian), cbind(set = "untied", untied), cbind(set = "flat", flat))
write.csv(data, "data.csv", row.names = FALSE, quote = FALSE)

finite <- function(x) I(ifelse(is.finite(x), x, NA))
curves <- function(set, right, truncated = FALSE, weighted = FALSE, times, horizons) {
  d <- data[data$set == set, ]
  left <- if (truncated) "Surv(entry, time, status)" else "Surv(time, status)"
  formula <- as.formula(paste(left, "~", right))
  # In the call as text, for survfit evaluates it again.
  kinds <- lapply(c("log-log", "log", "plain"), function(kind) {
    fit <- if (weighted) do.call(survfit, list(formula, data = d, weights = d$weight, conf.type = kind))
           else do.call(survfit, list(formula, data = d, conf.type = kind))
    s <- summary(fit, times = times, extend = TRUE)
    q <- quantile(fit, c(0.25, 0.5, 0.75))
    at <- function(m) if (is.matrix(m)) lapply(seq_len(nrow(m)), function(i) finite(m[i, ])) else list(finite(m))
    k <- if (is.null(fit$strata)) 1 else length(fit$strata)
    g <- function(x) lapply(seq_len(k), function(i) finite(x[(i - 1) * length(times) + seq_along(times)]))
    list(ci = kind, survival = g(s$surv), se = g(s$std.err), lower = g(s$lower), upper = g(s$upper), atRisk = g(s$n.risk),
         quantiles = at(q$quantile), quantileLower = at(q$lower), quantileUpper = at(q$upper),
         rmst = lapply(horizons, function(h) { m <- rbind(survival:::survmean(fit, rmean = h)$matrix)
           list(horizon = h, mean = I(as.vector(m[, "rmean"])), se = I(as.vector(m[, "se(rmean)"]))) }),
         groups = if (is.null(fit$strata)) I("all") else I(names(fit$strata)))
  })
  list(set = set, right = right, truncated = truncated, weighted = weighted, times = I(times), kinds = kinds)
}
test_of <- function(set, right, rho = 0, strata = FALSE, truncated = FALSE) {
  d <- data[data$set == set, ]
  if (truncated) {
    text <- paste("Surv(entry, time, status) ~", right, if (strata) "+ strata(ecog)")
    sc <- summary(coxph(as.formula(text), d, ties = "breslow"))$sctest
    return(list(set = set, right = right, rho = rho, strata = strata, truncated = TRUE, statistic = sc[["test"]], df = sc[["df"]], p = sc[["pvalue"]]))
  }
  text <- paste("Surv(time, status) ~", right, if (strata) "+ strata(ecog)")
  t <- survdiff(as.formula(text), d, rho = rho)
  total <- function(x) I(as.vector(if (is.matrix(x)) rowSums(x) else x))
  list(set = set, right = right, rho = rho, strata = strata, truncated = FALSE, statistic = t$chisq, df = length(t$n) - 1,
       p = pchisq(t$chisq, length(t$n) - 1, lower.tail = FALSE), observed = total(t$obs), expected = total(t$exp))
}
out <- list(about = "Kaplan-Meier curves, quantiles, restricted means, log-rank and G-rho tests",
  software = list(R = R.version.string, survival = as.character(packageVersion("survival"))),
  curves = list(
    curves("lung", "1", times = c(1, 5, 90, 180, 365, 800), horizons = c(100, 365, 700)),
    curves("lung", "sex", times = c(90, 180, 365, 500), horizons = c(180, 365.5)),
    curves("lung", "sex + ecog", times = c(90, 365), horizons = 365),
    curves("lung", "sex", truncated = TRUE, times = c(90, 180, 365), horizons = 365),
    curves("lung", "sex", weighted = TRUE, times = c(90, 180, 365), horizons = 365),
    curves("lung", "sex", truncated = TRUE, weighted = TRUE, times = c(90, 365), horizons = 365),
    curves("ovarian", "sex", times = c(100, 400, 700), horizons = c(400, 700)),
    curves("untied", "sex", truncated = TRUE, times = c(150, 200, 300), horizons = 250),
    curves("flat", "1", times = c(3, 6, 10), horizons = 9),
    curves("flat", "sex", times = c(3, 5), horizons = 5)),
  tests = list(test_of("lung", "sex"), test_of("lung", "sex", rho = 1), test_of("lung", "sex", rho = 0.5),
    test_of("lung", "sex", strata = TRUE), test_of("lung", "sex", strata = TRUE, rho = 1), test_of("lung", "ecog"),
    test_of("lung", "ecog", rho = 1), test_of("lung", "sex + ecog"), test_of("ovarian", "sex"), test_of("ovarian", "sex", strata = TRUE),
    test_of("untied", "sex", truncated = TRUE), test_of("untied", "factor(ecog)", truncated = TRUE),
    test_of("untied", "sex", strata = TRUE, truncated = TRUE)))
writeLines(toJSON(out, auto_unbox = TRUE, digits = NA, na = "null", null = "null"), "expected.json")

# ── the infinitesimal jackknife: weights that are no numbers of participants, and clusters ──
# Not survfit's own se of a restricted mean, which stays Greenwood's: from its residuals of the area under the curve.
clusters <- read.csv("clusters.csv", stringsAsFactors = FALSE)
clusters$arm <- factor(clusters$arm, c("TAU", "FIT"))
norm2 <- function(x) sqrt(sum(x^2))
robust <- function(by, weight, truncated, times, horizon) {
  d <- clusters
  d$w <- if (is.null(weight)) 1 else d[[weight]]
  d$by <- if (is.null(by)) seq_len(nrow(d)) else d[[by]]
  left <- if (truncated) "Surv(entry, time, event)" else "Surv(time, event)"
  groups <- lapply(levels(d$arm), function(level) {
    own <- d[d$arm == level, ]
    fit <- do.call(survfit, list(as.formula(paste(left, "~ 1")), data = own, weights = own$w, cluster = own$by, robust = TRUE, conf.type = "log-log"))
    s <- summary(fit, times = times, extend = TRUE)
    r <- residuals(fit, times = horizon, type = "auc", weighted = TRUE)
    list(survival = I(s$surv), se = I(s$std.err), lower = finite(s$lower), upper = finite(s$upper), atRisk = I(s$n.risk),
         median = as.vector(quantile(fit, 0.5)$quantile), medianLower = as.vector(quantile(fit, 0.5)$lower),
         mean = as.vector(rbind(survival:::survmean(fit, rmean = horizon)$matrix)[, "rmean"]),
         meanSe = norm2(rowsum(as.vector(r), as.character(own$by))),
         scores = rowsum(as.vector(r), as.character(own$by)))
  })
  # A cluster with participants of both arms has one score of the difference.
  all <- union(rownames(groups[[1]]$scores), rownames(groups[[2]]$scores))
  score <- function(g) { m <- groups[[g]]$scores[, 1][all]; ifelse(is.na(m), 0, m) }
  difference <- norm2(score(2) - score(1))
  list(by = by, weight = weight, truncated = truncated, times = I(times), horizon = horizon,
       groups = lapply(groups, function(g) g[names(g) != "scores"]), differenceSe = difference)
}
jack <- list(robust(NULL, "weight", FALSE, c(60, 180, 300), 300), robust("unit", NULL, FALSE, c(60, 180, 300), 300),
  robust("unit", "weight", FALSE, c(60, 180), 250), robust("unit", "weight", TRUE, c(60, 180), 250),
  robust(NULL, "weight", TRUE, c(60, 180), 200), robust("unit", NULL, TRUE, c(60, 180), 200))
writeLines(toJSON(list(about = "Infinitesimal jackknife of survival curves and restricted means", software = out$software, cases = jack),
  auto_unbox = TRUE, digits = NA, na = "null", null = "null"), "jackknife.json")
