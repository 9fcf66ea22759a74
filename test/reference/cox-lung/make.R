# survival::lung, complete on age, sex and ECOG; with a weight, an offset and a centre with eight strata made of it.
source("../cox.R")
data <- with(lung, data.frame(inst, time, dead = status - 1, age, sex = factor(sex, 1:2, c("male", "female")), ecog = ph.ecog))
data <- data[complete.cases(data), ]
data$weight <- 1 + (seq_len(nrow(data)) %% 4) / 2
data$shift <- ((seq_len(nrow(data)) * 7) %% 11) / 20
fits <- list(
  cox_fit("efron", Surv(time, dead) ~ age + sex + ecog, "Surv(time, dead) ~ age + sex + ecog", data, residuals = TRUE,
    newdata = data.frame(age = c(50, 70), sex = factor(c("male", "female"), c("male", "female")), ecog = c(0, 2)), times = c(0, 100, 365, 700)),
  cox_fit("breslow", Surv(time, dead) ~ age + sex + ecog, "Surv(time, dead) ~ age + sex + ecog", data, ties = "breslow",
    residuals = TRUE,
    newdata = data.frame(age = c(50, 70), sex = factor(c("male", "female"), c("male", "female")), ecog = c(0, 2)), times = c(0, 100, 365, 700)),
  cox_fit("strata-weights-offset", Surv(time, dead) ~ age * sex + strata(ecog) + offset(shift),
    "Surv(time, dead) ~ age * sex + strata(ecog) + offset(shift)", data, weights = "weight", robust = FALSE, residuals = TRUE),
  cox_fit("cluster", Surv(time, dead) ~ age + sex + ecog + cluster(inst), "Surv(time, dead) ~ age + sex + ecog + cluster(inst)", data),
  cox_fit("cluster-weights-breslow", Surv(time, dead) ~ age + sex + factor(ecog) + cluster(inst),
    "Surv(time, dead) ~ age + sex + factor(ecog) + cluster(inst)", data, weights = "weight", ties = "breslow"),
  cox_fit("robust", Surv(time, dead) ~ age + sex, "Surv(time, dead) ~ age + sex", data, robust = TRUE))
for (i in seq_along(fits)) fits[[i]]$names <- gsub("factor\\(ecog\\)([0-9]+)", "factor(ecog)[\\1]", fits[[i]]$names)
write_cox(data, list(inst = list(type = "id"), time = list(type = "number"), dead = list(type = "number"), age = list(type = "number"),
  sex = list(type = "factor", levels = c("male", "female")), ecog = list(type = "number"), weight = list(type = "number"), shift = list(type = "number")), fits)
