# Cox models with gamma frailty.
#   survival   coxph with frailty(distribution = "gamma"), iterated further than its defaults (eps 1e-10 for theta), the
#              information of the frailties whole (sparse = FALSE) and, for comparison, as it does by default.
#   em         a second implementation, Breslow ties: EM for beta and the baseline hazard at each theta, the marginal
#              likelihood written out from the hazards, theta by optimize.
library(survival)
library(jsonlite)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
control <- coxph.control(eps = 1e-11, toler.chol = 1e-14, iter.max = 100, outer.max = 100)

summarise <- function(m) {
  h <- m$history[[1]]
  list(coef = unname(m$coefficients), se = sqrt(diag(as.matrix(m$var))[seq_along(m$coefficients)]), theta = h$theta,
       marginal = h$c.loglik, fitted = m$loglik[2], null = m$loglik[1], df = sum(m$df), frail = unname(m$frail))
}
viaSurvival <- function(outcome, covariates, g, data, ties) {
  f <- function(sparse) {
    term <- sprintf("frailty(%s, distribution = 'gamma', eps = 1e-10, sparse = %s)", g, sparse)
    m <- coxph(as.formula(paste(outcome, "~", covariates, "+", term)), data, ties = ties, control = control)
    if (!sparse) { q <- sum(grepl("^gamma:", names(m$coefficients))); p <- length(m$coefficients) - q
      at <- grep("^gamma:", names(m$coefficients), invert = TRUE)
      h <- m$history[[1]]
      return(list(coef = unname(m$coefficients[at]), se = sqrt(diag(m$var)[at]), theta = h$theta, marginal = h$c.loglik,
                  fitted = m$loglik[2], null = m$loglik[1], df = sum(m$df), frail = unname(m$coefficients[-at]))) }
    summarise(m)
  }
  list(full = f(FALSE), sparse = f(TRUE))
}

em <- function(time, status, X, g) {
  g <- factor(g, levels = unique(g)); d <- tapply(status, g, sum)
  times <- sort(unique(time[status == 1]))
  at <- function(theta) {
    nu <- 1 / theta; z <- rep(1, nlevels(g)); beta <- rep(0, ncol(X)); old <- -Inf
    repeat {
      m <- coxph.fit(X, Surv(time, status), NULL, offset = log(z[g]), init = beta, control = coxph.control(eps = 1e-13, iter.max = 40), method = "breslow", rownames = seq_along(time))
      beta <- m$coefficients
      risk <- exp(as.vector(X %*% beta)); r <- risk * z[g]
      lambda <- sapply(times, function(t) sum(status[time == t]) / sum(r[time >= t]))
      L <- sapply(time, function(t) sum(lambda[times <= t]))
      H <- tapply(L * risk, g, sum)
      ll <- sum(status * as.vector(X %*% beta)) + sum(log(lambda[match(time[status == 1], times)])) +
        sum(nu * log(nu) - lgamma(nu) + lgamma(nu + d) - (nu + d) * log(nu + H))
      z <- as.vector((nu + d) / (nu + H))
      if (abs(ll - old) < 1e-12 * abs(ll)) break
      old <- ll
    }
    # Less the constants of a Breslow partial likelihood, whose sum over jumps of d log d - d is in the hazards.
    n <- table(factor(time[status == 1], levels = times))
    list(ll = ll - sum(n * log(n)) + sum(n), beta = beta, z = z)
  }
  o <- optimize(function(l) at(exp(l))$ll, c(-5, 2), maximum = TRUE, tol = 1e-7)
  a <- at(exp(o$maximum))
  list(theta = exp(o$maximum), coef = unname(a$beta), marginal = a$ll, frail = log(a$z))
}

out <- list()
k <- data.frame(id = paste0("p", kidney$id), time = kidney$time, status = kidney$status, age = kidney$age, female = kidney$sex - 1)
k$id <- factor(k$id, levels = unique(k$id))
write.csv(k, file.path(here, "kidney.csv"), row.names = FALSE)
X <- as.matrix(k[c("age", "female")])
out$kidney <- list(efron = viaSurvival("Surv(time, status)", "age + female", "id", k, "efron"),
                   breslow = viaSurvival("Surv(time, status)", "age + female", "id", k, "breslow"), em = em(k$time, k$status, X, k$id))
r <- subset(rats, sex == "f"); r <- data.frame(litter = paste0("l", r$litter), rx = r$rx, time = r$time, status = r$status)
r$litter <- factor(r$litter, levels = unique(r$litter))
write.csv(r, file.path(here, "rats.csv"), row.names = FALSE)
out$rats <- list(efron = viaSurvival("Surv(time, status)", "rx", "litter", r, "efron"),
                 breslow = viaSurvival("Surv(time, status)", "rx", "litter", r, "breslow"), em = em(r$time, r$status, as.matrix(r["rx"]), r$litter))
l <- na.omit(lung[c("inst", "time", "status", "age", "sex")])
l <- data.frame(inst = paste0("i", l$inst), time = l$time, status = l$status - 1, age = l$age, female = l$sex - 1)
l$inst <- factor(l$inst, levels = unique(l$inst))
write.csv(l, file.path(here, "lung.csv"), row.names = FALSE)
out$lung <- list(efron = viaSurvival("Surv(time, status)", "age + strata(female)", "inst", l, "efron"))
co <- subset(colon, etype == 1 | etype == 2); co <- co[co$id <= 120, ]
co <- data.frame(id = paste0("c", co$id), time = co$time, status = co$status, lev = as.numeric(co$rx == "Lev"), fu = as.numeric(co$rx == "Lev+5FU"), node4 = co$node4)
co$id <- factor(co$id, levels = unique(co$id))
write.csv(co, file.path(here, "colon.csv"), row.names = FALSE)
out$colon <- list(efron = viaSurvival("Surv(time, status)", "lev + fu + node4", "id", co, "efron"))

write(toJSON(list(r = R.version.string, survival = as.character(packageVersion("survival")), cases = out), digits = 15, auto_unbox = TRUE, pretty = TRUE, na = "null"),
      file.path(here, "expected.json"))
