# nlme's denominator df with one grouping level. Run in this folder: Rscript make.R
source("../reference.R")
data <- with(nlme::Orthodont, data.frame(subject = factor(as.character(Subject)), age, sex = factor(as.character(Sex), levels = c("Male", "Female")), distance))
# A covariate that varies within some subjects and between all: within, by the rule.
data$late <- as.numeric(data$age > 11 & data$subject %in% c("M01", "M02", "F01", "F02"))
fit <- function(f, random = ~ 1 | subject) lme(f, data, random = random, control = tight)
write_case("Orthodont: one level, covariates between and within subjects", "nlme::Orthodont (Potthoff & Roy 1964)", data, "subject", list(
  between_within_record("interaction", "distance ~ age * sex + (1 | subject)", fit(distance ~ age * sex), data),
  between_within_record("slopes", "distance ~ age * sex + (age | subject)", fit(distance ~ age * sex, ~ age | subject), data),
  between_within_record("between-only", "distance ~ sex + (1 | subject)", fit(distance ~ sex), data),
  between_within_record("mixed-covariate", "distance ~ sex + late + (1 | subject)", fit(distance ~ sex + late), data)
), packages = "nlme")
