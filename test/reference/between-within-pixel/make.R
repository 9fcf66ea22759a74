# nlme's denominator df with two nested levels, unbalanced. Run in this folder: Rscript make.R
source("../reference.R")
data <- with(nlme::Pixel, data.frame(dog = factor(as.character(Dog)), side = factor(as.character(Side)), day, pixel))
fit <- lme(pixel ~ day + I(day^2), data, random = list(dog = ~ day, side = ~ 1), control = tight)
side <- lme(pixel ~ side + day, data, random = ~ 1 | dog / side, control = tight)
write_case("Pixel: sides nested in dogs, days within sides, unbalanced", "nlme::Pixel (Pinheiro & Bates 2000)", data, c("dog"), list(
  between_within_record("slopes", "pixel ~ day + I(day^2) + (day | dog) + (1 | dog:side)", fit, data),
  between_within_record("side", "pixel ~ side + day + (1 | dog / side)", side, data)
), packages = "nlme")
