# Reference values for covariance estimates on the boundary. Run in this folder: Rscript make.R
#
# `zero-component`: one of two variances is zero; the small-sample answers are those of the model without it.
# `zero-slope`: (x || g) whose slope variance is zero; likewise.
# `perfect-correlation`: (x | g) with a correlation of +-1. No variance is zero, but the element of theta that would let
#   the correlation vary is. Satterthwaite (lmerTest) does not see that element (vcov does not change with it, to first
#   order); `kenwardRoger` is pbkrtest's, which takes G's three elements as free; `kenwardRogerOffBoundary` takes G as a
#   function of the two elements of theta that are not zero.
source("../reference.R")

seed_with <- function(make, wanted) for (seed in 1:2000) {
  set.seed(seed); data <- make()
  if (isTRUE(wanted(data))) return(data)
}
make <- function() {
  g <- factor(rep(sprintf("g%02d", 1:14), times = 3 + (1:14) %% 4)); n <- length(g)
  h <- factor(sample(sprintf("h%d", 1:6), n, TRUE)); x <- round(rnorm(n), 2); w <- as.numeric(as.integer(g) > 7)
  b <- rnorm(14); data.frame(g, h, x, w, y = round(20 + x + w + 1.5 * b[g] + 0.6 * b[g] * x + rnorm(n), 2))
}
quiet <- function(formula, data) suppressMessages(suppressWarnings(lme4::lmer(formula, data)))
data <- seed_with(make, function(d) {
  perfect <- getME(quiet(y ~ x + w + (x | g), d), "theta")
  two <- getME(quiet(y ~ x + w + (1 | g) + (1 | h), d), "theta")
  abs(perfect[3]) < 1e-6 && perfect[1] > 0.5 && abs(perfect[2]) > 0.2 && two[2] < 1e-6 && two[1] > 0.5
})
data$noise <- seed_with(function() { d <- data; d$noise <- round(10 + rnorm(14)[d$g] + 0.5 * d$x + rnorm(nrow(d)), 2); d }, function(d) {
  t <- getME(quiet(noise ~ x + w + (x || g), d), "theta"); t[2] < 1e-6 && t[1] > 0.5
})$noise

perfect <- fit_mixed(y ~ x + w + (x | g), data)
two <- fit_mixed(y ~ x + w + (1 | g) + (1 | h), data)
slope <- fit_mixed(noise ~ x + w + (x || g), data)
stopifnot(!perfect$free[3], !two$free[2], !slope$free[2])

record <- mixed_record("perfect-correlation", "y ~ x + w + (x | g)", perfect, data)
off <- lapply(1:3, function(j) kenward_roger_off_boundary(perfect, diag(3)[j, ]))
record$kenwardRogerOffBoundary <- list(se = sqrt(diag(off[[1]]$vcov)), df = sapply(off, `[[`, "df"))
write_case(
  "Simulated: a perfect correlation, a component at zero beside one that is not, a slope variance at zero",
  "simulated in make.R",
  data, c("g", "h"),
  list(
    record,
    mixed_record("zero-component", "y ~ x + w + (1 | g) + (1 | h)", two, data, small_sample = fit_mixed(y ~ x + w + (1 | g), data)),
    mixed_record("zero-slope", "noise ~ x + w + (x || g)", slope, data, small_sample = fit_mixed(noise ~ x + w + (1 | g), data))
  )
)
