# Reference values for nested random intercepts. Run in this folder: Rscript make.R
source("../reference.R")

data <- with(lme4::Pastes, data.frame(strength, batch, cask, sample))

nested <- fit_mixed(strength ~ 1 + (1 | batch / cask), data)
nested_ml <- fit_mixed(strength ~ 1 + (1 | batch / cask), data, REML = FALSE)
samples <- fit_mixed(strength ~ 1 + (1 | batch:cask), data)

write_case(
  "Pastes: casks nested in batches; `sample` is batch and cask in one column",
  "lme4::Pastes (Davies & Goldsmith 1972, table 6.5)",
  data, c("batch", "cask", "sample"),
  list(
    mixed_record("nested", "strength ~ 1 + (1 | batch / cask)", nested, data),
    mixed_record("nested-ml", "strength ~ 1 + (1 | batch / cask)", nested_ml, data),
    mixed_record("casks", "strength ~ 1 + (1 | batch:cask)", samples, data)
  )
)
