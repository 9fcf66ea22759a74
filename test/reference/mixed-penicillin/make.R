# Reference values for fully crossed random intercepts. Run in this folder: Rscript make.R
source("../reference.R")

data <- with(lme4::Penicillin, data.frame(diameter, plate, sample))

crossed <- fit_mixed(diameter ~ 1 + (1 | plate) + (1 | sample), data)
crossed_ml <- fit_mixed(diameter ~ 1 + (1 | plate) + (1 | sample), data, REML = FALSE)
# A fixed effect of the plate's half, which varies between plates, and a covariate that varies within them.
data$late <- as.numeric(as.integer(data$plate) > 12)
data$order <- as.integer(data$sample) * 1.5
covariates <- fit_mixed(diameter ~ late + order + (1 | plate) + (1 | sample), data)

write_case(
  "Penicillin: plates crossed with samples, balanced; late and order are made up from the labels",
  "lme4::Penicillin (Davies & Goldsmith 1972, table 6.6)",
  data, c("plate", "sample"),
  list(
    mixed_record("crossed", "diameter ~ 1 + (1 | plate) + (1 | sample)", crossed, data),
    mixed_record("crossed-ml", "diameter ~ 1 + (1 | plate) + (1 | sample)", crossed_ml, data),
    mixed_record("covariates", "diameter ~ late + order + (1 | plate) + (1 | sample)", covariates, data,
                 hypotheses = list("late and order" = diag(3)[2:3, ]))
  )
)
