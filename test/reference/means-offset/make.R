# Adjusted means of models with an offset: emmeans adds the mean of the offset over the rows used.
# Data: ../mixed-three-arms/data.csv. Run in this folder: Rscript make.R
suppressMessages({ library(lme4); library(emmeans); library(jsonlite) })
data <- read.csv("../mixed-three-arms/data.csv")
data$arm <- factor(data$arm, levels = c("TAU", "FIT", "FIT+"))
record <- function(formula, fit) {
  used <- model.frame(fit)
  grid <- as.data.frame(emmeans(fit, "arm", cov.keep = character(0), lmer.df = "asymptotic"))
  list(formula = formula, level = as.character(grid$arm), mean = grid$emmean, se = grid$SE)
}
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10))
fits <- list(
  record("ors ~ baseline + arm + month + offset(exposure) + (1 | unit) + (1 | client)",
    lmer(ors ~ baseline + arm + month + offset(exposure) + (1 | unit) + (1 | client), data, control = control)),
  record("ors ~ baseline + arm + offset(log(exposure + 20))", lm(ors ~ baseline + arm + offset(log(exposure + 20)), data)))
write_json(list(software = paste(R.version.string, "emmeans", packageVersion("emmeans"), "lme4", packageVersion("lme4")), fits = fits),
  "expected.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
