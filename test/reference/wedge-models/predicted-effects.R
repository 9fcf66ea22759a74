# Predicted effect at each exposure time, treated + mode: Rscript predicted-effects.R
# Standard errors from the inverse of the mixed model equations at lme4's variances (Henderson 1975).
suppressPackageStartupMessages({ library(lme4); library(jsonlite) })
d <- read.csv("sections.csv")
d$unit <- factor(d$unit, levels = unique(d$unit)); d$f <- factor(d$period)
first <- tapply(ifelse(d$treated == 1, d$period, Inf), d$unit, min)
d$exposure <- ifelse(d$treated == 1, d$period - first[as.character(d$unit)] + 1, 0)
d$cp <- interaction(d$unit, d$period, drop = TRUE)
predicted <- function(formula) {
  m <- lmer(formula, d, control = lmerControl(optCtrl = list(ftol_abs = 1e-12, xtol_abs = 1e-10)))
  X <- as.matrix(getME(m, "X")); Z <- as.matrix(getME(m, "Z")); L <- as.matrix(getME(m, "Lambda")); p <- ncol(X)
  G <- sigma(m)^2 * tcrossprod(L); keep <- diag(G) > 0
  equations <- rbind(cbind(crossprod(X), crossprod(X, Z[, keep])), cbind(crossprod(Z[, keep], X), crossprod(Z[, keep])))
  u <- p + seq_len(sum(keep))
  equations[u, u] <- equations[u, u] + sigma(m)^2 * solve(G[keep, keep])
  C <- sigma(m)^2 * solve(equations)
  # The last levels of Z are those of exposure, 0 first: lme4 orders terms by their number of levels.
  stopifnot(names(getME(m, "flist"))[length(getME(m, "flist"))] == "exposure")
  modes <- ranef(m)$exposure$treated; levels <- rownames(ranef(m)$exposure)
  of <- tail(p + seq_len(sum(keep)), length(levels))
  t <- which(colnames(X) == "treated")
  row <- function(i) { l <- numeric(ncol(C)); l[t] <- 1; l[of[i]] <- 1; sqrt(drop(t(l) %*% C %*% l)) }
  use <- which(levels != "0")
  list(level = levels[use], value = fixef(m)[["treated"]] + modes[use], se = sapply(use, row), sd = attr(VarCorr(m)$exposure, "stddev")[[1]])
}
out <- list(
  nested = predicted(y ~ f + treated + (1 | unit) + (1 | cp) + (0 + treated | exposure)),
  linear = predicted(y ~ period + treated + age + (1 | unit) + (0 + treated | exposure)),
  R = R.version.string, lme4 = as.character(packageVersion("lme4")))
write_json(out, "predicted-effects.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)
