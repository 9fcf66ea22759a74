# What the make.R scripts share: each is run in its own folder (`cd mixed-pastes && Rscript make.R`)
# and writes data.csv and expected.json there.
#
# lmer's own optimisers stop when theta moves by less than about 1e-7, which leaves SEs and df with
# fewer digits than the tests ask for. `fit_mixed` therefore ends with Newton steps on lme4's own
# deviance function, and hands lme4, lmerTest and pbkrtest the model at that point.
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
  library(pbkrtest)
  library(emmeans)
  library(nlme)
  library(jsonlite)
  library(numDeriv)
})

# ── names ────────────────────────────────────────────────────────────────────────────────────────

# R's `treatmentBtheB:month` as this project writes it, `treatment[BtheB]:month`.
project_names <- function(names, data, rename = c()) {
  factors <- Filter(function(v) is.factor(data[[v]]), names(data))
  one <- function(part) {
    for (v in factors) for (l in levels(data[[v]])) if (part == paste0(v, l)) {
      shown <- if (v %in% names(rename)) rename[[v]] else v
      return(paste0(shown, "[", l, "]"))
    }
    part
  }
  vapply(strsplit(names, ":", fixed = TRUE), function(parts) paste(vapply(parts, one, ""), collapse = ":"), "")
}

# lme4 calls the groups of (1 | batch / cask) `batch` and `cask:batch`; here they are `batch` and `batch:cask`.
# A group written with `:` keeps its order in both.
project_groups <- function(groups, formula) vapply(sub("\\.[0-9]+$", "", groups), function(g) {
  parts <- strsplit(g, ":", fixed = TRUE)[[1]]
  written <- grepl(g, paste(deparse(formula), collapse = ""), fixed = TRUE)
  if (length(parts) > 1 && !written) paste(rev(parts), collapse = ":") else g
}, "", USE.NAMES = FALSE)

# ── linear mixed models ──────────────────────────────────────────────────────────────────────────

fit_mixed <- function(formula, data, REML = TRUE) {
  control <- lmerControl(calc.derivs = FALSE, check.conv.singular = "ignore", check.scaleX = "ignore")
  model <- suppressWarnings(lme4::lmer(formula, data, REML = REML, control = control))
  devfun <- lme4::lmer(formula, data, REML = REML, control = control, devFunOnly = TRUE)
  theta <- getME(model, "theta")
  bounded <- getME(model, "lower") == 0
  # Refine from lme4's stop with a second optimiser, then Newton on the parameters off the boundary.
  refined <- nlminb(theta, devfun, lower = getME(model, "lower"),
                    control = list(rel.tol = 1e-15, x.tol = 1e-12, eval.max = 2000, iter.max = 1000))
  if (refined$objective < devfun(theta)) theta <- refined$par
  free <- !(bounded & theta < 1e-5)
  theta[!free] <- 0
  at <- function(x) { full <- theta; full[free] <- x; devfun(full) }
  gradient_norm <- NA
  if (any(free)) {
    for (i in 1:6) {
      g <- grad(at, theta[free])
      step <- solve(hessian(at, theta[free]), g)
      theta[free] <- theta[free] - step
      if (max(abs(step)) < 1e-10) break
    }
    gradient_norm <- max(abs(grad(at, theta[free])))
  }
  parsed <- lme4::lFormula(formula, data, REML = REML, control = control)
  value <- devfun(theta)
  model <- mkMerMod(environment(devfun), list(par = theta, fval = value, conv = 0L, message = ""),
                    parsed$reTrms, fr = parsed$fr,
                    mc = as.call(list(as.name("lmer"), formula = formula, data = quote(data), REML = REML)))
  lt <- suppressWarnings(lmerTest:::as_lmerModLT(model, devfun))
  devfun(theta) # lmerTest's derivatives leave the shared environment elsewhere
  # A model of its own for everything else, since `model` and devfun share one environment.
  list(model = model, lmerTest = lt, formula = formula, data = data, theta = theta, free = free,
       REML = REML, gradient = gradient_norm, value = value)
}

