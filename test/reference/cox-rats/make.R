# survival::rats, litters of three.
source("../cox.R")
data <- with(rats, data.frame(litter, rx, time, status, sex = factor(sex, c("f", "m"))))
fits <- list(
  cox_fit("cluster", Surv(time, status) ~ rx + sex + cluster(litter), "Surv(time, status) ~ rx + sex + cluster(litter)", data),
  cox_fit("strata", Surv(time, status) ~ rx + strata(sex), "Surv(time, status) ~ rx + strata(sex)", data))
write_cox(data, list(litter = list(type = "id"), rx = list(type = "number"), time = list(type = "number"), status = list(type = "number"),
  sex = list(type = "factor", levels = c("f", "m"))), fits)
