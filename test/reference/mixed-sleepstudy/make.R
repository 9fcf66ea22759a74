# Reference values for random intercepts and slopes. Run in this folder: Rscript make.R
source("../reference.R")

data <- with(lme4::sleepstudy, data.frame(reaction = Reaction, days = Days, participant = Subject))

slopes <- fit_mixed(reaction ~ days + (days | participant), data)
slopes_ml <- fit_mixed(reaction ~ days + (days | participant), data, REML = FALSE)
uncorrelated <- fit_mixed(reaction ~ days + (days || participant), data)
intercepts <- fit_mixed(reaction ~ days + (1 | participant), data)
quadratic <- fit_mixed(reaction ~ days + I(days^2) + (days | participant), data)

modes <- function(fit) {
  b <- ranef(fit$model, condVar = FALSE)[[1]]
  list(group = "participant", terms = names(b), levels = rownames(b), values = unname(as.matrix(b)))
}
both <- list("intercept and days" = diag(2))
record <- mixed_record("slopes", "reaction ~ days + (days | participant)", slopes, data, hypotheses = both)
record$modes <- modes(slopes)
record$fitted <- unname(fitted(slopes$model))
record$residuals <- unname(residuals(slopes$model))
ml <- mixed_record("slopes-ml", "reaction ~ days + (days | participant)", slopes_ml, data)
ml$profile <- local({
  model <- lme4::lmer(reaction ~ days + (days | participant), data, REML = FALSE)
  interval <- confint(model, method = "profile", quiet = TRUE)
  list(names = c("sd:participant:(Intercept)", "cor:participant:(Intercept),days", "sd:participant:days", "sd:residual",
                 "coefficient:(Intercept)", "coefficient:days"),
       lower = unname(interval[, 1]), upper = unname(interval[, 2]), level = 0.95)
})
write_case(
  "Sleep deprivation: random intercepts and slopes, balanced",
  "lme4::sleepstudy (Belenky et al. 2003, J Sleep Res 12:1-12)",
  data, "participant",
  list(
    record, ml,
    mixed_record("uncorrelated", "reaction ~ days + (days || participant)", uncorrelated, data),
    mixed_record("intercepts", "reaction ~ days + (1 | participant)", intercepts, data),
    mixed_record("quadratic", "reaction ~ days + I(days^2) + (days | participant)", quadratic, data,
                 hypotheses = list("days and its square" = diag(3)[2:3, ]))
  )
)
