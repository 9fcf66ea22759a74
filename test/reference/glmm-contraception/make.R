# Contraceptive use in Bangladesh, 1934 women in 60 districts (mlmRev::Contraception; Huq & Cleland 1990).
source("../glmm.R")
data <- mlmRev::Contraception
data <- data.frame(use = as.integer(data$use == "Y"), age = data$age / 10, urban = data$urban, livch = data$livch,
                   district = data$district)
base <- use ~ age + I(age^2) + urban + livch + (1 | district)
slopes <- use ~ age + I(age^2) + urban + livch + (urban | district)
text <- "use ~ age + I(age^2) + urban + livch + (1 | district)"
laplace <- fit_glmm(base, data, binomial)
agq <- fit_glmm(base, data, binomial, 25)
random <- fit_glmm(slopes, data, binomial)
write_case(
  "Binary outcome, random intercepts and slopes",
  "mlmRev::Contraception (Huq & Cleland 1990, Bangladesh Fertility Survey)",
  data, "district",
  list(
    glmm_record("laplace", text, laplace, data, "binomial"),
    glmm_record("quadrature", text, agq, data, "binomial", 25),
    glmm_record("slopes", "use ~ age + I(age^2) + urban + livch + (urban | district)", random, data, "binomial")
  )
)
