# nlme's denominator df with two nested levels, a split plot. Run in this folder: Rscript make.R
source("../reference.R")
data <- with(nlme::Oats, data.frame(block = factor(as.character(Block)), variety = factor(as.character(Variety)), nitro, yield))
data$dose <- factor(data$nitro)
data$upper <- as.numeric(data$block %in% c("I", "II", "III")) # varies between blocks
fit <- function(f) lme(f, data, random = ~ 1 | block / variety, control = tight)
write_case("Oats: variety varies within blocks and between plots, nitrogen within plots, `upper` between blocks", "nlme::Oats (Yates 1935)", data, "block", list(
  between_within_record("numeric", "yield ~ variety * nitro + (1 | block / variety)", fit(yield ~ variety * nitro), data),
  between_within_record("factors", "yield ~ variety + dose + (1 | block / variety)", fit(yield ~ variety + dose), data),
  between_within_record("three-levels", "yield ~ upper * variety + nitro + (1 | block / variety)", fit(yield ~ upper * variety + nitro), data)
), packages = "nlme")
