# Reference values for one random intercept, balanced. Run in this folder: Rscript make.R
source("../reference.R")

data <- with(lme4::Dyestuff, data.frame(yield = Yield, batch = Batch))
reml <- fit_mixed(yield ~ 1 + (1 | batch), data)
ml <- fit_mixed(yield ~ 1 + (1 | batch), data, REML = FALSE)
# The same yields in other units: a huge mean with a small spread, and a tiny one.
data$shifted <- data$yield + 1e6
data$tiny <- data$yield * 1e-6
record <- mixed_record("reml", "yield ~ 1 + (1 | batch)", reml, data)

write_case(
  "Dyestuff: one-way, balanced (the answer can be worked by hand from the analysis of variance)",
  "lme4::Dyestuff (Davies & Goldsmith 1972, table 6.1)",
  data, "batch",
  list(
    record,
    mixed_record("ml", "yield ~ 1 + (1 | batch)", ml, data),
    rescaled(record, "shifted", "shifted ~ 1 + (1 | batch)", shift = 1e6),
    rescaled(record, "tiny", "tiny ~ 1 + (1 | batch)", outcome = 1e-6)
  )
)
