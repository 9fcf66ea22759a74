# Bias-corrected sandwich variances of a marginal Cox model by the formulae of Wang, Turner & Li (2023), Biometrical
# Journal 65:2200113. The share of each cluster in the information is found by differentiating its score numerically;
# nothing here but coxph's estimate is shared with what is tested. (CoxBcv 0.0.1 holds the increments of the hazard at
# the estimate when it differentiates, so that its numbers change when a constant is added to a covariate.)
# Kauermann and Carroll's kind has the inverse square root of their paper; Wang and others put (A u u' + u u' A')/2 in
# its place, which is the same for one covariate and for several can be a variance below zero.
suppressPackageStartupMessages({ library(survival); library(jsonlite); library(numDeriv) })

# The score of each cluster at beta, m x p. Tied events one after the other.
cluster_scores <- function(beta, d, X, ties) {
  weight <- d$weight
  u <- matrix(0, length(unique(d$unit)), ncol(X))
  for (s in unique(d$stratum)) for (t in sort(unique(d$time[d$stratum == s & d$event == 1]))) {
    risk <- which(d$stratum == s & d$time >= t & d$start < t)
    dead <- risk[d$time[risk] == t & d$event[risk] == 1]
    for (k in seq_along(dead) - 1) {
      f <- if (ties == "efron") k / length(dead) else 0
      share <- ifelse(risk %in% dead, 1 - f, 1)
      r <- share * weight[risk] * exp(drop(X[risk, , drop = FALSE] %*% beta))
      dL <- mean(weight[dead]) / sum(r)
      mean_x <- colSums(r * X[risk, , drop = FALSE]) / sum(r)
      for (i in seq_along(risk)) {
        g <- d$unit[risk[i]]
        u[g, ] <- u[g, ] - (X[risk[i], ] - mean_x) * r[i] * dL
      }
      for (i in dead) u[d$unit[i], ] <- u[d$unit[i], ] + weight[i] / length(dead) * (X[i, ] - mean_x)
    }
  }
  u
}

few <- function(id, d, X, text, ties) {
  fit <- coxph(Surv(d$start, d$time, d$event) ~ X + strata(d$stratum), ties = ties, weights = d$weight, robust = FALSE,
               control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50))
  beta <- unname(coef(fit)); M <- unname(fit$var); p <- length(beta); m <- length(unique(d$unit))
  u <- cluster_scores(beta, d, X, ties)
  slope <- -jacobian(function(b) as.vector(cluster_scores(b, d, X, ties)), beta)
  robust <- kc <- md <- matrix(0, p, p); total <- matrix(0, p, p)
  for (g in 1:m) {
    omega <- slope[(seq_len(p) - 1) * m + g, , drop = FALSE]
    total <- total + omega
    A <- solve(diag(p) - omega %*% M)
    ug <- u[g, ]
    robust <- robust + ug %o% ug
    md <- md + drop(A %*% ug) %o% drop(A %*% ug)
    # The inverse square root of 1 - omega M by its own eigenvectors: no symmetric form is used here.
    e <- eigen(diag(p) - omega %*% M)
    root <- Re(e$vectors %*% diag(1 / sqrt(e$values), p) %*% solve(e$vectors))
    stopifnot(max(abs(root %*% root - A)) < 1e-8 * max(abs(A)))
    kc <- kc + drop(root %*% ug) %o% drop(root %*% ug)
  }
  stopifnot(max(abs(total %*% M - diag(p))) < 1e-7)
  list(id = id, formula = text, ties = ties, coef = I(beta), robust = M %*% robust %*% M,
       kauermannCarroll = M %*% kc %*% M, manclDerouen = M %*% md %*% M)
}

set.seed(20)
n <- 72
d <- data.frame(unit = rep(1:8, each = 9))
d$arm <- d$unit %% 2
d$age <- round(rnorm(n, 40, 9), 1)
d$stratum <- rep(1:2, length.out = n)
d$start <- ifelse(runif(n) < 0.3, sample(1:3, n, TRUE), 0)
d$time <- d$start + 1 + floor(rexp(n, 0.12 * exp(0.4 * d$arm + rnorm(8, 0, 0.4)[d$unit])))
d$event <- as.integer(runif(n) < 0.75)
d$weight <- 1 + (seq_len(n) %% 3) / 4
write.csv(d, "data.csv", row.names = FALSE, quote = FALSE)
X <- cbind(d$arm, d$age)
plain <- transform(d, stratum = 1, start = -1, weight = 1)
fits <- list(
  few("breslow", plain, X, "Surv(time, event) ~ arm + age + cluster(unit)", "breslow"),
  few("efron", plain, X, "Surv(time, event) ~ arm + age + cluster(unit)", "efron"),
  few("one-covariate", plain, X[, 1, drop = FALSE], "Surv(time, event) ~ arm + cluster(unit)", "breslow"),
  few("start-stop", transform(d, weight = 1), X, "Surv(start, time, event) ~ arm + age + strata(stratum) + cluster(unit)", "efron"),
  few("start-stop-weights", d, X, "Surv(start, time, event) ~ arm + age + strata(stratum) + cluster(unit)", "efron"))
number <- list(type = "number")
write_json(list(r = R.version.string, survival = as.character(packageVersion("survival")),
  columns = list(unit = list(type = "id"), arm = number, age = number, stratum = list(type = "id"), start = number, time = number, event = number, weight = number),
  fits = fits), "expected.json", digits = NA, auto_unbox = TRUE)
