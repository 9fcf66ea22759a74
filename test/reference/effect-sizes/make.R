# Effect sizes of means and risks, and standardised contrasts. Run in this folder: Rscript make.R
library(jsonlite); suppressMessages(library(effectsize))
data("BtheB", package = "HSAUR3")
d <- with(BtheB, data.frame(arm = factor(treatment, levels = c("TAU", "BtheB")), pre = bdi.pre, y = bdi.2m))
d$low <- as.integer(d$y < 10)
write.csv(d, "data.csv", row.names = FALSE, quote = FALSE, na = "")
u <- d[!is.na(d$y), ]
x <- u$y[u$arm == "BtheB"]; ref <- u$y[u$arm == "TAU"]
n1 <- length(x); n0 <- length(ref)
limits <- function(t, df, level = 0.95) sapply(c(1 - (1 - level) / 2, (1 - level) / 2), function(p) uniroot(function(ncp) pt(t, df, ncp) - p, c(t - 12, t + 12), tol = 1e-14)$root)

welch <- t.test(x, ref)
mean_difference <- list(estimate = mean(x) - mean(ref), se = welch$stderr, df = unname(welch$parameter), statistic = unname(welch$statistic), p = welch$p.value, lower = welch$conf.int[1], upper = welch$conf.int[2])
packaged <- function(r) list(estimate = r[[1]], lower = r$CI_low, upper = r$CI_high)
sp <- sqrt(((n1 - 1) * var(x) + (n0 - 1) * var(ref)) / (n1 + n0 - 2)); scale <- sqrt(1 / n1 + 1 / n0); df <- n1 + n0 - 2
D <- (mean(x) - mean(ref)) / sp
J <- exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))
d_exact <- list(estimate = D, lower = limits(D / scale, df)[1] * scale, upper = limits(D / scale, df)[2] * scale)
g_exact <- lapply(d_exact, `*`, J)
delta <- (mean(x) - mean(ref)) / sd(ref); dscale <- sqrt(1 / n0 + var(x) / (n1 * var(ref)))
delta_exact <- list(estimate = delta, lower = limits(delta / dscale, n0 - 1)[1] * dscale, upper = limits(delta / dscale, n0 - 1)[2] * dscale)

# Brunner and Munzel (2000), from their formulas: ranks among all and within arms.
brunner_munzel <- function(x, ref, level = 0.95) {
  n1 <- length(x); n0 <- length(ref); r <- rank(c(x, ref)); r1 <- r[1:n1]; r0 <- r[n1 + 1:n0]
  p <- (mean(r1) - (n1 + 1) / 2) / n0
  s1 <- sum((r1 - rank(x) - mean(r1) + (n1 + 1) / 2)^2) / (n1 - 1); s0 <- sum((r0 - rank(ref) - mean(r0) + (n0 + 1) / 2)^2) / (n0 - 1)
  W <- (mean(r1) - mean(r0)) * n1 * n0 / ((n1 + n0) * sqrt(n1 * s1 + n0 * s0))
  df <- (n1 * s1 + n0 * s0)^2 / ((n1 * s1)^2 / (n1 - 1) + (n0 * s0)^2 / (n0 - 1))
  se <- sqrt(s1 / (n1 * n0^2) + s0 / (n0 * n1^2)); q <- qt(1 - (1 - level) / 2, df)
  list(estimate = p, se = se, df = df, statistic = W, p = 2 * pt(-abs(W), df), lower = p - q * se, upper = p + q * se)
}
bm <- brunner_munzel(x, ref)
stopifnot(all.equal(bm$estimate, unname(suppressWarnings(wilcox.test(x, ref))$statistic) / (n1 * n0)))
stopifnot(all.equal(bm$estimate, p_superiority(x, ref, parametric = FALSE)[[1]]))
stopifnot(all.equal(d_exact$estimate, cohens_d(x, ref)[[1]]), all.equal(g_exact$estimate, hedges_g(x, ref)[[1]]))

# Risks: log-Wald by glm; Newcombe's method 10 from Wilson intervals of prop.test without continuity correction.
a <- sum(x < 10); c0 <- sum(ref < 10)
by_glm <- function(link) {
  m <- glm(low ~ arm, binomial(link), u, start = if (link == "log") c(log(c0 / n0), 0), control = list(epsilon = 1e-14, maxit = 100))
  b <- coef(m)[[2]]; se <- sqrt(vcov(m)[2, 2]); q <- qnorm(.975)
  list(estimate = exp(b), se = se, statistic = b / se, p = 2 * pnorm(-abs(b / se)), lower = exp(b - q * se), upper = exp(b + q * se))
}
newcombe <- function(a, n1, c0, n0, level = 0.95) {
  w1 <- prop.test(a, n1, conf.level = level, correct = FALSE)$conf.int; w0 <- prop.test(c0, n0, conf.level = level, correct = FALSE)$conf.int
  p1 <- a / n1; p0 <- c0 / n0
  list(estimate = p1 - p0, se = sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0), lower = p1 - p0 - sqrt((p1 - w1[1])^2 + (w0[2] - p0)^2), upper = p1 - p0 + sqrt((w1[2] - p1)^2 + (p0 - w0[1])^2))
}
tables <- list(c(56, 70, 48, 80), c(9, 10, 3, 10), c(5, 56, 0, 29), c(0, 10, 0, 20), c(10, 10, 0, 10))
newcombe_tables <- lapply(tables, function(t) suppressWarnings(c(list(table = t), newcombe(t[1], t[2], t[3], t[4]))))

# A contrast in units of the residual SD of a linear model (exact), and of other SDs (delta method).
model <- lm(y ~ arm + pre, u); s <- summary(model); k <- model$df.residual; b <- coef(model)[[2]]; se <- s$coefficients[2, 2]
residual <- list(estimate = b / s$sigma, lower = limits(b / se, k)[1] * se / s$sigma, upper = limits(b / se, k)[2] * se / s$sigma)
pooled <- function(v) sqrt(sum(tapply(v, u$arm, function(z) sum((z - mean(z))^2))) / (length(v) - 2))
by_sd <- function(S, df) { e <- b / S; v <- sqrt(se^2 / S^2 + e^2 / (2 * df)); q <- qt(.975, k); list(estimate = e, se = v, lower = e - q * v, upper = e + q * v) }
writeLines(toJSON(list(
  about = "Effect sizes of Beat the Blues at 2 months, arm BtheB against TAU; standardised contrast of the analysis of covariance",
  source = "HSAUR3::BtheB", software = list(R = R.version.string, effectsize = as.character(packageVersion("effectsize"))),
  means = list(`mean-difference` = mean_difference, `cohens-d` = d_exact, `hedges-g` = g_exact, `glass-delta` = delta_exact, `common-language` = bm),
  effectsize = list(`cohens-d` = packaged(cohens_d(x, ref)), `hedges-g` = packaged(hedges_g(x, ref)), `glass-delta` = packaged(glass_delta(x, ref))),
  risks = list(`risk-difference` = newcombe(a, n1, c0, n0), `risk-ratio` = by_glm("log"), `odds-ratio` = by_glm("logit")),
  newcombe = newcombe_tables,
  standardised = list(residual = residual, total = by_sd(pooled(u$y), nrow(u) - 2), control = by_sd(sd(ref), n0 - 1), baseline = by_sd(pooled(u$pre), nrow(u) - 2))
), auto_unbox = TRUE, digits = NA, pretty = 2), "expected.json")