# Fixed effects with the three kinds of SE and df, variance parameters and the fit's likelihood.
# `small_sample`: the fit whose Satterthwaite and Kenward–Roger answers are taken; for a fit with a component at
# zero that is the model without the component.
mixed_record <- function(id, formula, fit, data, rename = c(), small_sample = fit, hypotheses = list(),
                         satterthwaite = TRUE, kenward_roger = fit$REML) {
  model <- fit$model
  names <- project_names(names(fixef(model)), data, rename)
  p <- length(names)
  record <- list(
    id = id, formula = formula, method = if (fit$REML) "REML" else "ML",
    rFormula = paste(deparse(fit$formula), collapse = " "),
    observations = nrow(model.frame(model)),
    groups = as.list(setNames(as.integer(ngrps(model)), project_groups(names(ngrps(model)), fit$formula))),
    largestGradient = fit$gradient,
    names = names,
    coef = unname(fixef(model)),
    se = sqrt(diag(as.matrix(vcov(model)))) |> unname(),
    vcov = unname(as.matrix(vcov(model))),
    theta = unname(fit$theta),
    sigma = sigma(model),
    sd = standard_deviations(model, fit$formula),
    cor = correlations(model, fit$formula),
    criterion = fit$value,
    logLik = as.numeric(logLik(model)),
    parameters = attr(logLik(model), "df"),
    aic = AIC(model), bic = BIC(model)
  )
  if (satterthwaite) record$satterthwaite <- by_row(diag(p), function(L) satterthwaite_row(small_sample, L))
  if (kenward_roger) {
    adjusted <- adjusted_vcov(small_sample)
    record$kenwardRoger <- by_row(diag(p), function(L) kenward_roger_row(small_sample, adjusted, L))
    record$kenwardRoger$vcov <- unname(as.matrix(adjusted))
  }
  if (length(hypotheses)) record$hypotheses <- lapply(names(hypotheses), function(h)
    joint_test(h, hypotheses[[h]], small_sample, kenward_roger))
  record
}

# Kenward-Roger as in pbkrtest but with the covariance as a function of sigma^2 and of the elements of theta off the
# boundary: dense matrices, straight from Kenward & Roger (1997), first-order, expected information. Inside the parameter
# space it is pbkrtest's answer; with theta on the boundary (a zero variance, a perfect correlation) the element at zero
# is left out.
kenward_roger_off_boundary <- function(fit, L) {
  model <- fit$model
  X <- getME(model, "X"); Zt <- as.matrix(getME(model, "Zt")); n <- nrow(X)
  Lambdat <- getME(model, "Lambdat"); Lind <- getME(model, "Lind")
  V_of <- function(theta) { Lambdat@x <- theta[Lind]; crossprod(as.matrix(Lambdat) %*% Zt) + diag(n) }
  s2 <- sigma(model)^2
  V <- s2 * V_of(fit$theta)
  dV <- c(list(V / s2), lapply(which(fit$free), function(i) {
    up <- down <- fit$theta; up[i] <- up[i] + 1; down[i] <- down[i] - 1
    s2 * (V_of(up) - V_of(down)) / 2 # V is quadratic in theta, so this difference is the derivative
  }))
  W <- solve(V); Phi <- solve(t(X) %*% W %*% X)
  WX <- W %*% X
  P <- lapply(dV, function(D) -t(WX) %*% D %*% WX)
  k <- length(dV)
  WD <- lapply(dV, function(D) W %*% D)
  Q <- function(i, j) t(WX) %*% dV[[i]] %*% W %*% dV[[j]] %*% WX
  tr <- function(A) sum(diag(A))
  information <- matrix(0, k, k)
  for (i in 1:k) for (j in 1:k) information[i, j] <- 0.5 * sum(WD[[i]] * t(WD[[j]])) - tr(Phi %*% Q(i, j)) + 0.5 * tr(Phi %*% P[[i]] %*% Phi %*% P[[j]])
  C <- solve(information)
  U <- 0
  for (i in 1:k) for (j in 1:k) U <- U + C[i, j] * (Q(i, j) - P[[i]] %*% Phi %*% P[[j]])
  adjusted <- Phi + 2 * Phi %*% U %*% Phi
  L <- rbind(L); q <- nrow(L)
  Theta <- t(L) %*% solve(L %*% Phi %*% t(L)) %*% L
  TP <- lapply(P, function(Pi) Theta %*% Phi %*% Pi %*% Phi)
  A1 <- A2 <- 0
  for (i in 1:k) for (j in 1:k) { A1 <- A1 + C[i, j] * tr(TP[[i]]) * tr(TP[[j]]); A2 <- A2 + C[i, j] * sum(TP[[i]] * t(TP[[j]])) }
  B <- (A1 + 6 * A2) / (2 * q)
  g <- ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
  c1 <- g / (3 * q + 2 * (1 - g)); c2 <- (q - g) / (3 * q + 2 * (1 - g)); c3 <- (q + 2 - g) / (3 * q + 2 * (1 - g))
  E <- 1 / (1 - A2 / q)
  V0 <- 1 + c1 * B; V1 <- 1 - c2 * B; V2 <- 1 - c3 * B
  variance <- (2 / q) * V0 / (V1^2 * V2)
  rho <- variance / (2 * E^2)
  df <- 4 + (q + 2) / (q * rho - 1)
  if (q == 1) df <- 2 / A2 # what the lines above come to for one row
  beta <- fixef(model)
  F <- as.numeric(t(L %*% beta) %*% solve(L %*% adjusted %*% t(L)) %*% (L %*% beta)) / q
  scaling <- if (q == 1) 1 else df / (E * (df - 2))
  list(vcov = adjusted, df = df, scaling = scaling, F = scaling * F)
}

