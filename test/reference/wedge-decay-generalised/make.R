# Stepped wedges with a binary outcome and a count whose effects of unit-periods decay in correlation: glmmTMB's ar1
# (periods) and ou (continuous time), by Laplace's approximation. Makes binary.csv, count.csv and expected.json.
# Rscript make.R, in this folder.
library(glmmTMB)
library(jsonlite)

set.seed(20240919)
wedge <- function(units, periods, perCell, rho, sd, therapistSd) {
  rows <- NULL
  for (u in seq_len(units)) {
    first <- 2 + (u - 1) %% (periods - 1)
    b <- rnorm(1)
    effects <- b
    for (t in 2:periods) {
      b <- rho * b + sqrt(1 - rho^2) * rnorm(1)
      effects <- c(effects, b)
    }
    therapists <- rnorm(3)
    for (t in seq_len(periods)) {
      size <- perCell + (u + 2 * t) %% 3
      who <- sample(3, size, replace = TRUE)
      rows <- rbind(rows, data.frame(
        unit = paste0("u", u), period = t, treated = as.numeric(t >= first), therapist = paste0("t", u, ".", who),
        time = round(t + runif(size, 0, 1), 1), age = round(rnorm(size), 2),
        eta = sd * effects[t] + therapistSd * therapists[who]
      ))
    }
  }
  rows
}
fits <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 2000, rel.tol = 1e-14, x.tol = 1e-12))
row <- function(formula, data, family) {
  m <- glmmTMB(formula, data, family = family, control = fits)
  # A second start of the optimiser from where the first ended.
  m <- update(m, start = list(beta = m$fit$par[names(m$fit$par) == "beta"], theta = m$fit$par[names(m$fit$par) == "theta"]))
  v <- VarCorr(m)$cond
  unit <- v[[grep("^unit", names(v))[1]]]
  others <- lapply(v[-grep("^unit", names(v))[1]], function(x) attr(x, "stddev")[[1]])
  theta <- unname(m$fit$par[names(m$fit$par) == "theta"])
  list(
    coef = as.list(fixef(m)$cond), se = sqrt(vcov(m)$cond["treated", "treated"]), logLik = as.numeric(logLik(m)),
    sd = attr(unit, "stddev")[[1]],
    # At distance 1: ar1 has theta2/sqrt(1 + theta2^2), ou exp(-exp(theta2)).
    rho = if (grepl("ou(at", deparse1(formula), fixed = TRUE)) exp(-exp(theta[2])) else theta[2] / sqrt(1 + theta[2]^2),
    others = I(as.numeric(unlist(others)))
  )
}
binary <- wedge(18, 6, 8, 0.7, 0.9, 0.5)
binary$y <- rbinom(nrow(binary), 1, plogis(binary$eta - 0.4 + 0.1 * binary$period + 0.6 * binary$treated + 0.3 * binary$age))
count <- wedge(14, 5, 4, 0.6, 0.5, 0.4)
count$y <- rpois(nrow(count), exp(count$eta + 0.6 + 0.1 * count$period - 0.3 * count$treated + 0.2 * count$age))
for (name in c("binary", "count")) {
  data <- get(name)
  data$eta <- NULL
  write.csv(data, paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
}
prepared <- function(file) {
  data <- read.csv(file)
  data$f <- factor(data$period)
  data$at <- numFactor(data$time)
  data
}
binary <- prepared("binary.csv")
count <- prepared("count.csv")
expected <- list(
  binomial = row(y ~ f + treated + age + ar1(f + 0 | unit), binary, binomial),
  binomialTherapist = row(y ~ f + treated + age + ar1(f + 0 | unit) + (1 | therapist), binary, binomial),
  poisson = row(y ~ f + treated + age + ar1(f + 0 | unit), count, poisson),
  poissonTherapist = row(y ~ f + treated + age + ar1(f + 0 | unit) + (1 | therapist), count, poisson),
  poissonTime = row(y ~ f + treated + age + ou(at + 0 | unit), count, poisson),
  versions = list(R = as.character(getRversion()), glmmTMB = as.character(packageVersion("glmmTMB")), TMB = as.character(packageVersion("TMB")))
)
write_json(expected, "expected.json", auto_unbox = TRUE, digits = 12, pretty = TRUE)
