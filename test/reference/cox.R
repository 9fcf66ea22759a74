# What the make.R scripts of the Cox models share: coxph iterated to its end, with everything that it gives.
suppressPackageStartupMessages({
  library(survival)
  library(jsonlite)
})

# R's `sexfemale` as this project writes it, `sex[female]`.
project_names <- function(names, data) {
  factors <- Filter(function(v) is.factor(data[[v]]), names(data))
  one <- function(part) {
    for (v in factors) for (l in levels(data[[v]])) if (part == paste0(v, l)) return(paste0(v, "[", l, "]"))
    part
  }
  vapply(strsplit(names, ":", fixed = TRUE), function(parts) paste(vapply(parts, one, ""), collapse = ":"), "")
}

zph_of <- function(fit, transform) {
  z <- cox.zph(fit, transform = transform)
  list(terms = rownames(z$table), statistic = z$table[, 1], df = z$table[, 2], p = z$table[, 3])
}

# formula: R's. text: this project's. A column of weights by name. newdata: rows for predicted survival at `times`.
cox_fit <- function(id, formula, text, data, ties = "efron", weights = NULL, robust = NULL, newdata = NULL, times = NULL,
                    residuals = FALSE) {
  environment(formula) <- environment()
  args <- list(formula = formula, data = data, ties = ties, control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50),
               x = TRUE, model = TRUE)
  if (!is.null(weights)) args$weights <- data[[weights]]
  if (!is.null(robust)) args$robust <- robust
  fit <- do.call(coxph, args)
  naive <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
  c0 <- concordance(fit)
  base <- basehaz(fit, centered = FALSE)
  strata <- if (is.null(base$strata)) rep("", nrow(base)) else as.character(base$strata)
  out <- list(id = id, formula = text, ties = ties, weights = weights, robust = !is.null(fit$naive.var),
    names = I(project_names(names(coef(fit)), data)), coef = I(unname(coef(fit))),
    vcov = unname(fit$var), modelVcov = unname(naive), logLik = fit$loglik[2], logLikNull = fit$loglik[1],
    scoreTest = fit$score, aic = AIC(fit), bic = BIC(fit), n = fit$n, events = fit$nevent,
    zph = sapply(c("km", "identity", "rank", "log"), function(tr) zph_of(fit, tr), simplify = FALSE),
    concordance = list(estimate = unname(c0$concordance), se = unname(sqrt(c0$var))))
  if (residuals) {
    out$residuals <- list(
      martingale = unname(residuals(fit, "martingale")), deviance = unname(residuals(fit, "deviance")),
      score = unname(as.matrix(residuals(fit, "score"))), dfbeta = unname(as.matrix(residuals(fit, "dfbeta", weighted = FALSE))))
    s <- residuals(fit, "schoenfeld"); ss <- residuals(fit, "scaledsch")
    out$residuals$schoenfeld <- unname(as.matrix(s)); out$residuals$scaled <- unname(as.matrix(ss))
    out$residuals$schoenfeldTimes <- if (is.matrix(s)) as.numeric(rownames(s)) else as.numeric(names(s))
    z <- cox.zph(fit)
    out$residuals$zph <- list(time = z$time, x = z$x, y = unname(z$y))
  }
  if (!is.null(newdata)) {
    s <- survfit(fit, newdata = newdata, conf.type = "log-log")
    at <- summary(s, times = times, extend = TRUE)
    out$survival <- list(times = times, newdata = newdata, estimate = unname(as.matrix(at$surv)),
      se = unname(as.matrix(at$std.err)), lower = unname(as.matrix(at$lower)), upper = unname(as.matrix(at$upper)))
  }
  out$baseline <- list(stratum = strata, time = base$time, hazard = base$hazard)
  out
}

write_cox <- function(data, columns, fits) {
  write.csv(data, "data.csv", row.names = FALSE, na = "", quote = FALSE)
  write_json(list(r = R.version.string, survival = as.character(packageVersion("survival")), columns = columns, fits = fits),
             "expected.json", digits = NA, auto_unbox = TRUE, null = "null")
}
