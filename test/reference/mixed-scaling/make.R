# Reference values for data far from unit scale. Run in this folder: Rscript make.R
source("../reference.R")

set.seed(3)
g <- rep(1:20, each = 6)
seconds <- rep(0:5, 20) * 86400 + 1.7e9 # visits as seconds since 1970
dose <- round(runif(120, 1e-6, 9e-6), 9)
y0 <- rnorm(20, 0, 3)[g] + rnorm(20, 0, 0.6)[g] * rep(0:5, 20) + 0.8 * rep(0:5, 20) + 2e5 * dose + rnorm(120)
data <- data.frame(g = factor(g), seconds, day = rep(0:5, 20), dose, y = round(1e6 + y0, 6), big = round(5 + 100 * rnorm(20)[g] + rnorm(120), 6),
                   small = round(5 + 0.25 * rnorm(20)[g] + rnorm(120), 6))

scaled <- data; scaled$y <- data$y - 1e6; scaled$dose <- data$dose * 1e6
mean_shift <- fit_mixed(y ~ day + dose + (day | g), scaled)
record <- mixed_record("huge-mean", "", mean_shift, scaled)
large <- fit_mixed(big ~ day + (1 | g), data)
small <- fit_mixed(small ~ day + (1 | g), data)
# Intercept at seconds = 0 instead of at the first visit.
shifted_origin <- function(record, from, to, origin) {
  record$names <- sub(from, to, record$names, fixed = TRUE)
  T <- diag(length(record$names)); T[1, record$names == to] <- -origin
  record$coef <- as.numeric(T %*% record$coef)
  record$vcov <- T %*% record$vcov %*% t(T)
  record$se <- sqrt(diag(record$vcov))
  # df and the adjusted SE of the new intercept are those of another contrast: left out, and the rest is unchanged.
  for (kind in c("satterthwaite", "kenwardRoger")) for (field in c("se", "df", "statistic", "p")) record[[kind]][[field]][1] <- NA
  record$kenwardRoger$vcov <- NULL
  record
}
write_case(
  "Simulated: an outcome of about a million with a spread of a few units, a covariate of about 1e-6, one of about 1.7e9; a between-group variance of 10 000 times the residual, and one of 1/16 of it",
  "simulated in make.R",
  data, "g",
  list(
    rescaled(record, "huge-mean", "y ~ day + dose + (day | g)", shift = 1e6, by = c(dose = 1e-6)),
    # The same slopes per second; the random effects stay per day, since intercepts at 1970 cannot be estimated.
    {
      seconds <- rescaled(record, "seconds", "y ~ seconds + dose + (day | g)", shift = 1e6, by = c(dose = 1e-6, day = 86400))
      shifted_origin(seconds, "day", "seconds", 1.7e9)
    },
    mixed_record("large-variance", "big ~ day + (1 | g)", large, data),
    mixed_record("small-variance", "small ~ day + (1 | g)", small, data)
  )
)