standard_deviations <- function(model, formula) {
  out <- list()
  for (g in seq_along(VarCorr(model))) {
    v <- VarCorr(model)[[g]]
    group <- project_groups(names(VarCorr(model))[g], formula)
    for (j in seq_len(nrow(v))) out[[paste0(group, ":", rownames(v)[j])]] <- unname(attr(v, "stddev")[j])
  }
  out
}

correlations <- function(model, formula) {
  out <- setNames(list(), character(0))
  for (g in seq_along(VarCorr(model))) {
    v <- VarCorr(model)[[g]]
    group <- project_groups(names(VarCorr(model))[g], formula)
    k <- nrow(v)
    if (k > 1) for (i in 1:(k - 1)) for (j in (i + 1):k)
      out[[paste0(group, ":", rownames(v)[i], ",", rownames(v)[j])]] <- attr(v, "correlation")[i, j]
  }
  out
}

by_row <- function(L, one) {
  rows <- lapply(seq_len(nrow(L)), function(i) one(L[i, ]))
  list(se = sapply(rows, `[[`, "se"), df = sapply(rows, `[[`, "df"), statistic = sapply(rows, `[[`, "statistic"),
       p = sapply(rows, `[[`, "p"))
}

satterthwaite_row <- function(fit, L) {
  if (inherits(fit$model, "lm")) return(residual_row(fit$model, L))
  t <- lmerTest::contest1D(fit$lmerTest, L, ddf = "Satterthwaite")
  list(se = t[["Std. Error"]], df = t$df, statistic = t[["t value"]], p = t[["Pr(>|t|)"]])
}

kenward_roger_row <- function(fit, adjusted, L) {
  if (inherits(fit$model, "lm")) return(residual_row(fit$model, L))
  se <- sqrt(as.numeric(t(L) %*% as.matrix(adjusted) %*% L))
  df <- Lb_ddf(L, vcov(fit$model), adjusted)
  t <- sum(L * fixef(fit$model)) / se
  list(se = se, df = df, statistic = t, p = 2 * pt(-abs(t), df))
}

