# Reference values for strongly correlated intercepts and slopes. Run in this folder: Rscript make.R
source("../reference.R")

data <- with(mlmRev::Oxboys, data.frame(boy = factor(as.character(Subject), levels = unique(as.character(Subject))), age, height))
linear <- fit_mixed(height ~ age + (age | boy), data)
curved <- fit_mixed(height ~ age + I(age^2) + (age | boy), data)
write_case(
  "Oxboys: height of 26 boys on nine occasions; nearly all variance is between boys",
  "mlmRev::Oxboys (Goldstein 1987; Harvey Goldstein's Oxford boys)",
  data, "boy",
  list(
    mixed_record("linear", "height ~ age + (age | boy)", linear, data),
    mixed_record("curved", "height ~ age + I(age^2) + (age | boy)", curved, data, hypotheses = list(growth = diag(3)[2:3, ]))
  ),
  packages = c("mlmRev", "lme4", "lmerTest", "pbkrtest")
)
