# Reference values for a variance component estimated at zero. Run in this folder: Rscript make.R
# SE and df are those of the model without the component: here lm.
source("../reference.R")

data <- with(lme4::Dyestuff2, data.frame(yield = Yield, batch = Batch))
reml <- fit_mixed(yield ~ 1 + (1 | batch), data)
ml <- fit_mixed(yield ~ 1 + (1 | batch), data, REML = FALSE)
reduced <- list(model = lm(yield ~ 1, data))

write_case(
  "Dyestuff2: the batch variance is estimated at zero. Small-sample answers are those of the model without it (lm)",
  "lme4::Dyestuff2 (simulated, Box & Tiao 1973, table 5.1.4)",
  data, "batch",
  list(
    mixed_record("reml", "yield ~ 1 + (1 | batch)", reml, data, small_sample = reduced),
    mixed_record("ml", "yield ~ 1 + (1 | batch)", ml, data, satterthwaite = FALSE)
  )
)