residual_row <- function(model, L) {
  se <- sqrt(as.numeric(t(L) %*% vcov(model) %*% L))
  t <- sum(L * coef(model)) / se
  df <- model$df.residual
  list(se = se, df = df, statistic = t, p = 2 * pt(-abs(t), df))
}

adjusted_vcov <- function(fit) if (inherits(fit$model, "lm")) vcov(fit$model) else vcovAdj(fit$model)

# F tests of L beta = 0 for L of several rows.
joint_test <- function(name, L, fit, kenward_roger = TRUE) {
  L <- rbind(L)
  record <- list(name = name, L = unname(L))
  s <- lmerTest::contestMD(fit$lmerTest, L, ddf = "Satterthwaite")
  record$satterthwaite <- list(F = s[["F value"]], df1 = s$NumDF, df2 = s$DenDF, p = s[["Pr(>F)"]])
  if (kenward_roger) {
    k <- getKR(KRmodcomp(fit$model, L))
    record$kenwardRoger <- list(F = k$Fstat, unscaledF = k$FstatU, scaling = k$F.scaling, df1 = k$ndf, df2 = k$ddf, p = k$p.value)
  }
  record
}

# Rows of the identity for the coefficients whose names match.
rows_for <- function(model, pattern) {
  p <- length(fixef(model))
  diag(p)[grepl(pattern, names(fixef(model))), , drop = FALSE]
}

# ── adjusted means ───────────────────────────────────────────────────────────────────────────────

# Means by arm (and visit), and differences of every arm from the first. Covariates at their mean over the rows used
# (cov.keep: a numeric column with two values is a covariate, not a factor), factors weighted equally.
adjusted_means <- function(fit, arm, by = NULL, at = list(), level = 0.95, methods = c("satterthwaite", "kenwardRoger"),
                           by_name = by) {
  model <- fit$model
  # Over the rows used: emmeans would take the means of covariates over all rows of `data`.
  data <- fit$data[rownames(model.frame(model)), ]
  grid <- ref_grid(model, data = data, at = at, cov.keep = character(0), lmer.df = "asymptotic")
  means <- emmeans(grid, c(arm, by), weights = "equal")
  L <- means@linfct
  cells <- means@grid
  arms <- levels(data[[arm]])
  place <- if (is.null(by)) rep("", nrow(cells)) else paste0("@", by_name, "=", cells[[by]])
  rows <- list(); names <- c()
  for (i in seq_len(nrow(cells))) {
    names <- c(names, paste0("mean:", arm, "[", cells[[arm]][i], "]", place[i]))
    rows[[length(rows) + 1]] <- L[i, ]
  }
  for (i in seq_len(nrow(cells))) if (cells[[arm]][i] != arms[1]) {
    reference <- which(cells[[arm]] == arms[1] & place == place[i])
    names <- c(names, paste0("contrast:", arm, "[", cells[[arm]][i], "]-", arm, "[", arms[1], "]", place[i]))
    rows[[length(rows) + 1]] <- L[i, ] - L[reference, ]
  }
  L <- do.call(rbind, rows)
  out <- list(names = names, L = unname(L), estimate = as.numeric(L %*% coefficients_of(model)), level = level)
  interval <- function(t) {
    q <- qt(1 - (1 - level) / 2, t$df)
    c(t, list(lower = out$estimate - q * t$se, upper = out$estimate + q * t$se))
  }
  if ("satterthwaite" %in% methods) out$satterthwaite <- interval(by_row(L, function(l) satterthwaite_row(fit, l)))
  if ("kenwardRoger" %in% methods) {
    adjusted <- adjusted_vcov(fit)
    out$kenwardRoger <- interval(by_row(L, function(l) kenward_roger_row(fit, adjusted, l)))
  }
  if ("residual" %in% methods) out$residual <- interval(by_row(L, function(l) residual_row(model, l)))
  out
}

coefficients_of <- function(model) if (inherits(model, "merMod")) fixef(model) else coef(model)

# ── writing ──────────────────────────────────────────────────────────────────────────────────────

