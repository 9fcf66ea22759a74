# Six small simulated trials (from 180) on which an early optimiser of ours stopped at a variance of zero that
# wanted to grow, or at a point that was no minimum; and one (set 143) with two local minima, on which lme4's
# own optimisers stop at the higher one from their default start. Each is one formula on one data set of
# data.csv (simulated: 6-11 units, 4-6 therapists each, variances at zero by design in about 40 % of the sets).
# The REML criterion is the lowest of two optimisers of lme4, for set 143 also from many starts.
#   Rscript make.R   (in this folder)
suppressMessages({ library(lme4); library(jsonlite) })
d <- read.csv("data.csv")
formulas <- c(
  "9" = "y ~ x + (x | unit) + (1 | th)", "40" = "y ~ x + (x || unit) + (1 | th)", "62" = "y ~ x + arm + (1 | unit / th)",
  "71" = "y ~ arm + (x + z | unit)", "106" = "y ~ x + (x || unit) + (1 | th)",
  "138" = "y ~ x + arm + (1 | unit) + (0 + fit | th) + (0 + tau | th)", "143" = "y ~ arm + (x + z | unit)")
quiet <- function(x) suppressMessages(suppressWarnings(x))
controls <- list(
  lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = .2, rhoend = 1e-9, maxfun = 1e5), calc.derivs = FALSE, check.conv.singular = "ignore"),
  lmerControl(optimizer = "nloptwrap", optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-10, maxeval = 1e5), calc.derivs = FALSE, check.conv.singular = "ignore"))
lowest <- function(set) {
  dd <- d[d$set == set, ]
  formula <- as.formula(formulas[[as.character(set)]])
  starts <- list(NULL)
  if (set == 143) { set.seed(1); starts <- c(starts, lapply(1:30, function(i) list(theta = c(runif(1, 0, 1), rnorm(2, 0, .5), runif(1, 0, 1), rnorm(1, 0, .5), runif(1, 0, 1))))) }
  min(sapply(controls, function(control) sapply(starts, function(start)
    quiet(REMLcrit(lmer(formula, dd, control = control, start = start))))))
}
values <- lapply(as.integer(names(formulas)), function(set)
  list(set = set, formula = formulas[[as.character(set)]], criterion = lowest(set)))
write_json(list(source = paste("lme4", packageVersion("lme4")), r = R.version.string, values = values),
  "expected.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
