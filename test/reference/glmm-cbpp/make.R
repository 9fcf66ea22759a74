# Contagious bovine pleuropneumonia, 15 herds (lme4::cbpp; Lesnoff et al. 2004), one row per animal.
source("../glmm.R")
rows <- rep(seq_len(nrow(cbpp)), cbpp$size)
data <- data.frame(herd = cbpp$herd[rows], period = cbpp$period[rows],
                   ill = unlist(Map(function(k, n) rep(c(1L, 0L), c(k, n - k)), cbpp$incidence, cbpp$size)))
text <- "ill ~ period + (1 | herd)"
laplace <- fit_glmm(ill ~ period + (1 | herd), data, binomial)
agq <- fit_glmm(ill ~ period + (1 | herd), data, binomial, 15)
record <- glmm_record("laplace", text, laplace, data, "binomial")
interval <- suppressMessages(confint(laplace$model, method = "profile", quiet = TRUE))
record$profile <- list(names = c("sd:herd:(Intercept)", "coefficient:(Intercept)", "coefficient:period[2]",
                                 "coefficient:period[3]", "coefficient:period[4]"),
                       lower = unname(interval[, 1]), upper = unname(interval[, 2]), level = 0.95)
smaller <- glmer(ill ~ 1 + (1 | herd), data, binomial)
test <- anova(laplace$model, smaller)
record$anova <- list(statistic = test$Chisq[2], df = test$Df[2], p = test$`Pr(>Chisq)`[2])
write_case(
  "Binary outcome in few clusters: Laplace, quadrature, profile likelihood, likelihood-ratio test",
  "lme4::cbpp (Lesnoff et al. 2004, Prev Vet Med 64:217-228)",
  data, "herd",
  list(record, glmm_record("quadrature", text, agq, data, "binomial", 15))
)