# How a column is declared: `types` names the id columns; factors carry their levels; the rest are numbers.
declare <- function(data, ids) {
  columns <- lapply(names(data), function(v) {
    x <- data[[v]]
    if (v %in% ids) list(type = "id")
    else if (is.factor(x)) list(type = "factor", levels = levels(x))
    else list(type = "number")
  })
  setNames(columns, names(data))
}

write_case <- function(about, source, data, ids, fits, packages = c("lme4", "lmerTest", "pbkrtest", "emmeans"), extra = list()) {
  text <- data
  for (v in names(text)) if (is.numeric(text[[v]])) text[[v]] <- shortest(text[[v]])
  write.csv(text, "data.csv", row.names = FALSE, quote = FALSE, na = "")
  software <- c(list(R = R.version.string), sapply(packages, function(p) as.character(packageVersion(p)), simplify = FALSE))
  case <- c(list(about = about, source = source, software = software, columns = declare(data, ids)), extra, list(fits = fits))
  json <- toJSON(arrays(case), auto_unbox = TRUE, digits = NA, null = "null", na = "null", pretty = 2, matrix = "rowmajor")
  # Arrays of numbers and texts on one line each.
  json <- gsub("\\s+(?=[^\\[\\]{}]*\\])", " ", json, perl = TRUE)
  writeLines(gsub("\\[ ", "[", gsub(" \\]", "]", json)), "expected.json")
}

# Fields that are lists of values even when there is one.
arrays <- function(x) {
  if (!is.list(x)) return(x)
  several <- c("names", "coef", "se", "df", "statistic", "p", "theta", "estimate", "lower", "upper", "levels", "terms")
  for (n in names(x)) {
    if (is.list(x[[n]])) x[[n]] <- arrays(x[[n]])
    else if (n %in% several && is.atomic(x[[n]]) && !is.null(x[[n]])) x[[n]] <- I(unname(x[[n]]))
  }
  if (is.null(names(x))) x <- lapply(x, arrays)
  x
}

# The record of a fit to well-scaled data as the same model has it on the stored scale: y = y' + shift and
# x_stored = x * by for the coefficients named in `by`. lmer itself loses digits on such data.
rescaled <- function(record, id, formula, shift = 0, outcome = 1, by = numeric()) {
  record$id <- id; record$formula <- formula; record$rFormula <- paste(record$rFormula, "on rescaled data, transformed back")
  factor <- outcome / ifelse(record$names %in% names(by), by[record$names], 1)
  record$coef <- record$coef * factor + shift * (record$names == "(Intercept)")
  record$se <- record$se * factor
  record$vcov <- record$vcov * (factor %o% factor)
  for (kind in intersect(c("satterthwaite", "kenwardRoger"), names(record))) {
    part <- record[[kind]]
    part$se <- part$se * factor
    part$statistic <- record$coef / part$se
    part$p <- 2 * pt(-abs(part$statistic), part$df)
    if (!is.null(part$vcov)) part$vcov <- part$vcov * (factor %o% factor)
    record[[kind]] <- part
  }
  record$sd <- lapply(record$sd, `*`, outcome)
  record$sigma <- record$sigma * outcome
  # The density of outcome * y, and for REML the determinant of X'X with rescaled columns.
  n <- record$observations; p <- length(record$names)
  jacobian <- if (record$method == "REML") 2 * (n - p) * log(outcome) + 2 * sum(log(ifelse(record$names %in% names(by), by[record$names], 1)))
              else 2 * n * log(outcome)
  record$criterion <- record$criterion + jacobian
  record$logLik <- record$logLik - jacobian / 2
  record$aic <- record$aic + jacobian; record$bic <- record$bic + jacobian
  record$largestGradient <- NULL; record$hypotheses <- NULL
  record
}

# The shortest text that reads back as the same number.
shortest <- function(x) vapply(x, function(v) {
  if (is.na(v)) return(NA_character_)
  for (d in 1:17) if (as.numeric(format(v, digits = d, scientific = FALSE, trim = TRUE)) == v) break
  format(v, digits = d, scientific = FALSE, trim = TRUE)
}, "")

