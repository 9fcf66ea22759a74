# NIST StRD Wampler5: certified values. Run in this folder: Rscript make.R
source("../reference.R")

data <- data.frame(x = 0:20, y = c(
  7590001, -20479994, 20480063, -20479636, 25231365, -20476094, 20489331, -20460392, 18417449, -20413570, 20591111,
  -20302844, 18651453, -20077766, 21059195, -19666384, 26348481, -18971402, 22480719, -17866340, 10958421))
model <- lm(y ~ x + I(x^2) + I(x^3) + I(x^4) + I(x^5), data)
record <- certified(linear_record("wampler5", "y ~ x + I(x^2) + I(x^3) + I(x^4) + I(x^5)", model, data),
  coef = rep(1, 6), se = c(21523262.4678170, 23635517.3469681, 7793435.24331583, 1014755.07550350, 56456.6512170752, 1123.24854679312),
  sigma = 23601450.2379268, r_squared = 0.224668921574940E-02, digits = 5)
write_case("NIST StRD Wampler5, higher level of difficulty: the coefficients are all 1, the residual SD 2e7",
           "NIST Statistical Reference Datasets, Wampler5.dat (Wampler 1970, JASA 65:549-565)", data, c(), list(record), packages = c())
