# The data of this case and of cluster-robust-mixed by mmrm: every structure, its degrees of freedom, joint tests and
# cluster-robust variances. Writes mmrm.json. Run: Rscript mmrm.R, where mmrm is installed (see ../README.md).
suppressMessages({ library(mmrm); library(jsonlite) })
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))

read <- function(case) {
  d <- read.csv(file.path(here, "..", case, "data.csv"))
  d$id <- factor(d$id); d$arm <- factor(d$arm, levels = c("TAU", "FIT")); d$visit <- factor(d$visit)
  d
}
project_names <- function(names) gsub("(arm|visit)([A-Z0-9]+)", "\\1[\\2]", names)

# mmrm's default search leaves five digits or so in some structures. Here an optimiser of its kind, a function that it is
# given: nlminb, then Newton steps with the same gradient and Hessian.
to_the_end <- function(par, fn, gr, hessian, control) {
  theta <- nlminb(par, fn, gr, hessian)$par
  for (i in 1:6) theta <- theta - solve(hessian(theta), as.numeric(gr(theta)))
  stopifnot(max(abs(gr(theta))) < 1e-7)
  list(par = theta, objective = fn(theta), convergence = 0, message = "Newton steps to the end")
}
attr(to_the_end, "use_hessian") <- TRUE
fit_at_the_end <- function(formula, data, ...) mmrm(formula, data, ..., optimizer_fun = to_the_end)
tests <- function(f, joint) {
  s <- summary(f)$coefficients
  L <- diag(nrow(s))[joint, ]
  t <- df_md(f, L)
  list(se = unname(s[, 2]), df = unname(s[, 3]), p = unname(s[, 5]),
       joint = list(columns = joint - 1, F = t$f_stat, df1 = t$num_df, df2 = t$denom_df, p = t$p_val))
}

visits <- read("mmrm-visits")
structure_fits <- list()
for (structure in c("us", "cs", "csh", "ar1", "ar1h", "ad", "adh", "toep", "toeph")) for (reml in c(TRUE, FALSE)) {
  text <- sprintf("y ~ base + arm * visit + %s(visit | id)", structure)
  formula <- as.formula(text)
  joint <- 7:9
  f <- fit_at_the_end(formula, visits, reml = reml, method = "Satterthwaite")
  entry <- list(id = paste0(structure, if (!reml) "-ml"), structure = structure, formula = text, method = if (reml) "REML" else "ML",
                observations = component(f, "n_obs"), names = project_names(names(f$beta_est)), coef = unname(f$beta_est),
                vcov = unname(f$beta_vcov), sigma = unname(f$cov), logLik = as.numeric(logLik(f)), satterthwaite = tests(f, joint))
  if (reml) {
    entry$kenwardRoger <- tests(fit_at_the_end(formula, visits, method = "Kenward-Roger", vcov = "Kenward-Roger-Linear"), joint)
    entry$betweenWithin <- tests(fit_at_the_end(formula, visits, method = "Between-Within"), joint)
  }
  structure_fits[[length(structure_fits) + 1]] <- entry
}

trial <- read("cluster-robust-mixed")
robust_fits <- list()
for (structure in c("us", "ar1", "toeph")) {
  text <- sprintf("y ~ base + arm * visit + %s(visit | id)", structure)
  kinds <- lapply(c(CR0 = "Empirical", CR2 = "Empirical-Bias-Reduced", CR3 = "Empirical-Jackknife"), function(kind) {
    f <- fit_at_the_end(as.formula(text), trial, method = "Satterthwaite", vcov = kind)
    s <- summary(f)$coefficients
    list(vcov = unname(component(f, "beta_vcov")), df = unname(s[, 3]), p = unname(s[, 5]))
  })
  f <- fit_at_the_end(as.formula(text), trial)
  robust_fits[[length(robust_fits) + 1]] <- list(id = structure, formula = text, names = project_names(names(f$beta_est)),
                                                 coef = unname(f$beta_est), kinds = kinds)
}

write(toJSON(list(r = R.version.string, mmrm = packageDescription("mmrm")$Version, TMB = packageDescription("TMB")$Version,
                  fits = structure_fits, robust = robust_fits),
             digits = 15, auto_unbox = TRUE, pretty = FALSE, null = "null"), file.path(here, "mmrm.json"))