# ── linear models ────────────────────────────────────────────────────────────────────────────────

linear_record <- function(id, formula, model, data, rename = c(), hypotheses = list(), level = 0.95) {
  s <- summary(model)
  q <- qt(1 - (1 - level) / 2, model$df.residual)
  record <- list(
    id = id, formula = formula, rFormula = paste(deparse(formula(model)), collapse = " "),
    observations = nobs(model), names = project_names(names(coef(model)), data, rename),
    coef = unname(coef(model)), se = unname(s$coefficients[, 2]), vcov = unname(vcov(model)),
    residual = list(df = rep(model$df.residual, length(coef(model))), statistic = unname(s$coefficients[, 3]), p = unname(s$coefficients[, 4]),
                    lower = unname(coef(model) - q * s$coefficients[, 2]), upper = unname(coef(model) + q * s$coefficients[, 2])),
    sigma = s$sigma, rSquared = s$r.squared,
    logLik = as.numeric(logLik(model)), parameters = attr(logLik(model), "df"), aic = AIC(model), bic = BIC(model)
  )
  # R 4.2.2 counts the offset as explained by the model; the variation of y less its offset is what is meant here.
  if (!is.null(model$offset)) {
    rest <- model.response(model.frame(model)) - model$offset
    record$rSquared <- 1 - sum(resid(model)^2) / sum((rest - mean(rest))^2)
  }
  if (length(hypotheses)) record$hypotheses <- lapply(names(hypotheses), function(h) {
    L <- rbind(hypotheses[[h]]); k <- nrow(L); b <- L %*% coef(model)
    F <- as.numeric(t(b) %*% solve(L %*% vcov(model) %*% t(L)) %*% b) / k
    list(name = h, L = unname(L), residual = list(F = F, df1 = k, df2 = model$df.residual, p = pf(F, k, model$df.residual, lower.tail = FALSE)))
  })
  record
}

# A fit with NIST's certified values in place of R's, once R has been seen to agree to `digits`.
certified <- function(record, coef, se, sigma, r_squared, digits) {
  agree <- function(r, nist) stopifnot(all(abs(r / nist - 1) < 10^-digits))
  agree(record$coef, coef); agree(record$se, se); agree(record$sigma, sigma); agree(record$rSquared, r_squared)
  record$coef <- coef; record$se <- se; record$sigma <- sigma; record$rSquared <- r_squared
  t <- coef / se; df <- record$residual$df[1]
  record$residual <- list(df = record$residual$df, statistic = t, p = 2 * pt(-abs(t), df))
  record$vcov <- NULL
  # The likelihood by its closed form from the certified residual SD.
  n <- record$observations
  record$logLik <- -n / 2 * (log(2 * pi * sigma^2 * df / n) + 1)
  record$aic <- -2 * record$logLik + 2 * record$parameters
  record$bic <- -2 * record$logLik + log(n) * record$parameters
  record
}

# ── between–within degrees of freedom ────────────────────────────────────────────────────────────

# nlme::lme's DenDF of each coefficient: the innermost level within which its term varies (Pinheiro & Bates 2000, 2.4.2).
between_within_record <- function(id, formula, model, data, rename = c()) {
  t <- summary(model)$tTable
  list(id = id, formula = formula, method = model$method, observations = model$dims$N,
       names = project_names(rownames(t), data, rename),
       coef = unname(t[, "Value"]), se = unname(t[, "Std.Error"]), betweenWithin = list(df = unname(t[, "DF"]), p = unname(t[, "p-value"])),
       sigma = model$sigma, logLik = as.numeric(logLik(model)),
       terms = lapply(names(model$fixDF$terms), function(n) list(term = n, df = unname(model$fixDF$terms[n]))))
}
tight <- nlme::lmeControl(opt = "nlminb", msMaxIter = 500, maxIter = 200, tolerance = 1e-10, msTol = 1e-12, niterEM = 50)
