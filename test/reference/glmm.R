# What the glmm-* scripts share. glmer stops early (gradients of 0.002 and more); `fit_glmm` goes on with Newton
# steps on glmer's own deviance function over (theta, beta), with its inner iterations run to rounding, and takes the
# Hessian there.
source("../reference.R")

glmm_devfun <- function(formula, data, family, nAGQ) {
  control <- glmerControl(tolPwrss = 1e-12, calc.derivs = FALSE, check.conv.singular = "ignore")
  model <- suppressWarnings(glmer(formula, data, family = family, nAGQ = nAGQ, control = control))
  devfun <- suppressWarnings(glmer(formula, data, family = family, nAGQ = nAGQ, control = control, devFunOnly = TRUE))
  list(model = model, devfun = devfun)
}

# The Hessian by plain central differences as wide as the noise of glmer's inner iterations asks for: with a level for
# each row numDeriv's is off by 4 % (glmer's own agrees with these).
curvature <- function(f, x, h = 1e-3) {
  n <- length(x)
  at <- function(a, b, i, j) { y <- x; y[i] <- y[i] + a * h; y[j] <- y[j] + b * h; f(y) }
  H <- matrix(0, n, n)
  for (i in 1:n) for (j in i:n)
    H[i, j] <- H[j, i] <- (at(1, 1, i, j) - at(1, -1, i, j) - at(-1, 1, i, j) + at(-1, -1, i, j)) / (4 * h * h)
  H
}

fit_glmm <- function(formula, data, family, nAGQ = 1) {
  made <- glmm_devfun(formula, data, family, nAGQ)
  devfun <- made$devfun
  x <- unname(c(getME(made$model, "theta"), fixef(made$model)))
  for (i in 1:4) {
    g <- grad(devfun, x)
    H <- hessian(devfun, x)
    x <- x - solve(H, g)
  }
  cat(sprintf("%s nAGQ %d: largest gradient %.1e\n", deparse1(formula), nAGQ, max(abs(grad(devfun, x)))))
  m <- length(getME(made$model, "theta"))
  list(model = made$model, x = x, theta = x[1:m], coef = x[-(1:m)], deviance = devfun(x),
       se = sqrt(diag(solve(curvature(devfun, x) / 2)))[-(1:m)], m = m)
}

# Standard deviations and correlations from theta, as lme4 orders it.
glmm_record <- function(id, formula_text, fit, data, family, nAGQ = 1, constant = 0) {
  model <- fit$model
  cnms <- getME(model, "cnms")
  groups <- project_groups(names(cnms), formula(model))
  sd <- list(); cor <- list(); at <- 1
  for (i in seq_along(cnms)) {
    k <- length(cnms[[i]])
    L <- matrix(0, k, k)
    L[lower.tri(L, diag = TRUE)] <- fit$theta[at:(at + k * (k + 1) / 2 - 1)]
    at <- at + k * (k + 1) / 2
    G <- L %*% t(L)
    names <- project_names(cnms[[i]], data)
    for (a in 1:k) sd[[paste0(groups[i], ":", names[a])]] <- sqrt(G[a, a])
    if (k > 1) for (a in 1:(k - 1)) for (b in (a + 1):k)
      cor[[paste0(groups[i], ":", names[a], ",", names[b])]] <- G[a, b] / sqrt(G[a, a] * G[b, b])
  }
  list(id = id, formula = formula_text, method = "ML", family = family, quadrature = nAGQ,
       observations = nobs(model), names = project_names(names(fixef(model)), data), coef = fit$coef, se = fit$se,
       sd = sd, cor = cor, logLik = -fit$deviance / 2 + constant, parameters = length(fit$x))
}
