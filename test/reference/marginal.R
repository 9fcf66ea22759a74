# What the make.R scripts of generalised linear models, GEE and robust variances share.
suppressPackageStartupMessages({
  library(geepack)
  library(sandwich)
  library(clubSandwich)
  library(numDeriv)
})

# A glm or lm: estimates, likelihood, and each robust variance with its tests.
glm_record <- function(id, formula, model, data, cluster, joint = NULL, risks = NULL, rename = c()) {
  names <- project_names(names(coef(model)), data, rename)
  record <- list(
    id = id, formula = formula, family = if (inherits(model, "glm")) family(model)$family else "gaussian",
    cluster = cluster, observations = nobs(model), names = names, coef = unname(coef(model)),
    se = unname(sqrt(diag(vcov(model)))), vcov = unname(vcov(model)),
    logLik = as.numeric(logLik(model)), aic = AIC(model), bic = BIC(model), deviance = deviance(model),
    fitted = unname(fitted(model)),
    heteroscedasticity = sapply(c("HC0", "HC1", "HC2", "HC3"), function(type) unname(vcovHC(model, type)), simplify = FALSE),
    clusters = sapply(c("CR0", "CR1", "CR1S", "CR2", "CR3"), function(type) {
      vcov <- vcovCR(model, cluster = data[[cluster]], type = type)
      tests <- coef_test(model, vcov, test = "Satterthwaite")
      one <- list(vcov = unname(as.matrix(vcov)), df = tests$df_Satt, p = tests$p_Satt)
      attributes(one$vcov) <- list(dim = dim(one$vcov))
      if (!is.null(joint)) {
        L <- constrain_zero(joint, coefs = coef(model))
        wald <- Wald_test(model, L, vcov, test = "HTZ")
        one$joint <- list(columns = I(joint - 1), F = wald$Fstat, df2 = wald$df_denom, p = wald$p_val)
      }
      one
    }, simplify = FALSE)
  )
  if (!is.null(risks)) record$risks <- list(
    of = risks,
    model = risk_record(model, coef(model), vcov(model), data, risks),
    CR2 = risk_record(model, coef(model), as.matrix(vcovCR(model, cluster = data[[cluster]], type = "CR2")), data, risks))
  record
}

# Risks standardised to the rows used, with numerical derivatives.
risk_record <- function(model, beta, vcov, data, of) {
  X <- lapply(levels(data[[of]]), function(level) {
    changed <- data
    changed[[of]] <- factor(level, levels = levels(data[[of]]))
    model.matrix(delete.response(terms(model)), changed)
  })
  risks <- function(b) vapply(X, function(x) mean(plogis(drop(x %*% b))), 0)
  others <- function(b) { r <- risks(b); c(r[-1] - r[1], log(r[-1] / r[1])) }
  variance <- function(f) { J <- jacobian(f, beta); sqrt(diag(J %*% vcov %*% t(J))) }
  k <- length(X)
  list(risk = risks(beta), riskSe = variance(risks),
       difference = others(beta)[1:(k - 1)], differenceSe = variance(others)[1:(k - 1)],
       logRatio = others(beta)[-(1:(k - 1))], logRatioSe = variance(others)[-(1:(k - 1))])
}

# geeglm, and the small-sample corrections from their published formulae with dense matrices. `order`: 1, 2, … for
# each row, its place among all visits; rows of one cluster stand together.
gee_record <- function(id, formula, r_formula, data, cluster, family, correlation, visit = NULL, risks = NULL) {
  data$.cluster <- data[[cluster]]
  data$.order <- if (is.null(visit)) ave(seq_len(nrow(data)), data$.cluster, FUN = seq_along) else data[[visit]]
  model <- eval(bquote(geeglm(.(r_formula), family = .(family), data = data, id = .cluster, waves = .order,
    corstr = .(correlation), control = geese.control(epsilon = 1e-13, maxit = 10000))))
  X <- model.matrix(model)
  mu <- fitted(model)
  v <- family$variance(mu)
  e <- model$y - mu
  alpha <- model$geese$alpha
  n_orders <- max(data$.order)
  pair <- function(j, k) which(apply(combn(n_orders, 2), 2, function(x) all(x == sort(c(j, k)))))
  correlation_of <- function(at) outer(at, at, Vectorize(function(j, k) {
    if (j == k) 1 else switch(correlation, independence = 0, exchangeable = alpha, ar1 = alpha^abs(j - k), unstructured = alpha[pair(j, k)])
  }))
  parts <- lapply(split(seq_along(e), data$.cluster), function(rows) {
    D <- v[rows] * X[rows, , drop = FALSE]
    root <- diag(sqrt(v[rows]), length(rows))
    Vi <- solve(root %*% correlation_of(data$.order[rows]) %*% root)
    list(D = D, DV = t(D) %*% Vi, e = e[rows])
  })
  M <- solve(Reduce(`+`, lapply(parts, function(part) part$DV %*% part$D)))
  sandwich_of <- function(score) {
    u <- sapply(parts, score)
    unname(M %*% u %*% t(u) %*% M)
  }
  root_inverse <- function(A) { e <- eigen(A); Re(e$vectors %*% diag(1 / sqrt(as.complex(e$values)), nrow(A)) %*% solve(e$vectors)) }
  identity_less_h <- function(part) diag(length(part$e)) - part$D %*% M %*% part$DV
  vcovs <- list(
    robust = sandwich_of(function(part) part$DV %*% part$e),
    "kauermann-carroll" = sandwich_of(function(part) part$DV %*% root_inverse(identity_less_h(part)) %*% part$e),
    "mancl-derouen" = sandwich_of(function(part) part$DV %*% solve(identity_less_h(part)) %*% part$e),
    "fay-graubard" = sandwich_of(function(part) (part$DV %*% part$e) / sqrt(1 - pmin(0.75, diag(part$DV %*% part$D %*% M)))))
  stopifnot(max(abs(vcovs$robust / unname(vcov(model)) - 1)) < 1e-5)
  record <- list(
    id = id, formula = formula, family = family$family, cluster = cluster, visit = visit, correlation = correlation,
    names = project_names(names(coef(model)), data), coef = unname(coef(model)), se = unname(sqrt(diag(vcov(model)))),
    alpha = as.list(unname(alpha)), scale = unname(model$geese$gamma), vcov = vcovs)
  if (!is.null(risks)) record$risks <- list(of = risks, robust = risk_record(model, coef(model), vcov(model), data, risks))
  record
}

