# NIST StRD Longley: certified values. Run in this folder: Rscript make.R
source("../reference.R")

data <- with(datasets::longley, data.frame(y = round(Employed * 1000), x1 = GNP.deflator, x2 = round(GNP * 1000), x3 = round(Unemployed * 10),
                                           x4 = round(Armed.Forces * 10), x5 = round(Population * 1000), x6 = Year))
model <- lm(y ~ ., data)
record <- certified(linear_record("longley", "y ~ x1 + x2 + x3 + x4 + x5 + x6", model, data),
  coef = c(-3482258.63459582, 15.0618722713733, -0.358191792925910E-01, -2.02022980381683, -1.03322686717359, -0.511041056535807E-01, 1829.15146461355),
  se = c(890420.383607373, 84.9149257747669, 0.334910077722432E-01, 0.488399681651699, 0.214274163161675, 0.226073200069370, 455.478499142212),
  sigma = 304.854073561965, r_squared = 0.995479004577296, digits = 9)
write_case("NIST StRD Longley, higher level of difficulty: certified coef, se, sigma and R squared; the rest follows from them",
           "NIST Statistical Reference Datasets, Longley.dat (Longley 1967, JASA 62:819-841); data as in R's datasets::longley, in NIST's units",
           data, c(), list(record), packages = c())
